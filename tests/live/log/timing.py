#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""timing.py ADDRESS PORT: a request whose two halves, and an answer whose head and body, come apart. Each was sent, and
on a loopback received, between two looks at the clock. Prints LOCAL_PORT, then for each operator NAME LOW HIGH, in
milliseconds, and the wall clock's seconds before and after the request's first byte, in microseconds."""
import socket
import sys
import threading
import time

GAP = 0.15  # seconds
SLACK = 2  # milliseconds, for a softirq that another thread runs
HEAD = b"POST /timed HTTP/1.1\r\nHost: timing\r\nContent-Length: 10\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"


def send(sock, data):
    """When it was sent: between these milliseconds."""
    before = time.monotonic_ns()
    sock.sendall(data)
    return before / 1e6, time.monotonic_ns() / 1e6


def serve(listener, sent):
    sock, _ = listener.accept()
    size = 0
    while size < len(HEAD) + 10:
        size += len(sock.recv(65536))
    time.sleep(GAP)
    sent["response_begin"] = send(sock, ANSWER)
    time.sleep(GAP)
    sent["response_end"] = send(sock, b"done")
    sock.close()


def span(sent, begin, end):
    (begin_low, begin_high), (end_low, end_high) = sent[begin], sent[end]
    return max(0, int(end_low - begin_high - SLACK)), int(end_high - begin_low + SLACK) + 1


def main():
    address, sent = (sys.argv[1], int(sys.argv[2])), {}
    with socket.create_server(address) as listener:
        thread = threading.Thread(target=serve, args=(listener, sent))
        thread.start()
        sock = socket.create_connection(address)
        port = sock.getsockname()[1]
        wall = time.time_ns() // 1000
        sent["request_begin"] = send(sock, HEAD + b"12345")
        wall_after = time.time_ns() // 1000
        time.sleep(GAP)
        sent["request_end"] = send(sock, b"67890")
        while sock.recv(65536):
            pass
        thread.join()
        sock.close()
    print(port)
    print("request_duration", *span(sent, "request_begin", "request_end"))
    print("request_tx_duration", *span(sent, "request_begin", "request_end"))
    print("response_duration", *span(sent, "request_begin", "response_begin"))
    print("response_tx_duration", *span(sent, "response_begin", "response_end"))
    print("duration", *span(sent, "request_begin", "response_end"))
    print("common_duration", *span(sent, "request_end", "response_begin"))
    print("start", wall - 1000, wall_after + 1000)


main()
