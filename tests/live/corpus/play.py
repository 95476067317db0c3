#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""play.py PORT FIRST SEED N LOG exact|declared [CASE...]: plays cases of tests/corpus/ over TCP: whole, byte by byte if
it is short, and in N random cuts, each on a connection of its own, with client ports from FIRST on. exact: the cases of
which nothing is declared. Prints for each play: CLIENT_PORT CASE CUTS.

Client and server are in one thread: a piece is sent when the one before has been read at the other end, so every cut
is between two segments. The access log is awaited, lest the records of long heads overrun its ring.
"""
import random
import socket
import sys
import time

from cases import Case, read_cases
from expect import Expectation

ADDRESS = "127.0.0.1"
SHORT = 2000  # bytes, played byte by byte
MOST_CUTS = 40
TIMEOUT = 20  # for a step that cannot fail to come
AHEAD = 250000  # bytes that may be played and are not yet in the log
LATE = 2  # seconds; then compare.py finds what is missing


def receive(sock, size):
    data = bytearray()
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            raise EOFError(f"{len(data)} of {size} bytes")
        data += part
    return data


def connect(listener, client_port):
    client = socket.socket()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.settimeout(TIMEOUT)
    client.bind((ADDRESS, client_port))
    client.connect(listener.getsockname())
    server, _ = listener.accept()
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server.settimeout(TIMEOUT)
    return client, server


def pieces(case, cuts):
    """The bytes between two cuts or changes of direction."""
    at = 0
    for direction, data in case.runs:
        inside = [cut - at for cut in cuts if at < cut < at + len(data)]
        for begin, end in zip([0, *inside], [*inside, len(data)]):
            yield direction, data[begin:end]
        at += len(data)


def play(case, cuts, listener, client_port):
    client, server = connect(listener, client_port)
    for direction, piece in pieces(case, cuts):
        sender, receiver = (client, server) if direction == ">" else (server, client)
        sender.sendall(piece)
        assert receive(receiver, len(piece)) == piece
    first, last = (client, server) if case.client_closes else (server, client)
    first.close()
    assert last.recv(1) == b""
    last.close()


class Log:
    """How far behind the access log is."""

    def __init__(self, path):
        self.file = open(path, encoding="ascii")
        self.ahead = 0

    def keep_up(self, played, client_port):
        self.ahead += played
        if self.ahead < AHEAD:
            return
        self.ahead, text, deadline = 0, "", time.monotonic() + LATE
        while text.count(f"{ADDRESS}:{client_port} - -\n") < 2 and time.monotonic() < deadline:
            time.sleep(0.001)
            text += self.file.read()


def choose_cuts(case, seed, n):
    """Name and cuts of each play."""
    length = sum(len(data) for _, data in case.runs)
    yield "whole", []
    if length <= SHORT:
        yield "each", range(1, length)
    for i in range(n):
        chance = random.Random(f"{seed} {case.name} {i}")
        count = min(chance.randint(1, MOST_CUTS), length - 1)
        cuts = sorted(chance.sample(range(1, length), count))
        yield ",".join(map(str, cuts)), cuts


def main():
    port, first, seed, n, path, kind, *names = sys.argv[1:]
    log = Log(path)
    listener = socket.create_server((ADDRESS, int(port)))
    client_port = int(first)
    for case in map(Case, names) if names else read_cases():
        if bool(Expectation(case).declared) != (kind == "declared"):
            continue
        for name, cuts in choose_cuts(case, seed, int(n)):
            client_port += 1
            print(client_port, case.name, name)
            play(case, cuts, listener, client_port)
            log.keep_up(sum(len(data) for _, data in case.runs), client_port)


main()
