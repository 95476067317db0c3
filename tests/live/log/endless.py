#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""endless.py ADDRESS PORT N: N requests one after the other, whose head has 200 KB and no end; when the server, a thread,
has all of it, the client resets the connection. Prints each one's port."""
import socket
import struct
import sys
import threading

HEAD = b"GET /endless HTTP/1.1\r\nHost: endless\r\nUser-Agent: " + b"x" * 100_000
HEAD += b"".join(b"\r\nX-Forwarded-For: %040d" % number for number in range(1600))


def swallow(sock, whole):
    size = 0
    try:
        while size < len(HEAD):
            size += len(sock.recv(65536))
        whole.set()
        sock.recv(1)
    except ConnectionError:
        pass
    sock.close()


def main():
    address = sys.argv[1], int(sys.argv[2])
    with socket.create_server(address) as listener:
        for _ in range(int(sys.argv[3])):
            sock = socket.create_connection(address)
            whole = threading.Event()
            thread = threading.Thread(target=swallow, args=(listener.accept()[0], whole))
            thread.start()
            sock.sendall(HEAD)
            assert whole.wait(20)
            print(sock.getsockname()[1])
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
            thread.join()


main()
