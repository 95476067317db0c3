# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Lines of the access log in Istio's default formats: random records, what a line of them looks like, and what is in it.
None: missing. The rules are those of the telemetry specification, 2.1 to 2.4."""
import datetime
import json
import random
import re

TEXT = (
    "[{start_time}] \"{method} {path} {protocol}\" {response_code} {response_flags} {response_code_details} "
    "{connection_termination_details} \"{upstream_transport_failure_reason}\" {bytes_received} {bytes_sent} {duration} "
    "{upstream_service_time} \"{x_forwarded_for}\" \"{user_agent}\" \"{request_id}\" \"{authority}\" \"{upstream_host}\" "
    "{upstream_cluster} {upstream_local_address} {downstream_local_address} {downstream_remote_address} "
    "{requested_server_name} {route_name}"
)
KEYS = re.findall(r"{(\w+)}", TEXT)
NUMBERS = {"response_code", "bytes_received", "bytes_sent", "duration"}
QUOTED = set(re.findall(r"\"[^\"]*?{(\w+)}\"", TEXT)) | {"method", "path"}
PATTERN = re.compile(
    r'\[(\S+)\] "(\S+) (.*) (\S+)" (\S+) (\S+) (\S+) (\S+) "([^"]*)" (\S+) (\S+) (\S+) (\S+) "([^"]*)" "([^"]*)" "([^"]*)" '
    r'"([^"]*)" "([^"]*)" (\S+) (\S+) (\S+) (\S+) (\S+) (\S+)'
)
AGENTS = ["curl/8.5.0", 'a "quoted" \\ one', "tab\tand\x7f", "caf\u00e9 \u2603 \U0001f600", "", "-x-", "x" * 300, None]
TCP = ["method", "path", "protocol", "response_code_details", "x_forwarded_for", "user_agent", "request_id", "authority"]


def escape(text, is_quoted):
    plain = " " if is_quoted else ""
    return "".join(
        chr(b) if 0x21 <= b <= 0x7E and b not in b'"\\' or chr(b) in plain else f"\\x{b:02X}" for b in text.encode()
    )


def record(number, now):
    """The number is in it, so that no two lines are alike."""
    r = random.Random(number)
    time = datetime.datetime.fromtimestamp(now, datetime.timezone.utc)
    one = dict.fromkeys(KEYS)
    one |= {
        "start_time": f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}Z",
        "method": r.choice(["GET", "POST", "DELETE", "PROPFIND"]),
        "path": f"/n/{number}" + r.choice(["", "?q=1&r=a b", "/\u00fc", '/"']),
        "protocol": r.choice(["HTTP/1.1", "HTTP/1.0", "HTTP/2"]),
        "response_code": r.choice([200, 204, 404, 503, 0]),
        "response_flags": r.choice(["-", "-", "DC", "UC,URX", "UAEX"]),
        "response_code_details": "via_upstream",
        "bytes_received": r.randrange(1 << 40) if number % 7 == 0 else 0,
        "bytes_sent": r.randrange(100000),
        "duration": r.randrange(20000),
        "upstream_service_time": r.choice([None, "12"]),
        "x_forwarded_for": r.choice([None, "10.0.0.1, 10.0.0.2"]),
        "user_agent": r.choice(AGENTS),
        "request_id": f"id-{number}",
        "authority": "shop.example:8080",
        "upstream_host": r.choice(["10.1.2.3:8080", "[2001:db8::1]:443"]),
        "upstream_cluster": "outbound|8080||shop.example",
        "upstream_local_address": "10.1.2.4:41234",
        "downstream_local_address": "10.1.2.3:8080",
        "downstream_remote_address": f"10.9.8.7:{1024 + number % 60000}",
        "requested_server_name": r.choice([None, "shop.example"]),
        "route_name": "default",
    }
    if number % 11 == 0:  # a connection
        one |= dict.fromkeys(TCP) | {"response_code": 0, "upstream_service_time": None, "bytes_sent": number}
        one["upstream_transport_failure_reason"] = r.choice([None, "connect: refused"])
        one["connection_termination_details"] = r.choice([None, "done"])
    return one


def text_of(one):
    def value(key):
        if one[key] is None:
            return "-"
        return str(one[key]) if key in NUMBERS else escape(one[key], key in QUOTED)

    return TEXT.format(**{key: value(key) for key in KEYS})


def json_of(one):
    return json.dumps(dict(sorted(one.items())), separators=(",", ":"), ensure_ascii=False)


def unescape(text):
    if "\\" not in text:
        return text
    raw = re.sub(rb"\\x([0-9A-F]{2})", lambda m: bytes([int(m[1], 16)]), text.encode())
    return raw.decode(errors="replace")


def fields_of(line):
    """What is in a line, without what is missing; None: it is of no default format."""
    if line.startswith("{"):
        try:
            return {key: value for key, value in json.loads(line).items() if value is not None}
        except ValueError:
            return None
    found = PATTERN.fullmatch(line)
    if not found:
        return None
    texts = {key: text for key, text in zip(KEYS, found.groups()) if text != "-" or key == "response_flags"}
    return {key: int(text) if key in NUMBERS else unescape(text) for key, text in texts.items()}


def time_of(fields):
    """Nanoseconds since the epoch."""
    time = datetime.datetime.fromisoformat(fields["start_time"].replace("Z", "+00:00"))
    return round(time.timestamp() * 1000) * 1000000
