# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The conversations: each function is a connection, and says what is expected of its requests."""
import struct

from script import *


def simple(case):
    case.begin()
    case.client(case.ask(1, "/simple"))
    case.server(case.answer(1, b"hello"))
    case.expect(1, "/simple")


def one_segment(case):
    """Preface, SETTINGS, HEADERS and DATA at once."""
    case.client(PREFACE, settings(), case.ask(1, "/one", b"body"))
    case.server(settings(), settings_ack(), case.answer(1, b"hello"))
    case.expect(1, "/one", method="POST")


def byte_by_byte(case):
    case.client(PREFACE, settings(), case.ask(1, "/slowly", b"body"), slowly=True)
    case.server(settings(), settings_ack(), case.answer(1, b"hello", trailers=[("x-sum", "5d41")]), slowly=True)
    case.expect(1, "/slowly", method="POST", total="5d41")


def server_first(case):
    case.server(settings((4, 1 << 20)))
    case.client(PREFACE, settings(), settings_ack())
    case.client(case.ask(1, "/server-first"))
    case.server(case.answer(1, b"x" * 999))
    case.expect(1, "/server-first")


def padding_and_priority(case):
    case.begin()
    case.client(case.up.headers(1, case.fields("/padded", "POST"), pad=200, priority=True),
                case.up.data(1, b"abc", pad=255), case.up.data(1, b"", pad=7), case.up.data(1, b"d", pad=0, end=True))
    case.server(case.down.headers(1, [(":status", "200")], pad=1), case.down.data(1, b"y" * 1000, pad=9, end=True))
    case.expect(1, "/padded", method="POST")


def continuation(case):
    """Header blocks of 64 KiB, chopped, of which one entry is larger than the table; then one more request."""
    case.begin()
    long = [("x-long", "l" * 65536)]
    case.client(case.up.headers(1, case.fields("/long") + long, end=True, pieces=(1, 0, 2, 300), huffman=False))
    case.server(case.down.headers(1, [(":status", "200")] + long, pieces=(10000, 10000), huffman=False),
                case.down.data(1, b"after", end=True))
    case.expect(1, "/long")
    case.client(case.ask(3, "/after-long"))
    case.server(case.answer(3, b"1", 404))
    case.expect(3, "/after-long", 404)


def interim(case):
    case.begin()
    case.client(case.up.headers(1, case.fields("/interim", "POST", expect="100-continue")))
    case.server(case.down.headers(1, [(":status", "100")]))
    case.client(case.up.data(1, b"body", end=True))
    case.server(case.down.headers(1, [(":status", "103"), ("link", "</a>")]))
    case.server(case.answer(1, b"made", 201))
    case.expect(1, "/interim", 201, method="POST")


def trailers(case):
    """Of both."""
    case.begin()
    case.client(case.up.headers(1, case.fields("/trailers", "POST")), case.up.data(1, b"body"),
                case.up.headers(1, [("x-up", "1")], end=True))
    case.server(case.answer(1, b"hello", trailers=[("x-sum", "0123"), ("x-more", "m" * 300)]))
    case.expect(1, "/trailers", method="POST", total="0123")


def empty_data(case):
    case.begin()
    case.client(case.up.headers(1, case.fields("/empty", "POST")), *(case.up.data(1) for _ in range(10)),
                case.up.data(1, end=True))
    case.server(case.down.headers(1, [(":status", "200")]), *(case.down.data(1) for _ in range(10)),
                case.down.data(1, b"z"), case.down.data(1, end=True))
    case.expect(1, "/empty", method="POST")


def no_bodies(case):
    case.begin()
    case.client(case.ask(1, "/head", method="HEAD"), case.ask(3, "/none"), case.ask(5, "/same"))
    case.server(case.answer(1, content_length="1000"), case.answer(3, status=204), case.answer(5, status=304))
    case.expect(1, "/head", method="HEAD")
    case.expect(3, "/none", 204)
    case.expect(5, "/same", 304)


def interleaved(case):
    case.begin()
    case.client(*(case.up.headers(n, case.fields(f"/between/{n}", "POST")) for n in (1, 3, 5)))
    for round_ in range(5):
        case.client(*(case.up.data(n, bytes(n * 10), end=round_ == 4) for n in (5, 1, 3)))
    case.server(case.down.headers(5, [(":status", "200")]), case.down.headers(1, [(":status", "500")]),
                case.down.data(1, b"one"), case.down.headers(3, [(":status", "404")]))
    case.server(case.down.data(3, b"three", end=True), case.down.data(5, b"five"), case.down.data(1, b"ONE", end=True),
                case.down.data(5, b"FIVE", end=True))
    for n, status in (3, 404), (1, 500), (5, 200):
        case.expect(n, f"/between/{n}", status, method="POST")


