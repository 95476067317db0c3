#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""answers.py ADDRESS PORT: a server of HTTP/1.1 for what nginx does not say.

/trailer       chunked "hello", with X-TIME before it and X-Sum behind it
/grpc/N        application/grpc with a trailer grpc-status: N
/grpc-head/N   application/grpc without a body, grpc-status: N in the head
/grpc-none/N   application/grpc with status N of HTTP, and no grpc-status
"""
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GRPC = ("Content-Type", "application/grpc")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def head(self, status, *headers):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def chunked(self, headers, trailer):
        self.head(200, ("Transfer-Encoding", "chunked"), *headers)
        self.wfile.write(b"5\r\nhello\r\n")
        self.wfile.write(b"0\r\n" + trailer.encode() + b"\r\n\r\n")

    def do_GET(self):
        _, kind, *rest = self.path.split("/")
        if kind == "trailer":
            self.chunked([("X-TIME", "noon"), ("Trailer", "X-Sum")], "X-Other: 1\r\nX-Sum: 5d41402a")
        elif kind == "grpc":
            self.chunked([GRPC], f"grpc-status: {rest[0]}")
        elif kind == "grpc-head":
            self.head(200, GRPC, ("grpc-status", rest[0]), ("Content-Length", "0"))
        else:
            self.head(int(rest[0]), GRPC, ("Content-Length", "0"))

    do_POST = do_GET

    def log_message(self, *_):
        pass


ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
