# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Who ends a connection, how, and when."""
from case import at_end, await_reset, chunked, receive, request, reset, response, transfer

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
HEAD_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
HEAD_UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"


def half_close(case):
    client, server = case.pair()
    transfer(client, server, request("/half"))
    client.shutdown(1)
    at_end(server)
    transfer(server, client, response(b"b" * 50000))
    server.close()
    at_end(client)
    case.expect("/half", sent=50000)


def client_resets_before_request(case):
    client, server = case.pair()
    reset(client)
    await_reset(server)
    case.expect_tcp(0, 0)


def client_resets_amid_request_line(case):
    client, server = case.pair()
    transfer(client, server, b"GET /no")
    reset(client)
    await_reset(server)
    case.expect_tcp(7, 0)


def client_resets_amid_head(case):
    client, server = case.pair()
    transfer(client, server, b"GET /amid-head HTTP/1.1\r\nHost: a\r\nX-Half")
    reset(client)
    await_reset(server)
    case.expect("/amid-head", 0, "DC")


def client_resets_amid_request_body(case):
    client, server = case.pair()
    transfer(client, server, request("/amid-body", "POST", b"b" * 1000)[:-400])
    reset(client)
    await_reset(server)
    case.expect("/amid-body", 0, "DC", received=600, method="POST")


def client_resets_after_request(case):
    client, server = case.pair()
    transfer(client, server, request("/after"))
    reset(client)
    await_reset(server)
    case.expect("/after", 0, "DC")


def client_resets_amid_response(case):
    client, server = case.pair()
    transfer(client, server, request("/amid"))
    transfer(server, client, HEAD + b"b" * 300)
    reset(client)
    await_reset(server)
    case.expect("/amid", 200, "DC", sent=300)


def client_closes_unanswered(case):
    client, server = case.pair()
    transfer(client, server, request("/unanswered"))
    client.close()
    at_end(server)
    server.close()
    case.expect("/unanswered", 0, "DC")


def client_resets_pipelined(case):
    """The first is answered, the second amid its response, the third has none."""
    client, server = case.pair()
    transfer(client, server, request("/1") + request("/2") + request("/3"))
    transfer(server, client, response(b"1") + HEAD + b"b" * 200)
    reset(client)
    await_reset(server)
    case.expect("/1", sent=1)
    case.expect("/2", 200, "DC", sent=200)
    case.expect("/3", 0, "DC")


def server_closes_unanswered(case):
    client, server = case.pair()
    transfer(client, server, request("/closed"))
    server.close()
    at_end(client)
    client.close()
    case.expect("/closed", 0, "UC")


def server_resets_unanswered(case):
    client, server = case.pair()
    transfer(client, server, request("/reset"))
    reset(server)
    await_reset(client)
    case.expect("/reset", 0, "UC")


def server_closes_amid_response_head(case):
    client, server = case.pair()
    transfer(client, server, request("/head"))
    transfer(server, client, HEAD[:-8])
    server.close()
    at_end(client)
    client.close()
    case.expect("/head", 0, "UC")


def server_ends_amid(case, path, sent, body, end):
    client, server = case.pair()
    transfer(client, server, request(path))
    transfer(server, client, sent)
    end(server)
    if end is reset:
        await_reset(client)
    else:
        at_end(client)
        client.close()
    case.expect(path, 200, "UPE", sent=body)


def server_cuts_bodies(case):
    part = HEAD_CHUNKED + chunked(b"b" * 500, 100)[:-5]
    server_ends_amid(case, "/length-fin", HEAD + b"b" * 300, 300, lambda s: s.close())
    server_ends_amid(case, "/length-rst", HEAD + b"b" * 300, 300, reset)
    server_ends_amid(case, "/chunked-fin", part, 500, lambda s: s.close())
    server_ends_amid(case, "/chunked-rst", part, 500, reset)
    server_ends_amid(case, "/close-rst", HEAD_UNTIL_CLOSE + b"b" * 70, 70, reset)


def response_until_close(case):
    client, server = case.pair()
    transfer(client, server, request("/until-close"))
    transfer(server, client, HEAD_UNTIL_CLOSE + b"HTTP/1.1 200 OK\r\n\r\n" * 1000)
    server.close()
    at_end(client)
    client.close()
    case.expect("/until-close", sent=19000)


def timeout_amid_head(case):
    client, server = case.pair()
    transfer(client, server, b"GET /slow HTTP/1.1\r\nHost")
    transfer(server, client, response(status="408 Request Timeout", more=b"Connection: close\r\n"))
    server.close()
    at_end(client)
    client.close()
    case.expect("/slow", 408)


def timeout_of_an_idle_connection(case):
    client, server = case.pair()
    case.exchange(client, server, "/then-idle")
    transfer(server, client, response(status="408 Request Timeout", more=b"Connection: close\r\n"))
    server.close()
    at_end(client)
    client.close()


def tuple_used_again(case):
    """The server closes first, so that TIME_WAIT is at its end; then the client does, and reuses its own."""
    case.listen()
    for i in range(20):
        client = case.connect(source_port=case.address[1] + 1)
        server = case.accept()
        case.exchange(client, server, f"/again-{i}")
        server.close()
        at_end(client)
        client.close()
    for i in range(2):
        client = connect_when_free(case, case.address[1] + 2)
        server = case.accept()
        case.exchange(client, server, f"/reuse-{i}")
        client.close()
        at_end(server)
        server.close()


def connect_when_free(case, source_port):
    """tcp_tw_reuse wants a second between two connections of a tuple."""
    while True:
        client = case.client(source_port=source_port)
        try:
            client.connect(case.address)
            return client
        except OSError as error:
            if error.errno != 99:  # EADDRNOTAVAIL
                raise
            client.close()
