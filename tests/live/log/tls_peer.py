#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""TLS connections whose every byte on the wire is counted.

tls_peer.py server ADDRESS PORT           with a throw-away certificate; prints "ready" when it listens
tls_peer.py client ADDRESS PORT [OPTION]  prints a line a connection: LOCAL_PORT SNI|- CLIENT_BYTES SERVER_BYTES
tls_peer.py pair ADDRESS PORT [OPTION]    both in one process; what both ends count is compared
"""
import argparse
import contextlib
import fcntl
import itertools
import socket
import ssl
import struct
import subprocess
import tempfile
import termios
import threading
import time

HEADER = struct.Struct("!QQ")  # bytes up after it, bytes down
BLOCK, RECORD_HEADER = 16384, 5
TIMEOUT = 20  # seconds, for a step that cannot fail to come


class Endpoint:
    """TLS over a socket by way of memory, so that what goes out can be cut and counted."""

    def __init__(self, sock, context, **options):
        sock.settimeout(TIMEOUT)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock, self.sent, self.received = sock, 0, 0
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, **options)

    def send(self, data):
        self.sock.sendall(data)
        self.sent += len(data)

    def receive(self):
        data = self.sock.recv(65536)
        self.received += len(data)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)  # the peer may wait for it
        return data

    def call(self, function, *args):
        """Until it needs no more bytes of the peer."""
        while True:
            try:
                result = function(*args)
                self.send(self.outgoing.read())
                return result
            except ssl.SSLWantReadError:
                self.send(self.outgoing.read())
            if not self.incoming.write(self.receive()):
                self.incoming.write_eof()

    def write(self, size):
        while size:
            size -= self.call(self.tls.write, bytes(min(size, BLOCK)))

    def read(self, size):
        data = bytearray()
        while len(data) < size:
            part = self.call(self.tls.read, min(size - len(data), BLOCK))
            if not part:
                raise EOFError(f"{len(data)} of {size} bytes")
            data += part
        return bytes(data)

    def close(self):
        """The client's FIN is the first, as its close_notify is."""
        self.call(self.tls.unwrap)
        if not self.tls.server_side:
            self.sock.shutdown(socket.SHUT_WR)
        while self.receive():
            pass
        self.sock.close()


def await_acknowledgement(sock):
    deadline = time.monotonic() + TIMEOUT
    while struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)))[0]:
        if time.monotonic() > deadline:
            raise TimeoutError("a piece is not acknowledged")
        time.sleep(0.0002)


def cut(data, sizes):
    """In pieces of these sizes; the last one repeats."""
    for size in itertools.chain(sizes, itertools.repeat(sizes[-1])):
        if not data:
            return
        yield data[:size]
        data = data[size:]


def hello_of(endpoint, record):
    """The ClientHello, in records of so many bytes if that is not 0."""
    with contextlib.suppress(ssl.SSLWantReadError):
        endpoint.tls.do_handshake()
    hello = endpoint.outgoing.read()
    parts = cut(hello[RECORD_HEADER:], [record or len(hello)])
    return b"".join(hello[:3] + struct.pack("!H", len(part)) + part for part in parts)


def server_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as directory:
        files = [f"{directory}/key", f"{directory}/certificate"]
        command = "openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=test -days 2"
        subprocess.run([*command.split(), "-keyout", files[0], "-out", files[1]], check=True, stderr=subprocess.DEVNULL)
        context.load_cert_chain(files[1], files[0])
    return context


def client_context(maximum):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2 if maximum == "1.2" else ssl.TLSVersion.MAXIMUM_SUPPORTED
    return context


def serve(sock, context, counts=None):
    end = Endpoint(sock, context, server_side=True)
    end.call(end.tls.do_handshake)
    up, down = HEADER.unpack(end.read(HEADER.size))
    end.read(up)
    end.write(down)
    end.close()
    if counts is not None:
        counts.append((end.received, end.sent))


def listen(options):
    family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
    return socket.create_server((options.address, options.port), family=family)


def serve_all(options):
    context, listener = server_context(), listen(options)
    print("ready", flush=True)
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0], context), daemon=True).start()


def connect(options, context):
    """One connection; returns what is printed of it, and the bytes."""
    sock = socket.create_connection((options.address, options.port), TIMEOUT)
    port = sock.getsockname()[1]
    end = Endpoint(sock, context, server_hostname=options.sni)
    for piece in cut(hello_of(end, options.record), options.pieces):
        end.send(piece)
        await_acknowledgement(sock)
    end.call(end.tls.do_handshake)
    end.call(end.tls.write, HEADER.pack(options.send, options.receive))
    end.write(options.send)
    end.read(options.receive)
    end.close()
    print(port, options.sni or "-", end.sent, end.received, flush=True)
    return end.sent, end.received


def pair(options, context):
    serving, counts = server_context(), []
    with listen(options) as listener:
        for _ in range(options.count):
            thread = threading.Thread(target=lambda: serve(listener.accept()[0], serving, counts))
            thread.start()
            sent = connect(options, context)
            thread.join()
            assert counts.pop() == sent, "the ends count differently"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["server", "client", "pair"])
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("--sni", help="none if it is missing")
    parser.add_argument("--send", type=int, default=100, metavar="BYTES")
    parser.add_argument("--receive", type=int, default=1000, metavar="BYTES")
    parser.add_argument("--count", type=int, default=1, help="connections, one after the other")
    parser.add_argument("--pieces", default="65536", metavar="N,N,...", help="segments of the ClientHello; the last repeats")
    parser.add_argument("--record", type=int, default=0, metavar="BYTES", help="TLS records of the ClientHello")
    parser.add_argument("--tls", choices=["1.2", "1.3"], default="1.3", help="at most")
    options = parser.parse_args()
    options.pieces = [int(size) for size in options.pieces.split(",")]
    if options.mode == "server":
        serve_all(options)
    elif options.mode == "pair":
        pair(options, client_context(options.tls))
    else:
        for _ in range(options.count):
            connect(options, client_context(options.tls))


if __name__ == "__main__":
    main()
