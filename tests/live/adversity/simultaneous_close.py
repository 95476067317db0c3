#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Connections whose two ends close at the same time, over a slow link: their FINs cross. Prints the truth as requests.py.

simultaneous_close.py CLIENT_NETNS SERVER_NETNS ADDRESS PORT N
"""
import ctypes
import os
import socket
import sys
import time

CLONE_NEWNET = 0x40000000


def enter(name):
    """Sockets made from now on belong to that network namespace."""
    fd = os.open(f"/run/netns/{name}", os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(fd, CLONE_NEWNET):
        sys.exit(f"setns {name}: {os.strerror(ctypes.get_errno())}")
    os.close(fd)


def receive(sock, size):
    while size:
        part = sock.recv(size)
        assert part
        size -= len(part)


def main():
    client_netns, server_netns, address, port, n = *sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5])
    response = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"
    enter(server_netns)
    listener = socket.create_server((address, port), backlog=n)
    enter(client_netns)
    pairs = []
    for i in range(n):
        request = (
            f"GET /cross HTTP/1.1\r\nHost: server\r\nX-Request-Id: cross-{i}\r\n"
            f"User-Agent: agent of cross-{i}\r\nX-Forwarded-For: 10.0.0.{i}, 10.1.1.1\r\n\r\n"
        ).encode()
        client = socket.create_connection((address, port))
        server = listener.accept()[0]
        source, sent = client.getsockname(), time.time() * 1000
        client.sendall(request)
        receive(server, len(request))
        server.sendall(response)
        receive(client, len(response))
        pairs.append((client, server))
        told = [f"cross-{i}", "GET", "/cross", 200, 0, 10, len(request), len(response)]
        print(*told, f"{source[0]}:{source[1]}", port, sent, time.time() * 1000, 0, sep="\t")
    for client, server in pairs:
        client.close()
        server.close()


main()
