# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A conversation of HTTP/2, frame by frame: who sends which bytes in which order, and what is to be said of each request."""
import struct
from collections import Counter

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, END_HEADERS, PADDED, HAS_PRIORITY, ACK = 1, 4, 8, 32, 1
FRAME_MAX = 16384
NO_ERROR, REFUSED_STREAM, CANCEL, INTERNAL_ERROR = 0, 7, 8, 2
REMOTE_RESET = "http2.remote_reset"
BEFORE, AFTER = "upstream_reset_before_response_started", "upstream_reset_after_response_started"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(*values):
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", *value) for value in values))


def settings_ack():
    return frame(SETTINGS, ACK, 0)


def reset(stream, code):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def goaway(last, code=NO_ERROR):
    return frame(GOAWAY, 0, 0, struct.pack(">II", last, code) + b"bye")


class Side:
    """Makes the frames of one direction; knows the bytes that count, of each stream."""

    def __init__(self):
        self.encoder = hpack.Encoder()
        self.wire, self.body = Counter(), Counter()

    def counted(self, kind, flags, stream, payload):
        made = frame(kind, flags, stream, payload)
        self.wire[stream] += len(made)
        return made

    def data(self, stream, body=b"", end=False, pad=None):
        self.body[stream] += len(body)
        payload = body if pad is None else bytes([pad]) + body + bytes(pad)
        return self.counted(DATA, END_STREAM * end | PADDED * (pad is not None), stream, payload)

    def headers(self, stream, fields, end=False, pad=None, priority=False, pieces=(), huffman=True):
        """pieces: how long HEADERS and CONTINUATION frames are; what is left goes on in the longest ones."""
        block = self.encoder.encode(fields, huffman=huffman)
        chopped = []
        for length in pieces:
            chopped.append(block[:length])
            block = block[length:]
        while block or not chopped:
            chopped.append(block[:FRAME_MAX])
            block = block[FRAME_MAX:]
        first = (b"" if pad is None else bytes([pad])) + (struct.pack(">IB", 0, 15) if priority else b"") + chopped[0]
        flags = END_STREAM * end | PADDED * (pad is not None) | HAS_PRIORITY * priority | END_HEADERS * (len(chopped) == 1)
        made = self.counted(HEADERS, flags, stream, first + bytes(pad or 0))
        for number, piece in enumerate(chopped[1:], 2):
            made += self.counted(CONTINUATION, END_HEADERS * (number == len(chopped)), stream, piece)
        return made

    def promise(self, stream, promised, fields):
        """Belongs to no request."""
        return frame(PUSH_PROMISE, END_HEADERS, stream, struct.pack(">I", promised) + self.encoder.encode(fields))


class Case:
    """One connection. steps: (side, bytes, pause, slowly); bytes None: it closes."""

    def __init__(self, name):
        self.name, self.steps, self.expected = name, [], []
        self.up, self.down = Side(), Side()
        self.messages = [0, 0]

    def client(self, *frames, pause=0, slowly=False):
        self.steps.append(("client", b"".join(frames), pause, slowly))

    def server(self, *frames, pause=0, slowly=False):
        self.steps.append(("server", b"".join(frames), pause, slowly))

    def close(self, side):
        self.steps.append((side, None, 0, False))

    def begin(self, *server_settings):
        self.client(PREFACE, settings((3, 100)))
        self.server(settings(*server_settings), settings_ack())
        self.client(settings_ack())

    def fields(self, path, method="GET", **more):
        fields = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "frames.test"),
                  ("user-agent", f"agent of {self.name}")]
        return fields + [(name.replace("_", "-"), value) for name, value in more.items()]

    def ask(self, stream, path, body=b"", **how):
        """A whole request."""
        method = how.pop("method", "POST" if body else "GET")
        made = self.up.headers(stream, self.fields(path, method, **how), end=not body)
        return made + (self.up.data(stream, body, end=True) if body else b"")

    def answer(self, stream, body=b"", status=200, trailers=(), **more):
        """A whole response."""
        fields = [(":status", str(status)), *((name.replace("_", "-"), value) for name, value in more.items())]
        made = self.down.headers(stream, fields, end=not body and not trailers)
        if body:
            made += self.down.data(stream, body, end=not trailers)
        return made + (self.down.headers(stream, trailers, end=True) if trailers else b"")

    def expect(self, stream, path, status=200, method="GET", flags="-", details="via_upstream", total="-", grpc="-"):
        """After all of the stream's frames."""
        self.expected.append(
            f'{flags} {details} HTTP/2 {method} {path} {status} {self.up.body[stream]} {self.down.body[stream]} '
            f'{self.up.wire[stream]} {self.down.wire[stream]} "agent of {self.name}" "frames.test" "{total}" {grpc}'
        )
