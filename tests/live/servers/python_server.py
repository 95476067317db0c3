#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""python_server.py threads|forks PORT: a thread or a process for each connection; files from the working directory."""
import socketserver
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer


class ForkingHTTPServer(socketserver.ForkingMixIn, HTTPServer):
    max_children = 200


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, chunked=False):
        self.send_response(status)
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
            parts = [body[i : i + 7000] for i in range(0, len(body), 7000)]
            body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        name = self.path.split("?")[0].split("/")[-1]
        try:
            with open(name, "rb") as file:
                self.answer(200, file.read(), self.path.startswith("/chunked/"))
        except FileNotFoundError:
            self.answer(404, b"no\n")

    do_HEAD = do_GET

    def do_POST(self):
        self.answer(200, self.read_body())

    def read_body(self):
        if "Content-Length" in self.headers:
            return self.rfile.read(int(self.headers["Content-Length"]))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, *_):
        pass


def main():
    kind = {"threads": ThreadingHTTPServer, "forks": ForkingHTTPServer}[sys.argv[1]]
    kind.request_queue_size = 1024
    server = kind(("", int(sys.argv[2])), Handler)
    print("ready", flush=True)
    server.serve_forever()


main()
