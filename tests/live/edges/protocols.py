# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Bytes that are no HTTP/1, and HTTP/1 in unusual shapes."""
import os
import socket

from case import at_end, chunked, receive, request, response, transfer
from streams import FAKE

MPTCP = 262


def other_protocols(case):
    """One TCP line each: the server speaks first, TLS, zeros; HTTP in them is only bytes."""
    conversations = [
        [(1, b"220 mail.example ESMTP\r\n"), (0, b"EHLO a\r\n"), (1, b"250 ok\r\n"), (0, FAKE)],
        [(0, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)), (1, b"\x16\x03\x03" + FAKE * 3)],
        [(0, bytes(3000)), (0, FAKE), (1, FAKE)],
    ]
    for conversation in conversations:
        ends = case.pair()
        sizes = [0, 0]
        for sender, data in conversation:
            transfer(ends[sender], ends[1 - sender], data)
            sizes[sender] += len(data)
        ends[0].close()
        at_end(ends[1])
        ends[1].close()
        case.expect_tcp(*sizes)


def send_whole(sender, receiver, data):
    """In one call, so that segments are as large as they get; another process sends."""
    if not os.fork():
        sender.sendall(data)
        os._exit(0)
    assert receive(receiver, len(data)) == data
    os.wait()


def tiny_chunks(case):
    """Thousands in one segment, in both directions."""
    client, server = case.pair()
    for size, chunk in (9000, 1), (30000, 7), (60000, 200):
        body = (FAKE * 1000)[:size]
        head = f"POST /chunks-of-{chunk} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        send_whole(client, server, head + chunked(body, chunk))
        send_whole(server, client, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body, chunk))
        case.expect(f"/chunks-of-{chunk}", received=size, sent=size, method="POST")
    case.exchange(client, server, "/next")
    client.close()


def big_segments(case):
    """The test lets those of IPv6 grow beyond 64 KB."""
    client, server = case.pair()
    body = FAKE * 20000
    for i in range(5):
        send_whole(client, server, request(f"/big-{i}", "POST", body))
        send_whole(server, client, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body, 3000))
        case.expect(f"/big-{i}", received=len(body), sent=len(body), method="POST")
    client.close()


def interim_responses(case):
    client, server = case.pair()
    for i in range(3):
        transfer(client, server, request(f"/interim-{i}", "POST", b"body"))
        transfer(server, client, b"HTTP/1.1 100 Continue\r\n\r\n" * i)
        transfer(server, client, b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * i + response(b"abc"))
        case.expect(f"/interim-{i}", received=4, sent=3, method="POST")
    transfer(client, server, request("/only-interim"))
    transfer(server, client, b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    client.close()
    at_end(server)
    server.close()
    case.expect("/only-interim", 103, "DC")


def early_response(case):
    """Complete before the request is; the rest of the body follows, and then another request."""
    client, server = case.pair()
    whole = request("/early", "POST", FAKE * 30)
    transfer(client, server, whole[:1000])
    transfer(server, client, response(b"abc", "413 Too Large"))
    transfer(client, server, whole[1000:])
    case.expect("/early", 413, received=len(FAKE) * 30, sent=3, method="POST")
    case.exchange(client, server, "/next")
    client.close()


def multipath_tcp(case):
    """What servers in Go listen with by default. One path, so one TCP connection."""
    for client_protocol, server_protocol in (MPTCP, MPTCP), (0, MPTCP), (MPTCP, 0):
        case.listen(protocol=server_protocol)
        client = case.connect(protocol=client_protocol)
        server = case.accept()
        for i in range(3):
            case.exchange(client, server, f"/path-{client_protocol}-{server_protocol}-{i}", 50000)
        client.close()
        at_end(server)
        server.close()
        case.listener.close()


def urgent_byte(case):
    """A byte out of band is not in the stream that the server reads: what its head says is not known here."""
    client, server = case.pair()
    case.exchange(client, server, "/before")
    client.sendall(b"GET /urge")
    client.send(b"X", socket.MSG_OOB)
    client.sendall(b"nt HTTP/1.1\r\nHost: a\r\n\r\n")
    assert receive(server, len(request("/urgent"))) == request("/urgent")
    transfer(server, client, response())
    client.close()
