#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""forge_server.py ADDRESS PORT: answers whatever forge.py sends, where real servers refuse much of it. A head ends at
its empty line; the answer's X-Envoy-Upstream-Service-Time is what X-Answer has in hexadecimal. Prints "ready" when it
listens."""
import re
import socket
import sys

TIMEOUT = 20  # seconds


def read_head(connection):
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        part = connection.recv(65536)
        if not part:
            break
        head += part
    return bytes(head)


def answer(head):
    found = re.search(rb"\r\nX-Answer: ([0-9a-f]*)\r\n", head)
    value = bytes.fromhex(found[1].decode()) if found else b"1"
    return b"HTTP/1.1 200 OK\r\nX-Envoy-Upstream-Service-Time: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % value


def main():
    listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        connection.settimeout(TIMEOUT)
        try:
            connection.sendall(answer(read_head(connection)))
        except OSError as error:
            print(error, file=sys.stderr)
        connection.close()


main()
