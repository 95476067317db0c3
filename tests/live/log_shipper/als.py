#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""als.py PORT LINES NOTES [--plan ACTION,...]: a gRPC server of Envoy's access log service, on the distribution's grpc and the
published definitions. Writes each entry to LINES as the line of Istio's text format that it was made of, and "ACTION COUNT" of each
stream to NOTES. Says "ready PORT".

The n-th stream gets the n-th action of the plan, later ones "ok": a gRPC status code by its number; early:N, that code after the first
message; empty (OK, but no response message)."""
import argparse
import signal
import sys
import threading
from concurrent import futures

import grpc

import lines
import schema

Message = schema.message("envoy.service.accesslog.v3.StreamAccessLogsMessage")
Reply = schema.message("envoy.service.accesslog.v3.StreamAccessLogsResponse")
CODES = {code.value[0]: code for code in grpc.StatusCode}
FLAGS = {
    "downstream_connection_termination": "DC",
    "upstream_connection_termination": "UC",
    "upstream_retry_limit_exceeded": "URX",
    "unauthorized_details": "UAEX",
}
PROTOCOLS = {1: "HTTP/1.0", 2: "HTTP/1.1", 3: "HTTP/2"}


def address_of(address):
    if not address.HasField("socket_address"):
        return None
    host, port = address.socket_address.address, address.socket_address.port_value
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def flags_of(flags):
    names = [FLAGS[field.name] for field, _ in flags.ListFields()]
    return ",".join(names) or "-"


def common_of(common):
    time = common.start_time.ToDatetime()
    return {
        "start_time": f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}Z",
        "response_flags": flags_of(common.response_flags),
        "duration": common.duration.ToMilliseconds(),
        "upstream_host": address_of(common.upstream_remote_address),
        "upstream_cluster": common.upstream_cluster or None,
        "upstream_local_address": address_of(common.upstream_local_address),
        "downstream_local_address": address_of(common.downstream_local_address),
        "downstream_remote_address": address_of(common.downstream_remote_address),
        "requested_server_name": common.tls_properties.tls_sni_hostname or None,
        "route_name": common.route_name or None,
        "connection_termination_details": common.connection_termination_details or None,
        "upstream_transport_failure_reason": common.upstream_transport_failure_reason or None,
    }


def tcp_of(entry):
    properties = entry.connection_properties
    return {
        "response_code": 0,
        "bytes_received": properties.received_bytes,
        "bytes_sent": properties.sent_bytes,
    }


def http_of(entry):
    request, response = entry.request, entry.response
    method = schema.pool.FindEnumTypeByName("envoy.config.core.v3.RequestMethod").values_by_number[request.request_method].name
    return {
        "method": request.request_headers[":method"] if request.request_method == 0 else method,
        "path": request.path,
        "protocol": PROTOCOLS[entry.protocol_version],
        "response_code": response.response_code.value,
        "response_code_details": response.response_code_details or None,
        "bytes_received": request.request_body_bytes,
        "bytes_sent": response.response_body_bytes,
        "upstream_service_time": response.response_headers.get("x-envoy-upstream-service-time"),
        "x_forwarded_for": request.forwarded_for or None,
        "user_agent": request.user_agent or None,
        "request_id": request.request_id or None,
        "authority": request.authority or None,
    }


def lines_of(message):
    if message.WhichOneof("log_entries") == "http_logs":
        entries, own = message.http_logs.log_entry, http_of
    else:
        entries, own = message.tcp_logs.log_entry, tcp_of
    assert entries, "an empty message"
    for entry in entries:
        common = entry.common_properties
        if "line" in common.custom_tags:
            yield common.custom_tags["line"]
            continue
        assert not common.custom_tags, common.custom_tags
        yield lines.text_of(dict.fromkeys(lines.KEYS) | common_of(common) | own(entry))


class Service:
    def __init__(self, options):
        self.plan = [action for action in options.plan.split(",") if action]
        self.lines = open(options.lines, "ab")
        self.notes = open(options.notes, "a")
        self.lock = threading.Lock()

    def note(self, text):
        print(text, file=self.notes, flush=True)

    def read(self, messages):
        found = []
        for number, message in enumerate(messages):
            assert not schema.has_unknown_fields(message), "unknown fields"
            assert message.HasField("identifier") == (number == 0), "identifier"
            if number == 0:
                identifier = message.identifier
                assert identifier.log_name == "http_envoy_accesslog", identifier
                assert (identifier.node.id, identifier.node.cluster) == ("web-1", "shop"), identifier
            found += lines_of(message)
        return found

    def stream(self, messages, context):
        with self.lock:
            action = self.plan.pop(0) if self.plan else "ok"
            name, _, argument = action.partition(":")
            if name == "early":
                next(messages)
                self.note(action)
                context.abort(CODES[int(argument)], "early")
            try:
                found = self.read(messages)
            except Exception as why:  # whatever is wrong with a stream, but that this server is stopped
                if not context.is_active():
                    raise
                self.note(f"bad {type(why).__name__} {why}"[:2000].replace("\n", " "))
                raise
            self.note(f"{action} {len(found)}")
            if name.isdigit():
                context.abort(CODES[int(name)], "no, \x7f thanks")
            self.lines.write("".join(line + "\n" for line in found).encode())
            self.lines.flush()
            return Reply()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("lines")
    parser.add_argument("notes")
    parser.add_argument("--plan", default="")
    parser.add_argument("--tls", nargs=3)
    options = parser.parse_args()
    handler = grpc.stream_unary_rpc_method_handler(
        Service(options).stream, request_deserializer=Message.FromString, response_serializer=Reply.SerializeToString
    )
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("envoy.service.accesslog.v3.AccessLogService", {"StreamAccessLogs": handler})]
    )
    where = f"127.0.0.1:{options.port}"
    if options.tls:
        certificate, key, ca = (open(path, "rb").read() for path in options.tls)
        credentials = grpc.ssl_server_credentials([(key, certificate)], ca, True)
        port = server.add_secure_port(where, credentials)
    else:
        port = server.add_insecure_port(where)
    if not port:
        sys.exit("no port")
    server.start()
    print(f"ready {port}", flush=True)
    signal.sigwait([signal.SIGTERM])
    server.stop(0)


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    main()
