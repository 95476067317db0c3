#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""otlp.py PORT LINES NOTES [--plan ACTION,...] [--tls CERTIFICATE KEY CA] [--token TOKEN] [--custom]: a strict receiver of OTLP/HTTP
logs, built from the published definitions. The bodies of records that it accepts are appended to LINES, and "ACTION COUNT SECONDS"
of each request to NOTES. Says "ready PORT". What breaks the specification gets 400 and a line "bad WHY" in NOTES.

The n-th request gets the n-th action of the plan, later ones "ok": a status; STATUS:SECONDS with Retry-After; partial:N; slow:SECONDS
before the response; close (no response); half (the response's first bytes alone, then FIN); garbage; nonsense (200, a body of
noise); redirect; huge (200, a long body)."""
import argparse
import gzip
import http.server
import json
import ssl
import socket
import time

from google.protobuf import json_format

import lines
import schema

Request = schema.message("opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest")
Response = schema.message("opentelemetry.proto.collector.logs.v1.ExportLogsServiceResponse")


class Bad(Exception):
    pass


class Cut(Exception):
    """The client is gone in the middle of its request, as one that is killed."""


def require(condition, why):
    if not condition:
        raise Bad(why)


def value_of(any_value):
    return getattr(any_value, any_value.WhichOneof("value"))


def attributes_of(pairs):
    found = {pair.key: value_of(pair.value) for pair in pairs}
    require(len(found) == len(pairs), "a key is repeated")
    return found


def check_record(record, is_custom):
    """Returns the body."""
    body = record.body.string_value
    expected = None if is_custom else lines.fields_of(body)
    require(attributes_of(record.attributes) == (expected or {}), f"attributes of {body}: {record.attributes}")
    time_ns = lines.time_of(expected) if expected else 0
    require(record.time_unix_nano == time_ns, f"time of {body}: {record.time_unix_nano}")
    require(abs(record.observed_time_unix_nano - time.time_ns()) < 600e9, "observed time")
    return body


def check(request, options):
    """Returns the bodies."""
    require(not schema.has_unknown_fields(request), "unknown fields")
    require(len(request.resource_logs) == 1, "resources")
    logs = request.resource_logs[0]
    resource = attributes_of(logs.resource.attributes)
    wanted = {"service.name": "shop", "host.name": "web-1", "log_name": "otel_envoy_accesslog"}
    require(resource == wanted, f"resource {resource}")
    require(len(logs.scope_logs) == 1 and logs.scope_logs[0].scope.name == "meshtap", "scope")
    return [check_record(record, options.custom) for record in logs.scope_logs[0].log_records]


def parse_json(body):
    def pairs(items):
        require(len(dict(items)) == len(items), "a key is repeated")
        return dict(items)

    text = body.decode()
    json.loads(text, object_pairs_hook=pairs)
    return json_format.Parse(text, Request())


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def note(self, text):
        print(text, file=self.server.notes, flush=True)

    def read(self):
        require(self.path == "/v1/logs", f"path {self.path}")
        require("expect" not in self.headers, "Expect")
        if self.server.options.token:
            require(self.headers["authorization"] == f"Bearer {self.server.options.token}", "token")
        length = int(self.headers["content-length"])
        body = self.rfile.read(length)
        if len(body) < length:
            raise Cut
        if self.headers.get("content-encoding"):
            require(self.headers["content-encoding"] == "gzip", "encoding")
            body = gzip.decompress(body)
        self.is_json = self.headers["content-type"] == "application/json"
        require(self.is_json or self.headers["content-type"] == "application/x-protobuf", "content type")
        return parse_json(body) if self.is_json else Request.FromString(body)

    def accept(self, bodies):
        self.server.lines.write("".join(body + "\n" for body in bodies).encode())
        self.server.lines.flush()

    def respond(self, status, body=b"", headers=()):
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if self.is_json else "application/x-protobuf")
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def raw(self, data):
        self.wfile.write(data)
        self.wfile.flush()
        self.close_connection = True

    def half(self, data):
        """FIN from this side, while the other may go on."""
        self.raw(data)
        self.connection.shutdown(socket.SHUT_WR)

    def success(self, rejected=0):
        response = Response()
        if rejected:
            response.partial_success.rejected_log_records = rejected
            response.partial_success.error_message = "no \x1b[2J such"
        if self.is_json:
            self.respond(200, json_format.MessageToJson(response).encode())
        else:
            self.respond(200, response.SerializeToString())

    def do_POST(self):
        self.is_json = False
        try:
            bodies = check(self.read(), self.server.options)
        except Cut:
            self.note("cut")
            self.close_connection = True
            return
        except Exception as why:  # whatever is wrong with a request
            self.note(f"bad {type(why).__name__} {why}"[:2000].replace("\n", " "))
            self.respond(400, b"bad")
            return
        self.server.requests += 1
        action = self.server.plan.pop(0) if self.server.plan else "ok"
        self.note(f"{action} {len(bodies)} {time.monotonic():.3f}")
        self.act(action, bodies)

    def act(self, action, bodies):
        name, _, argument = action.partition(":")
        if name in ("ok", "partial", "nonsense", "huge", "slow"):
            if name == "slow":
                time.sleep(float(argument))
            self.accept(bodies[int(argument) :] if name == "partial" else bodies)
        if name in ("ok", "slow"):
            self.success()
        elif name == "partial":
            self.success(int(argument))
        elif name == "nonsense":
            self.respond(200, b"\xff" * 100)
        elif name == "huge":
            self.respond(200, b"\xff" * (50 << 20))
        elif name == "close":
            self.close_connection = True
        elif name == "half":
            self.half(b"HTTP/1.1 2")
        elif name == "garbage":
            self.raw(b"\0\xffgarbage\r\n" * 1000)
        elif name == "redirect":
            self.respond(302, headers=[("Location", "http://127.0.0.1:1/")])
        else:
            self.respond(int(name), b"why: \x1b[31mred", [("Retry-After", argument)] if argument else [])


class Server(http.server.HTTPServer):
    """One connection after the other."""

    allow_reuse_address = True

    def handle_error(self, request, client_address):
        pass  # a client that does not like this server


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("lines")
    parser.add_argument("notes")
    parser.add_argument("--plan", default="")
    parser.add_argument("--tls", nargs=3)
    parser.add_argument("--token")
    parser.add_argument("--custom", action="store_true")
    options = parser.parse_args()
    server = Server(("127.0.0.1", options.port), Handler)
    server.options = options
    server.requests = 0
    server.plan = [action for action in options.plan.split(",") if action]
    server.lines = open(options.lines, "ab")
    server.notes = open(options.notes, "a")
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.tls[0], options.tls[1])
        context.load_verify_locations(options.tls[2])
        context.verify_mode = ssl.CERT_REQUIRED
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print(f"ready {server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
