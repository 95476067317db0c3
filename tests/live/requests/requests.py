#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Mixed requests to one server, and what is true about each of them, one a line:
ID METHOD PATH STATUS REQUEST_BODY RESPONSE_BODY REQUEST_WIRE RESPONSE_WIRE CLIENT PORT SENT ANSWERED PAUSE, tab-separated.
CLIENT is the client's address and port; SENT and ANSWERED are milliseconds since 1970; PAUSE is how long, in
milliseconds, a request was held back amid its head.

requests.py ADDRESS PORT KINDS N CONNECTIONS SEED >TRUTH
"""
import asyncio
import random
import sys
import time

# method, path, weight, request headers, body: None, a length, or chunked as a negative length
FILES = [
    ("GET", "/small", 30, "", None),
    ("GET", "/medium", 10, "", None),
    ("GET", "/large", 2, "", None),
    ("HEAD", "/large", 8, "", None),
    ("GET", "/missing", 5, "", None),
    ("GET", "/small?cookies", 3, "Cookie: " + "x" * 6000 + "\r\n", None),
]
ECHO = FILES + [
    ("GET", "/chunked/page", 12, "", None),
    ("POST", "/echo", 8, "", 5000),
    ("POST", "/echo", 4, "", 0),
]
KINDS = {
    "files": FILES,
    "echo": ECHO + [("POST", "/echo", 8, "", -9000)],
    "nginx": ECHO
    + [
        ("GET", "/empty", 6, "", None),
        ("GET", "/small?again", 6, "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\n", None),
        ("GET", "/large?range", 5, "Range: bytes=100-20099\r\n", None),
        ("PUT", "/put/", 4, "", 70000),
        ("PUT", "/put/", 4, "", -9000),
    ],
}


class Request:
    def __init__(self, number, kinds, chance):
        self.method, self.path, _, headers, body = chance.choices(kinds, [kind[2] for kind in kinds])[0]
        self.id = f"id-{number}"
        if self.method == "PUT":
            self.path += self.id
        payload = self.framed(body, chance)
        self.body = abs(body or 0)
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: server\r\nX-Request-Id: {self.id}\r\n{headers}"
        head += f"User-Agent: agent of {self.id}\r\nX-Forwarded-For: 10.0.0.{number % 256}, 10.1.1.1\r\n"
        self.wire = head.encode() + payload

    @staticmethod
    def framed(body, chance):
        """The headers' end and the body; its bytes look like messages."""
        if body is None:
            return b"\r\n"
        text = (b"GET /fake HTTP/1.1\r\n\r\nHTTP/1.1 200 OK\r\n\r\n" * (abs(body) // 40 + 1))[: abs(body)]
        if body >= 0:
            return b"Content-Length: %d\r\n\r\n" % body + text
        parts = [b"Transfer-Encoding: chunked\r\n\r\n"]
        while text:
            size = chance.randint(1, 4000)
            parts.append(b"%x\r\n%s\r\n" % (len(text[:size]), text[:size]))
            text = text[size:]
        return b"".join(parts) + b"0\r\n\r\n"

    def truth(self, status, body, wire, more):
        told = [self.id, self.method, self.path, status, self.body, body, len(self.wire), wire, *more]
        return "\t".join(map(str, told))


def now_ms():
    return time.time() * 1000


def address_of(writer):
    host, port = writer.get_extra_info("sockname")[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def send_in_parts(writer, wire):
    """Amid the head, so that no server answers before; returns how long the rest was held back."""
    writer.write(wire[:20])
    began = now_ms()
    await asyncio.sleep(0.03)
    pause = now_ms() - began
    writer.write(wire[20:])
    return pause


async def read_response(reader, method):
    """Status, bytes of the body, bytes on the wire."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    status, wire, body = int(lines[0].split()[1]), len(head), 0
    headers = dict(line.split(": ", 1) for line in lines[1:-2])
    if method == "HEAD" or status in (204, 304):
        return status, 0, wire
    if headers.get("transfer-encoding") != "chunked":
        body = int(headers["content-length"])
        await reader.readexactly(body)
        return status, body, wire + body
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line, 16)
        await reader.readexactly(size + 2)
        wire += len(line) + size + 2
        body += size
        if not size:
            return status, body, wire


async def connection(address, port, requests, chance):
    """Up to 40 requests, one by one or pipelined."""
    left = requests[: chance.randint(1, 40)]
    del requests[: len(left)]
    reader, writer = await asyncio.open_connection(address, port, limit=1 << 20)
    while left:
        batch = left[: chance.choice([1, 1, 1, 2, 8])]
        del left[: len(batch)]
        sent, pause = now_ms(), 0
        if len(batch) == 1 and chance.random() < 0.05:
            pause = await send_in_parts(writer, batch[0].wire)
        else:
            writer.write(b"".join(r.wire for r in batch))
        for request in batch:
            answer = await read_response(reader, request.method)
            print(request.truth(*answer, [address_of(writer), port, sent, now_ms(), pause]))
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def worker(address, port, requests, chance):
    while requests:
        await connection(address, port, requests, chance)


async def main():
    address, kinds = sys.argv[1], KINDS[sys.argv[3]]
    port, n, connections, seed = (int(sys.argv[i]) for i in (2, 4, 5, 6))
    chance = random.Random(seed)
    requests = [Request(i, kinds, chance) for i in range(n)]
    await asyncio.gather(*(worker(address, port, requests, chance) for _ in range(connections)))


asyncio.run(main())
