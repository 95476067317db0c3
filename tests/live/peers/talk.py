#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""HTTP over one connection, for test_peers.sh; clients print the bytes that they sent and received.

server ADDRESS PORT [defer]  prints "ready"; knows Fast Open; defer: a connection is there when its data is
client ADDRESS PORT N        N requests on a connection
fastopen ADDRESS PORT N      N connections; their request is in the SYN, once the server's cookie is known
hold ADDRESS PORT            connects, prints "ready"; a request and "done" per line of input; closes at its end
half ADDRESS PORT            as hold, but the first line of input makes it say that it will send no more
"""
import socket
import sys
import threading

REQUEST = b"GET /hello HTTP/1.1\r\nHost: peers\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def read_exactly(connection, size):
    data = b""
    while len(data) < size and (part := connection.recv(size - len(data))):
        data += part
    return data


def serve(connection):
    try:
        while read_exactly(connection, len(REQUEST)) == REQUEST:
            connection.sendall(RESPONSE)
        connection.sendall(b"")
    except ConnectionError:
        pass
    connection.close()


def server(address, port, mode=""):
    listener = socket.create_server((address, port), family=family(address), backlog=64)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 64)
    if mode == "defer":
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 60)
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


def request(connection):
    connection.sendall(REQUEST)
    assert read_exactly(connection, len(RESPONSE)) == RESPONSE


def client(address, port, n):
    with socket.create_connection((address, port)) as connection:
        for _ in range(int(n)):
            request(connection)
    print(int(n) * len(REQUEST), int(n) * len(RESPONSE))


def fastopen(address, port, n):
    for _ in range(int(n)):
        with socket.socket(family(address)) as connection:
            connection.sendto(REQUEST, socket.MSG_FASTOPEN, (address, port))
            assert read_exactly(connection, len(RESPONSE)) == RESPONSE
    print(int(n) * len(REQUEST), int(n) * len(RESPONSE))


def hold(address, port):
    with socket.create_connection((address, port)) as connection:
        print("ready", flush=True)
        for _ in sys.stdin:
            request(connection)
            print("done", flush=True)


def half(address, port):
    with socket.create_connection((address, port)) as connection:
        request(connection)
        print("ready", flush=True)
        for _ in sys.stdin:
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1) == b""
            print("done", flush=True)


def main():
    mode, address, port, *more = sys.argv[1:]
    {"server": server, "client": client, "fastopen": fastopen, "hold": hold, "half": half}[mode](
        address, int(port), *more)


main()