def hundred(case):
    """All requests in a segment, all answers in another."""
    case.begin()
    streams = range(1, 201, 2)
    case.client(*(case.ask(n, f"/hundred/{n}") for n in streams))
    case.server(*(case.answer(n, b"x") for n in reversed(streams)))
    for n in streams:
        case.expect(n, f"/hundred/{n}")


def tables(case):
    """Entries are evicted, the tables shrink to nothing and grow again."""
    case.begin()
    for n in range(1, 101, 2):
        for side in case.up, case.down:
            if n == 61:
                side.encoder.header_table_size = 0
            if n == 71:
                side.encoder.header_table_size = 300
            if n == 81:
                side.encoder.header_table_size = 4096
        case.client(case.ask(n, f"/tables/{n % 7}", **{f"x_{n % 9}": "v" * n, "x_same": "s" * 100}))
        case.server(case.answer(n, b"x" * n, 200 if n % 3 else 503, **{f"x_{n % 11}": "w" * n}))
        case.expect(n, f"/tables/{n % 7}", 200 if n % 3 else 503)


def client_resets(case):
    case.begin()
    case.client(case.ask(1, "/reset/early"), case.ask(3, "/reset/late"), case.ask(5, "/reset/refuse"))
    case.server(case.down.headers(3, [(":status", "200")]), case.down.data(3, b"some"))
    case.client(reset(1, CANCEL), reset(3, CANCEL), reset(5, REFUSED_STREAM))
    case.client(case.ask(7, "/reset/not"))
    case.server(case.answer(7, b"hello"))
    case.expect(1, "/reset/early", 0, flags="DR", details=REMOTE_RESET)
    case.expect(3, "/reset/late", 200, flags="DR", details=REMOTE_RESET)
    case.expect(5, "/reset/refuse", 0, flags="DR", details="http2.remote_refuse")
    case.expect(7, "/reset/not")


def server_resets(case):
    case.begin()
    case.client(case.ask(1, "/reset/early"), case.ask(3, "/reset/late"))
    case.server(case.down.headers(3, [(":status", "200")]), case.down.data(3, b"some"))
    case.server(reset(1, REFUSED_STREAM), reset(3, INTERNAL_ERROR))
    case.expect(1, "/reset/early", 0, flags="UR", details=BEFORE + "{remote_reset}")
    case.expect(3, "/reset/late", 200, flags="UR", details=AFTER + "{remote_reset}")


def response_before_request(case):
    """RFC 9113 section 8.1: the server has answered, and wants no more of the request. No error."""
    case.begin()
    case.client(case.up.headers(1, case.fields("/enough", "POST")), case.up.data(1, b"a part"))
    case.server(case.answer(1, b"enough", 413), reset(1, NO_ERROR))
    case.expect(1, "/enough", 413, method="POST")


def goes_away(case):
    case.begin()
    case.client(case.ask(1, "/away/1"), case.ask(3, "/away/3"))
    case.server(goaway(1), case.answer(1, b"last"))
    case.close("server")
    case.expect(1, "/away/1")
    case.expect(3, "/away/3", 0, flags="UC", details=BEFORE + "{connection_termination}")


def server_closes(case):
    case.begin()
    case.client(case.ask(1, "/cut"), case.ask(3, "/continue"))
    case.server(case.down.headers(1, [(":status", "200")]), case.down.data(1, b"half"),
                case.down.headers(3, [(":status", "100")]))
    case.close("server")
    case.expect(1, "/cut", flags="UC", details=AFTER + "{connection_termination}")
    case.expect(3, "/continue", 100, flags="UC", details=BEFORE + "{connection_termination}")


def client_closes(case):
    case.begin()
    case.client(case.ask(1, "/gone"), case.ask(3, "/gone-early"))
    case.server(case.down.headers(1, [(":status", "200")]), case.down.data(1, b"half"))
    case.close("client")
    case.expect(1, "/gone", flags="DC", details="downstream_remote_disconnect")
    case.expect(3, "/gone-early", 0, flags="DC", details="downstream_remote_disconnect")


def tunnels(case):
    """Extended CONNECT (RFC 8441)."""
    case.begin((8, 1))
    fields = case.fields("/chat", "CONNECT")
    case.client(case.up.headers(1, [fields[0], (":protocol", "websocket"), *fields[1:]]))
    case.server(case.down.headers(1, [(":status", "200")]))
    for _ in range(3):
        case.client(case.up.data(1, b"\x81\x83abcdefg"))
        case.server(case.down.data(1, b"\x81\x03xyz"))
    case.client(case.up.data(1, end=True))
    case.server(case.down.data(1, end=True))
    case.expect(1, "/chat", method="CONNECT")


