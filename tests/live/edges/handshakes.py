# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""How a connection begins, and who answers on it."""
import os
import select
import socket

from case import Risen, receive, request, response, step, sysctl, transfer
from streams import FAKE

N = 200
DEFER = (socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 5)
DELAY_ACK = (socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
FAST_OPEN = (socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 1024)


def first_requests(case, path, *client_options):
    """The server's socket is made by the segment that carries the request."""
    for i in range(N):
        client = case.connect(*client_options)
        assert not select.select([case.listener], [], [], 0)[0], "established before data"
        client.sendall(request(f"{path}-{i}"))
        answer(case, client, f"{path}-{i}")


def answer(case, client, path):
    server = case.accept()
    receive(server, len(request(path)))
    transfer(server, client, response(b"abc"))
    case.expect(path, sent=3)
    case.exchange(client, server, path + "-next")
    client.close()
    server.close()


def deferred_accept(case):
    case.listen(DEFER)
    first_requests(case, "/deferred")


def delayed_ack(case):
    case.listen()
    first_requests(case, "/delayed", DELAY_ACK)


def fast_open(case, path, mode):
    with sysctl("tcp_fastopen", mode):
        case.listen(FAST_OPEN)
        opened = Risen("TCPFastOpenPassive")
        for i in range(N):
            client = case.client()
            client.sendto(request(f"{path}-{i}"), socket.MSG_FASTOPEN, case.address)
            answer(case, client, f"{path}-{i}")
        opened.check(N - 1)  # the first may fetch the cookie


def fast_open_with_cookie(case):
    fast_open(case, "/cookie", 3)


def fast_open_without_cookie(case):
    fast_open(case, "/cookie-less", 0x607)


def syn_cookies(case):
    with sysctl("tcp_syncookies", 2):
        case.listen()
        received = Risen("SyncookiesRecv")
        for i in range(N):
            client = case.connect()
            client.sendall(request(f"/syncookie-{i}"))
            answer(case, client, f"/syncookie-{i}")
        first_requests(case, "/syncookie-delayed", DELAY_ACK)
        received.check(2 * N)


def sockets_passed_on(case):
    """Accepted by one process, answered by another: inherited, and sent over a Unix socket."""
    case.listen()
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    for path in "/inherited", "/sent":
        client = case.connect()
        server = case.accept()
        if not os.fork():
            if path == "/sent":
                server = socket.socket(fileno=socket.recv_fds(theirs, 1, 1)[1][0])
            receive(server, len(request(path)))
            server.sendall(response(b"abc"))
            os._exit(0)
        if path == "/sent":
            socket.send_fds(ours, [b"x"], [server.fileno()])
        server.close()
        client.sendall(request(path))
        receive(client, len(response(b"abc")))
        os.wait()
        case.expect(path, sent=3)


def older_than_the_collector(case):
    """One idle, one amid a download, one amid an upload; their bytes look like messages."""
    body = FAKE * 100
    idle, idle_server = case.pair()
    case.exchange(idle, idle_server, "/before")
    down, down_server = case.pair()
    transfer(down, down_server, request("/download"))
    transfer(down_server, down, response(body)[: -len(FAKE) * 50])
    up, up_server = case.pair()
    transfer(up, up_server, request("/upload", "POST", body)[: -len(FAKE) * 50])
    case.lines.clear()
    step("ready")
    case.exchange(idle, idle_server, "/idle-next")
    transfer(down_server, down, FAKE * 50, len(FAKE))
    case.exchange(down, down_server, "/after-download")
    transfer(up, up_server, FAKE * 50, len(FAKE))
    transfer(up_server, up, response())
    case.exchange(up, up_server, "/after-upload")
