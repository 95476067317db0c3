#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""check_json.py LOG|--self-test: whether every line is one object of Istio's default JSON format (telemetry
specification 2.2) and nothing else: prints "lines N bad M" and the first bad ones; exit code 1 if there are any."""
import json
import sys

import log_rules


def read_object(pairs):
    keys = [key for key, _ in pairs]
    if keys != log_rules.KEYS:
        raise ValueError(f"keys {keys}")
    return dict(pairs)


def refuse_constant(name):
    raise ValueError(name)


def parse(line):
    text = line.decode("utf-8")
    if text != text.strip():
        raise ValueError("blanks around the object")
    record = json.loads(text, object_pairs_hook=read_object, parse_constant=refuse_constant)
    if not isinstance(record, dict):
        raise ValueError("no object")
    for value in record.values():
        if isinstance(value, str):
            value.encode("utf-8")  # no half of a surrogate pair
    if record["response_flags"] is None:
        raise ValueError("response_flags is null")
    return record


def line_of(**changes):
    record = dict.fromkeys(log_rules.KEYS) | {
        "start_time": "2026-11-23T10:15:07.412Z",
        "method": "GET",
        "path": "/hello",
        "protocol": "HTTP/1.1",
        "response_code": 200,
        "response_flags": "-",
        "response_code_details": "via_upstream",
        "bytes_received": 0,
        "bytes_sent": 6,
        "duration": 1,
        "user_agent": 'a"\\\n\0\x7fé\u2028',
        "authority": "localhost",
        "upstream_host": "127.0.0.1:80",
        "upstream_cluster": "inbound|80||",
        "downstream_local_address": "127.0.0.1:80",
        "downstream_remote_address": "127.0.0.1:40012",
    }
    return json.dumps(record | changes, separators=(",", ":")).encode() + b"\n"


NO_HTTP = dict.fromkeys(log_rules.OF_HTTP + ["user_agent"])
# The specification's, 2.3; of the second one without URX, which only a proxy can know.
TCP = NO_HTTP | {
    "response_code": 0,
    "bytes_received": 844,
    "bytes_sent": 5214,
    "duration": 95,
    "upstream_host": "209.85.200.147:443",
    "upstream_cluster": "outbound|443||www.google.com",
    "upstream_local_address": "10.8.1.35:38416",
    "downstream_local_address": "209.85.200.147:443",
    "downstream_remote_address": "10.8.1.35:38412",
    "requested_server_name": "www.google.com",
}
REFUSED = TCP | {
    "response_flags": "UF",
    "upstream_transport_failure_reason": "delayed_connect_error:_Connection_refused",
    "upstream_host": "10.244.0.6:443",
    "requested_server_name": None,
}
LINE = line_of()
GOOD = [LINE, line_of(**TCP), line_of(**REFUSED), line_of(upstream_service_time="12", path="")]
BAD = [
    ("no newline", LINE[:-1]),
    ("two in one", LINE[:-1] + LINE),
    ("two, by a comma", LINE[:-1] + b"," + LINE),
    ("cut", LINE[:100] + b"\n"),
    ("empty", b"\n"),
    ("array", b"[" + LINE[:-1] + b"]\n"),
    ("number", b"1\n"),
    ("blank before it", b" " + LINE),
    ("CR after it", LINE[:-1] + b"\r\n"),
    ("a key twice", LINE.replace(b"{", b'{"authority":"a",')),
    ("a key more", LINE.replace(b"}", b',"z":1}')),
    ("a key less", LINE.replace(b'"route_name":null,', b"")),
    ("keys not sorted", LINE.replace(b'{"authority":"localhost",', b"{").replace(b"}", b',"authority":"localhost"}')),
    ("invalid UTF-8", LINE.replace(b"localhost", b"\xff")),
    ("overlong UTF-8", LINE.replace(b"localhost", b"\xc0\xaf")),
    ("surrogate in UTF-8", LINE.replace(b"localhost", b"\xed\xa0\x80")),
    ("half a surrogate pair", LINE.replace(b"localhost", b"\\ud800")),
    ("control byte", LINE.replace(b"localhost", b"\x1b")),
    ("raw NUL", LINE.replace(b"localhost", b"\0")),
    ("raw quote", LINE.replace(b"localhost", b'a"b')),
    ("escape that JSON has not", LINE.replace(b"localhost", b"\\x41")),
    ("NaN", LINE.replace(b'"duration":1', b'"duration":NaN')),
    *(
        (f"{key}: {value!r}", line_of(**{key: value}))
        for key, value in [
            ("response_flags", None),
            ("response_flags", "DC"),
            ("response_code", "200"),
            ("response_code", None),
            ("response_code", 0),
            ("response_code", 20),
            ("bytes_sent", 6.0),
            ("bytes_sent", -6),
            ("bytes_sent", True),
            ("bytes_sent", 1 << 64),
            ("duration", "1"),
            ("start_time", None),
            ("start_time", "2026-11-31T10:15:07.412Z"),
            ("upstream_service_time", 12),
            ("route_name", "-"),
            ("protocol", "HTTP/3"),
            ("protocol", None),
            ("authority", {}),
            ("upstream_host", "127.0.0.1"),
            ("upstream_cluster", "inbound|80|"),
            ("requested_server_name", ""),
            ("downstream_remote_address", None),
        ]
    ),
    ("TCP with a code", line_of(**(TCP | {"response_code": 200}))),
    ("TCP with a path", line_of(**(TCP | {"path": "/"}))),
    ("UF without a reason", line_of(**(REFUSED | {"upstream_transport_failure_reason": None}))),
    ("URX", line_of(**(REFUSED | {"response_flags": "UF,URX"}))),
]

if __name__ == "__main__":
    sys.exit(log_rules.main(parse, GOOD, BAD))
