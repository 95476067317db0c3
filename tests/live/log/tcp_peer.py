#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Connections that are not HTTP, and what the client knows of them.

tcp_peer.py exchange ADDRESS PORT SEND RECEIVE MS   a client that sends and receives exactly so many bytes, on a
    connection of about MS milliseconds; its server is a thread. Prints LOCAL_PORT LOW HIGH: the connection lived at
    least LOW and at most HIGH milliseconds.
tcp_peer.py connect ADDRESS PORT                    prints ERRNO LOW HIGH of a connect()
tcp_peer.py idle ADDRESS PORT N SECONDS             N connections at the same time
tcp_peer.py trickle ADDRESS PORT SECONDS            a client that sends a little all the time, to a thread. Prints
    LOCAL_PORT, then a line for each send: MILLISECONDS BYTES since connect(), before it and all that was sent until then
"""
import resource
import socket
import sys
import threading
import time

TIMEOUT = 30  # seconds, for what cannot fail to come
WAKING = 50  # milliseconds that a process may wait for a processor
STEP, PIECE = 0.05, 100  # seconds and bytes of a trickle


def now_ms():
    return time.monotonic_ns() / 1e6


def receive(sock, size):
    while size:
        part = sock.recv(min(size, 65536))
        if not part:
            raise EOFError
        size -= len(part)


def wait_until(ms):
    """What takes its time."""
    while now_ms() < ms:
        time.sleep((ms - now_ms()) / 1000 if ms - now_ms() > 0 else 0)


def answer(listener, size, reply, ms):
    sock, _ = listener.accept()
    begin = now_ms()
    receive(sock, size)
    sock.sendall(b"\1" * (reply // 2))
    wait_until(begin + ms)
    sock.sendall(b"\1" * (reply - reply // 2))
    sock.close()


def exchange(address, size, reply, ms):
    with socket.create_server(address) as listener:
        thread = threading.Thread(target=answer, args=(listener, size, reply, ms))
        thread.start()
        sock = socket.socket()
        before = now_ms()
        sock.connect(address)
        connected = now_ms()
        sock.sendall(b"\0" * size)
        receive(sock, reply)
        assert not sock.recv(1)
        received = now_ms()
        port = sock.getsockname()[1]
        sock.close()
        thread.join()
        print(port, int(received - connected), int(now_ms() - before) + 1)


def connect(address):
    sock = socket.socket()
    before = now_ms()
    error = sock.connect_ex(address)
    took = int(now_ms() - before)
    print(error, max(took - WAKING, 0), took)


def swallow(listener):
    sock, _ = listener.accept()
    while sock.recv(65536):
        pass
    sock.close()


def trickle(address, seconds):
    with socket.create_server(address) as listener:
        thread = threading.Thread(target=swallow, args=(listener,))
        thread.start()
        sock = socket.create_connection(address, TIMEOUT)
        begin = now_ms()
        steps = []
        while now_ms() < begin + seconds * 1000:
            steps.append((now_ms() - begin, len(steps) * PIECE))
            sock.sendall(b"\0" * PIECE)
            wait_until(begin + len(steps) * STEP * 1000)
        print(sock.getsockname()[1])
        sock.close()
        thread.join()
        for ms, size in [*steps, (now_ms() - begin, len(steps) * PIECE)]:
            print(f"{ms:.3f} {size}")


def idle(address, count, seconds):
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    with socket.create_server(address) as listener:
        pairs = []
        for _ in range(count):
            pairs.append((socket.create_connection(address, TIMEOUT), listener.accept()[0]))
            pairs[-1][0].sendall(b"\0")
        wait_until(now_ms() + seconds * 1000)
        for client, server in pairs:
            client.close()
            server.close()


def main():
    mode, address = sys.argv[1], (sys.argv[2], int(sys.argv[3]))
    if mode == "exchange":
        exchange(address, *map(int, sys.argv[4:7]))
    elif mode == "connect":
        connect(address)
    elif mode == "idle":
        idle(address, int(sys.argv[4]), float(sys.argv[5]))
    else:
        trickle(address, float(sys.argv[4]))


main()
