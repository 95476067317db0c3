# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""How bytes are cut into segments, repeated or forged, and what follows a head."""
import os
import socket

from case import Risen, at_end, chunked, receive, request, response, transfer

SMALL = (socket.IPPROTO_TCP, socket.TCP_MAXSEG, 88)  # the least that Linux takes
FAKE = b"GET /fake HTTP/1.1\r\nHost: a\r\n\r\nHTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "GET"]


def tiny_segments(case):
    """The test switches segmentation offload of the loopback interface off, so segments of 88 bytes arrive."""
    case.listen(SMALL)
    client, server = case.pair(SMALL)
    segments = Risen("InSegs")
    for i in range(20):
        more = b"Cookie: %s\r\n" % (b"c" * (900 + i))
        transfer(client, server, request(f"/tiny-{i}", "POST", FAKE * 3, more))
        transfer(server, client, response(FAKE * i, more=more.replace(b"Cookie", b"Set-Cookie")))
        case.expect(f"/tiny-{i}", received=len(FAKE) * 3, sent=len(FAKE) * i, method="POST")
    segments.check(20 * 2 * 900 // 88)
    client.close()


def byte_by_byte(case):
    client, server = case.pair()
    body = b"PUT /fake HTTP/1.1\r\n\r\n"
    head = b"PUT /bytes HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    transfer(client, server, head + chunked(body, 5), 1)
    transfer(server, client, b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 1)
    transfer(server, client, chunked(body, 7), 1)
    case.expect("/bytes", received=len(body), sent=len(body), method="PUT")
    case.exchange(client, server, "/next", piece=1)
    client.close()


def keepalive_probes(case):
    client, server = case.pair()
    for sock in client, server:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    case.exchange(client, server, "/before-probes")
    Risen("TCPKeepAlive").wait(2)
    case.exchange(client, server, "/after-probes")
    transfer(client, server, request("/amid-probes")[:20])
    Risen("TCPKeepAlive").wait(2)
    transfer(client, server, request("/amid-probes")[20:])
    transfer(server, client, response())
    case.expect("/amid-probes")
    client.close()


def zero_window(case):
    case.listen()
    client, server = case.pair((socket.SOL_SOCKET, socket.SO_RCVBUF, 4096))
    transfer(client, server, request("/slow-reader"))
    message = response(FAKE * 5000)
    probes = Risen("TCPWinProbe")
    if not os.fork():
        server.sendall(message)
        os._exit(0)
    probes.wait(1)
    receive(client, len(message))
    os.wait()
    case.expect("/slow-reader", sent=len(FAKE) * 5000)
    case.exchange(client, server, "/next")
    client.close()


def pipelined(case, path, together):
    """64 requests before the first response."""
    client, server = case.pair()
    requests, responses = [], []
    for i in range(64):
        method = METHODS[i % len(METHODS)]
        body = b"r" * i if method in ("POST", "PUT", "PATCH") else None
        requests.append(request(f"{path}-{i}", method, body))
        answer = response(b"a" * (3 * i))
        responses.append(answer[: -3 * i] if method == "HEAD" and i else answer)
        case.expect(f"{path}-{i}", received=len(body or b""), sent=0 if method == "HEAD" else 3 * i, method=method)
    if together:
        requests, responses = [b"".join(requests)], [b"".join(responses)]
    for one in requests:
        transfer(client, server, one)
    for one in responses:
        transfer(server, client, one)
    client.close()


def pipelining(case):
    pipelined(case, "/segments", False)
    pipelined(case, "/together", True)


def long_heads(case):
    """60 KB of headers, in both directions; then an ordinary exchange."""
    client, server = case.pair()
    more = b"".join(b"X-Header-%d: %s\r\n" % (i, b"h" * 1000) for i in range(60))
    transfer(client, server, request("/long", more=more))
    transfer(server, client, response(b"abc", more=more))
    case.expect("/long", sent=3)
    transfer(client, server, request("/segments-of-it", more=more), 999)
    transfer(server, client, response(b"abc", more=more), 999)
    case.expect("/segments-of-it", sent=3)
    case.exchange(client, server, "/next")
    client.close()


def upgrade(case):
    client, server = case.pair()
    case.exchange(client, server, "/before")
    transfer(client, server, request("/ws", more=b"Connection: Upgrade\r\nUpgrade: websocket\r\n"))
    head = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    transfer(server, client, head + b"first frame")
    transfer(client, server, FAKE)
    transfer(server, client, FAKE * 2)
    client.close()
    at_end(server)
    server.close()
    case.expect("/ws", 101, received=len(FAKE), sent=2 * len(FAKE) + 11)


def connect_tunnel(case):
    client, server = case.pair()
    transfer(client, server, b"CONNECT far.example:443 HTTP/1.1\r\nHost: far.example:443\r\n\r\n")
    transfer(server, client, b"HTTP/1.1 200 Established\r\nContent-Length: 5\r\n\r\n")
    transfer(client, server, FAKE)
    transfer(server, client, FAKE)
    client.close()
    at_end(server)
    server.close()
    case.expect("-", received=len(FAKE), sent=len(FAKE), method="CONNECT")


def connect_refused(case):
    client, server = case.pair()
    transfer(client, server, b"CONNECT far.example:443 HTTP/1.1\r\nHost: far.example:443\r\n\r\n")
    transfer(server, client, response(b"no", "403 Forbidden"))
    case.expect("-", 403, sent=2, method="CONNECT")
    case.exchange(client, server, "/after-refusal")
    client.close()