def pushes(case):
    """What the server pushes is no request; its blocks are in the table of the others."""
    case.begin()
    case.client(case.ask(1, "/pushes"))
    case.server(case.down.promise(1, 2, case.fields("/pushed", x_pushed="p" * 50)),
                case.down.headers(2, [(":status", "200"), ("x-inserted", "i" * 50)]), case.down.data(2, b"pushed", end=True),
                case.answer(1, b"page", x_inserted="i" * 50))
    case.client(case.ask(3, "/after-push"))
    case.server(case.answer(3, b"page", 404, x_inserted="i" * 50, x_pushed="p" * 50))
    case.expect(1, "/pushes")
    case.expect(3, "/after-push", 404)


def other_frames(case):
    """Between those of a stream; they belong to no request."""
    case.begin()
    others = [frame(PING, 0, 0, bytes(8)), frame(WINDOW_UPDATE, 0, 1, struct.pack(">I", 1000)),
              frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1000)), frame(0xEE, 0xFF, 1, b"unknown" * 99)]
    case.client(case.up.headers(1, case.fields("/others", "POST")), frame(PRIORITY, 0, 1, bytes(5)), *others,
                case.up.data(1, b"a"), *others, case.up.data(1, b"b", end=True))
    case.server(frame(PING, ACK, 0, bytes(8)), case.down.headers(1, [(":status", "200")]), *others,
                case.down.data(1, b"c", end=True), *others)
    case.expect(1, "/others", method="POST")


def slow(case):
    """test_http2_frames.sh looks at its duration."""
    case.begin()
    case.client(case.ask(1, "/slow"))
    case.server(case.down.headers(1, [(":status", "200")]), pause=0.1)
    case.server(case.down.data(1, b"late", end=True), pause=0.1)
    case.expect(1, "/slow")


def message(size, compressed=0):
    return struct.pack(">BI", compressed, size) + bytes(size)


def grpc(case):
    """Messages and their prefixes straddle frames, frames hold several; padding is no message."""
    case.begin()
    case.client(case.up.headers(1, case.fields("/test/Chopped", "POST", content_type="application/grpc+proto")))
    text = message(3) + message(0) + message(10, 1) + message(0) + message(300)
    case.client(*(case.up.data(1, text[at:at + 1], pad=at % 3 or None) for at in range(20)))
    case.client(case.up.data(1, text[20:23]), case.up.data(1), case.up.data(1, text[23:], end=True))
    case.server(case.answer(1, message(0) + message(5) + message(2000) + message(1), content_type="application/grpc",
                            trailers=[("grpc-status", "0"), ("x-sum", "s")]))
    case.messages[0] += 5
    case.messages[1] += 4
    case.expect(1, "/test/Chopped", method="POST", total="s", grpc=0)


def grpc_statuses(case):
    """In the head, in trailers, nowhere; and of what is not gRPC."""
    case.begin()
    how = {"method": "POST", "content_type": "application/grpc"}
    case.client(case.ask(1, "/test/Head", message(1), **how), case.ask(3, "/test/None", message(1), **how),
                case.ask(5, "/test/503", message(1), **how), case.ask(7, "/test/Cut", message(1)[:3], **how),
                case.ask(9, "/test/Web", message(1), method="POST", content_type="application/grpc-web"))
    case.server(case.answer(1, grpc_status="5"), case.answer(3, message(1)), case.answer(5, status=503),
                case.answer(7, trailers=[("grpc-status", "13")]), case.answer(9, message(1), grpc_status="5"))
    case.messages[0] += 4
    case.messages[1] += 1
    for n, path, status, grpc_status in (
        (1, "Head", 200, 5), (3, "None", 200, 2), (5, "503", 503, 14), (7, "Cut", 200, 13), (9, "Web", 200, "-")
    ):
        case.expect(n, f"/test/{path}", status, method="POST", grpc=grpc_status)


ALL = [simple, one_segment, byte_by_byte, server_first, padding_and_priority, continuation, interim, trailers, empty_data,
       no_bodies, interleaved, hundred, tables, client_resets, server_resets, response_before_request, goes_away,
       server_closes, client_closes, tunnels, pushes, other_frames, slow, grpc, grpc_statuses]


def play(function):
    case = Case(function.__name__)
    function(case)
    return case
