#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Traffic for test_tcp.sh: `world` is answered by `hello world`, so 10 exchanges are 60 bytes up and 120 down.

server ADDRESS PORT         prints "ready" when it listens (ADDRESS :: is dual-stack)
client ADDRESS PORT [CLOSE] connects, 10 exchanges, closes: first (default), last, both (half-close) or reset
hold ADDRESS PORT           connects, prints "ready"; 10 exchanges and "done" per line of input; closes at its end
refused ADDRESS PORT        exits 0 when the connection is refused
many ADDRESS PORT N         N connections one after the other, nothing sent
"""
import socket
import struct
import sys
import threading

EXCHANGES = 10


def read_exactly(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            break
        data += part
    return data


def serve(connection):
    try:
        while line := read_exactly(connection, 6):
            if line == b"close\n":  # the server closes first
                break
            connection.sendall(b"hello world\n")
    except ConnectionError:
        pass
    connection.close()


def server(address, port):
    dual = address == "::"
    listener = socket.create_server((address, port), family=family(address), dualstack_ipv6=dual, backlog=4096)
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def connect(address, port):
    connection = socket.socket(family(address))
    connection.connect((address, port))
    return connection


def exchange(connection):
    for _ in range(EXCHANGES):
        connection.sendall(b"world\n")
        assert read_exactly(connection, 12) == b"hello world\n"


def client(address, port, close="first"):
    connection = connect(address, port)
    exchange(connection)
    if close == "last":
        connection.sendall(b"close\n")
        assert connection.recv(1) == b""
    elif close == "both":
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    elif close == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def hold(address, port):
    connection = connect(address, port)
    print("ready", flush=True)
    for _ in sys.stdin:
        exchange(connection)
        print("done", flush=True)


def refused(address, port):
    try:
        connect(address, port)
    except ConnectionRefusedError:
        return
    sys.exit("not refused")


def many(address, port, n):
    for _ in range(int(n)):
        connect(address, port).close()


def main():
    mode, address, port, *more = sys.argv[1:]
    {"server": server, "client": client, "hold": hold, "refused": refused, "many": many}[mode](address, int(port), *more)


main()
