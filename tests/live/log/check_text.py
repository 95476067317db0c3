#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""check_text.py LOG|--self-test: whether every line is one of Istio's default text format (telemetry specification 2.1)
and nothing else: prints "lines N bad M" and the first bad ones; exit code 1 if there are any."""
import re
import sys

import log_rules

# What must be escaped is, and nothing else: controls, `"`, `\`, DEL and bytes beyond ASCII; a blank where it ends a field.
ESCAPED = r"\\x(?:[01][0-9A-F]|22|5C|7F|[89A-F][0-9A-F])"
QUOTED = rf'(?:[ !#-\[\]-~]|{ESCAPED})*'
BARE = rf'(?:[!#-\[\]-~]|{ESCAPED}|\\x20)+'
NUMBER = "(?:0|[1-9][0-9]{0,19})"
CODE = "(?:0|[1-9][0-9]{2})"

FIELDS = {
    "start_time": ("[", r"[0-9TZ:.-]+", '] "'),
    "method": ("", BARE, " "),
    "path": ("", BARE, " "),
    "protocol": ("", BARE, '" '),
    "response_code": ("", CODE, " "),
    "response_flags": ("", "-|[A-Z]+", " "),
    "response_code_details": ("", r"[!#-\[\]-~]+", " "),
    "connection_termination_details": ("", r"[!#-\[\]-~]+", ' "'),
    "upstream_transport_failure_reason": ("", r"[!#-\[\]-~]+", '" '),
    "bytes_received": ("", NUMBER, " "),
    "bytes_sent": ("", NUMBER, " "),
    "duration": ("", NUMBER, " "),
    "upstream_service_time": ("", BARE, ' "'),
    "x_forwarded_for": ("", QUOTED, '" "'),
    "user_agent": ("", QUOTED, '" "'),
    "request_id": ("", QUOTED, '" "'),
    "authority": ("", QUOTED, '" "'),
    "upstream_host": ("", r"[!#-\[\]-~]+", '" '),
    "upstream_cluster": ("", BARE, " "),
    "upstream_local_address": ("", r"[!#-\[\]-~]+", " "),
    "downstream_local_address": ("", r"[!#-\[\]-~]+", " "),
    "downstream_remote_address": ("", r"[!#-\[\]-~]+", " "),
    "requested_server_name": ("", BARE, " "),
    "route_name": ("", BARE, ""),
}
LINE = re.compile(
    "".join(f"{re.escape(before)}(?P<{key}>{value}){re.escape(after)}" for key, (before, value, after) in FIELDS.items())
)


def unescape(text):
    data = re.sub(rb"\\x(..)", lambda found: bytes([int(found[1], 16)]), text.encode())
    return data.decode("utf-8", "surrogateescape")


def parse(line):
    if not line.isascii():
        raise ValueError("beyond ASCII")
    found = LINE.fullmatch(line.decode())
    if not found:
        raise ValueError("not the format")
    record = {key: None if value == "-" else unescape(value) for key, value in found.groupdict().items()}
    record["response_flags"] = found["response_flags"]
    return record | {key: int(record[key]) for key in log_rules.NUMBERS}


HTTP = (
    b'[2026-11-23T10:15:07.412Z] "GET /hello?a=b HTTP/1.1" 200 - via_upstream - "-" 0 6 1 - "10.0.0.1, ::1" "curl/7.88.1" '
    b'"-" "localhost" "127.0.0.1:80" inbound|80|| - 127.0.0.1:80 127.0.0.1:40012 - -\n'
)
CLIENT = (
    b'[2026-11-23T10:15:07.412Z] "GET /hello HTTP/1.0" 0 DC downstream_remote_disconnect - "-" 0 0 1 12 "" "-" "-" "-" '
    b'"[::1]:80" PassthroughCluster [::1]:40012 [::1]:80 [::1]:40012 - -\n'
)
# The specification's, 2.3; of the second one without URX, which only a proxy can know.
TCP = (
    b'[2026-11-23T10:15:07.412Z] "- - -" 0 - - - "-" 844 5214 95 - "-" "-" "-" "-" "209.85.200.147:443" '
    b"outbound|443||www.google.com 10.8.1.35:38416 209.85.200.147:443 10.8.1.35:38412 www.google.com -\n"
)
REFUSED = (
    b'[2026-11-23T10:15:07.412Z] "- - -" 0 UF - - "delayed_connect_error:_Connection_refused" 0 0 1 - "-" "-" "-" "-" '
    b'"10.244.0.6:443" PassthroughCluster 10.8.1.35:38416 10.244.0.6:443 10.8.1.35:38416 - -\n'
)
ESCAPES = HTTP.replace(b"curl/7.88.1", rb"a\x22 \x5C\x0A\xC3\xBC\xFF b").replace(b"/hello", rb"/\x20\x0D")

GOOD = [HTTP, CLIENT, TCP, REFUSED, ESCAPES]
BAD = [
    ("no newline", HTTP[:-1]),
    ("two in one", HTTP[:-1] + HTTP),
    ("cut", HTTP[:100] + b"\n"),
    ("empty", b"\n"),
    *(
        (f"{old} is {new}", line.replace(old, new, 1))
        for line, old, new in [
            (HTTP, b"curl/", b'curl"'),
            (HTTP, b"curl/", b"curl\\"),
            (HTTP, b"curl/", b"curl\\x41"),
            (HTTP, b"curl/", b"curl\\x20"),
            (HTTP, b"curl/", b"curl\\x5c"),
            (HTTP, b"curl/", b"curl\r"),
            (HTTP, b"curl/", b"curl\x7f"),
            (HTTP, b"curl/", b"curl\xff"),
            (HTTP, b"curl/", "ü".encode()),
            (HTTP, b"/hello", b"/a b"),
            (HTTP, b"/hello?a=b", b""),
            (HTTP, b"HTTP/1.1", b"HTTP/1.2"),
            (HTTP, b"HTTP/1.1", b"-"),
            (HTTP, b"412Z", b"412"),
            (HTTP, b"11-23", b"11-31"),
            (HTTP, b" 200 ", b" 0 "),
            (HTTP, b" 200 ", b" 20 "),
            (HTTP, b" - via_upstream", b" DC via_upstream"),
            (HTTP, b" - via_upstream", b" NR via_upstream"),
            (HTTP, b"via_upstream", b"-"),
            (HTTP, b" 0 6 1 ", b" 0 -6 1 "),
            (HTTP, b" 0 6 1 ", b" 0 06 1 "),
            (HTTP, b" 0 6 1 ", b" 0 18446744073709551616 1 "),
            (HTTP, b" 0 6 1 ", b" 0 6 - "),
            (HTTP, b"127.0.0.1:40012", b"127.0.0.1:70000"),
            (HTTP, b"127.0.0.1:40012", b"127.0.0.256:1"),
            (HTTP, b"127.0.0.1:40012", b"-"),
            (HTTP, b"inbound|80||", b"inbound|80|"),
            (HTTP, b"inbound|80||", b"outbound|80||a"),
            (HTTP, b"\n", b"x\n"),
            (CLIENT, b"[::1]:40012", b"::1:40012"),
            (TCP, b'"- - -" 0', b"-"),
            (TCP, b'"- - -" 0', b'"- - -" -'),
            (TCP, b'"- - -" 0', b'"- - -" 200'),
            (TCP, b'"- - -"', b'"GET - -"'),
            (TCP, b"www.google.com -", b"WWW.google.com -"),
            (TCP, b" 0 - - - ", b" 0 - via_upstream - "),
            (REFUSED, b"UF", b"UF,URX"),
            (REFUSED, b"UF", b"-"),
            (REFUSED, b'"delayed_connect_error:_Connection_refused"', b'"-"'),
        ]
    ),
]

if __name__ == "__main__":
    sys.exit(log_rules.main(parse, GOOD, BAD))
