# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the cases share: both ends of connections in one thread, so that every step is in order, and what the log must
say about them."""
import contextlib
import select
import socket
import struct
import sys
import time


def receive(sock, size):
    """Exactly so many bytes."""
    data = bytearray()
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            raise EOFError(f"{len(data)} of {size} bytes")
        data += part
    return bytes(data)


def transfer(sender, receiver, data, piece=16384):
    """Sends in pieces and reads each at the other end."""
    for i in range(0, len(data), piece):
        sender.sendall(data[i : i + piece])
        assert receive(receiver, len(data[i : i + piece])) == data[i : i + piece]


def at_end(sock):
    assert sock.recv(1) == b""


def reset(sock):
    """Closes with an RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def await_reset(sock):
    """The other end's RST has come."""
    select.select([sock], [], [])
    try:
        sock.recv(1)
    except ConnectionResetError:
        return
    raise AssertionError("no RST")


def counters():
    """The kernel's own counters of TCP in this network namespace, by name."""
    values = {}
    for name in ("/proc/net/netstat", "/proc/net/snmp"):
        with open(name) as lines:
            for names, numbers in zip(lines, lines):
                if names.startswith("Tcp"):
                    values.update(zip(names.split()[1:], map(int, numbers.split()[1:])))
    return values


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


@contextlib.contextmanager
def sysctl(name, value):
    """Of this network namespace, for a while."""
    path = f"/proc/sys/net/ipv4/{name}"
    with open(path) as file:
        before = file.read()
    write(path, str(value))
    yield
    write(path, before)


class Risen:
    """The kernel confirms that a case really was what it is named after."""

    def __init__(self, name):
        self.name = name
        self.before = counters()[name]

    def by(self):
        return counters()[self.name] - self.before

    def check(self, n):
        assert self.by() >= n, f"{self.name} rose by {self.by()}, not {n}"

    def wait(self, n):
        for _ in range(1000):
            if self.by() >= n:
                return
            time.sleep(0.01)
        self.check(n)


def request(path, method="GET", body=None, more=b""):
    length = b"" if body is None else b"Content-Length: %d\r\n" % len(body)
    return b"%s %s HTTP/1.1\r\nHost: a\r\n%s%s\r\n" % (method.encode(), path.encode(), length, more) + (body or b"")


def response(body=b"", status="200 OK", more=b""):
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n" % (status.encode(), len(body), more) + body


def chunked(data, size):
    parts = [data[i : i + size] for i in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


class Case:
    """The server's address, the connections that a case makes, and the lines that they must give."""

    def __init__(self, address, port):
        self.address = (address, port)
        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = None
        self.lines = []

    def expect(self, path, status=200, flags="-", received=0, sent=0, method="GET"):
        self.lines.append(f"{method} {path} {status} {flags} {received} {sent}")

    def expect_tcp(self, received, sent):
        self.expect("-", 0, "-", received, sent, "-")

    def listen(self, *options, protocol=0):
        self.listener = socket.socket(self.family, proto=protocol)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for level, option, value in options:
            self.listener.setsockopt(level, option, value)
        self.listener.bind(self.address)
        self.listener.listen(1024)

    def client(self, *options, source_port=None, protocol=0):
        """Not yet connected."""
        client = socket.socket(self.family, proto=protocol)
        for level, option, value in options:
            client.setsockopt(level, option, value)
        if source_port:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            client.bind((self.address[0], source_port))
        return client

    def connect(self, *options, **how):
        client = self.client(*options, **how)
        client.connect(self.address)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def accept(self):
        server = self.listener.accept()[0]
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return server

    def pair(self, *options):
        if not self.listener:
            self.listen()
        client = self.connect(*options)
        return client, self.accept()

    def exchange(self, client, server, path, size=10, piece=16384):
        """A whole request and response."""
        transfer(client, server, request(path), piece)
        transfer(server, client, response(b"b" * size), piece)
        self.expect(path, sent=size)


def step(word):
    """Says how far the case is, and goes on when the test says so."""
    print(word, file=sys.stderr, flush=True)
    sys.stdin.readline()
