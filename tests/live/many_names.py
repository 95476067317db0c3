#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""many_names.py PORT N: N requests to 127.0.0.1, each over a connection of its own, from another address of
127.0.0.0/8, with another Host and another path. Exits 0 when all were answered with 200."""
import socket
import sys


def address(i):
    return "127.%d.%d.%d" % (1 + i // 62500, i // 250 % 250, 1 + i % 250)


def request(port, i):
    connection = socket.socket()
    connection.bind((address(i), 0))
    connection.connect(("127.0.0.1", port))
    connection.sendall(b"GET /path/%d HTTP/1.0\r\nHost: host-%d.example\r\n\r\n" % (i, i))
    answer = b""
    while part := connection.recv(65536):
        answer += part
    connection.close()
    return answer.startswith(b"HTTP/1.1 200 ")


if __name__ == "__main__":
    server, count = int(sys.argv[1]), int(sys.argv[2])
    answered = sum(request(server, i) for i in range(count))
    sys.exit(answered != count)
