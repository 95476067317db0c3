#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""check_forging.py CASES text|json LOG PORT: whether the log has of each of forge.py's cases what was sent, and nothing
else: one line a reporter, and in the attacked field the very bytes. The log has the lines of forge_server.py's PORT only.
What is longer than FIELD_MAX is cut, with a mark; so is a head beyond KEPT_MAX, which ends the value where it ends, and
its mark counts only what is known. Prints "cases N wrong M" and the first that are; exit code 1 if there are any."""
import codecs
import collections
import re
import sys

import check_json
import check_text

FIELD_MAX, KEPT_MAX = 8192, 65536
SHOWN = 10
KEYS = {
    "host": "authority",
    "x-envoy-original-path": "path",
    "x-envoy-upstream-service-time": "upstream_service_time",
    "x-forwarded-for": "x_forwarded_for",
    "x-request-id": "request_id",
    "user-agent": "user_agent",
}


def each_byte(error):
    return "\ufffd", error.start + 1


codecs.register_error("each_byte", each_byte)


def split_target(target):
    """Authority and path of RFC 9112 3.2's absolute form, or None and the path."""
    found = re.match(rb"([A-Za-z0-9+.-]*)://([^/?]*)(.*)", target, re.DOTALL)
    return (found[2], found[3] or b"/") if found else (None, target)


def start_line(field, value, case):
    """Method, authority and path of the line that forge.py sends, if blanks end words as servers have it."""
    target = {"method": b"/", "path": b"/" + value, "authority": b"http://" + value + b"/"}[field]
    line = (value if field == "method" else b"GET") + b" " + target
    method, _, rest = line.partition(b" ")
    authority, path = split_target(rest.strip(b" \t"))
    return {"method": method, "authority": authority, "path": path}


def sent(field, value, case):
    """The field's name in the log, and its value; None: missing."""
    if field in KEYS:
        return KEYS[field], value.split(b"\n")[0].strip(b" \t")
    return field, start_line(field, value, case)[field]


def cut(value):
    """What a line has of it, and how many bytes are not."""
    if len(value) <= FIELD_MAX:
        return value, 0
    for end in range(FIELD_MAX, FIELD_MAX - 4, -1):
        try:
            value[:end].decode()
            return value[:end], len(value) - end
        except UnicodeDecodeError as error:
            if error.reason != "unexpected end of data":
                break
    return value[:FIELD_MAX], len(value) - FIELD_MAX


def expected(value, as_json):
    kept, lost = cut(value)
    if as_json:
        text = kept.decode("utf-8", "each_byte")
    else:
        text = kept.decode("utf-8", "surrogateescape")
    return text, lost


def has_value(found, value, as_json):
    """Whether the log's value is this one."""
    if not as_json and (value == b"-" or not value):
        return found in (None, "", "-")
    if found is None:
        return False
    text, lost = expected(value, as_json)
    if not lost:
        return found == text
    shown, mark, number = re.fullmatch(r"(.*?)(?:(\.\.\.\[\+)([0-9]+)\])?", found, re.DOTALL).groups()
    exact = len(value) + 1024 < KEPT_MAX
    return shown == text and bool(mark) and (int(number) == lost if exact else lost - 1024 <= int(number) <= lost)


def is_http(record):
    return record["protocol"] is not None


def shorten(value):
    text = repr(value)
    return text if len(text) < 100 else f"{text[:60]}…{text[-30:]} ({len(value)})"


def wrong(case, records, as_json):
    name, field, payload, value, _, _ = case
    value = bytes.fromhex(value)
    if sorted(str(record["upstream_cluster"])[:7] for record in records) != ["Passthr", "inbound"]:
        return f"{len(records)} lines"
    key, value = sent(field, value, name.encode())
    for record in records:
        others = re.findall(r"case-[0-9]+", repr(record))
        if any(other != name for other in others):
            return f"of another case: {others}"
        if is_http(record) and value is not None and not has_value(record[key], value, as_json):
            return f"{key} is {shorten(record[key])}, sent was {shorten(value)}"
        if not is_http(record) and field not in ("method", "path", "authority"):
            return "not HTTP"
    return None


def main():
    as_json = sys.argv[2] == "json"
    parse = check_json.parse if as_json else check_text.parse
    with open(sys.argv[1], encoding="ascii") as file:
        cases = [line.rstrip("\n").split("\t") for line in file]
    by_port = collections.defaultdict(list)
    with open(sys.argv[3], "rb") as file:
        for line in file:
            record = parse(line[:-1])
            by_port[record["downstream_remote_address"].rpartition(":")[2]].append(record)
    reports, http = [], 0
    for case in cases:
        records = by_port.pop(case[5], [])
        http += any(map(is_http, records))
        reason = wrong(case, records, as_json)
        if reason:
            reports.append(f"{case[0]} {case[1]} {case[2]}: {reason}")
    reports += [f"port {port}: {len(records)} lines of no case" for port, records in by_port.items()]
    print(f"cases {len(cases)} wrong {len(reports)}", *reports[:SHOWN], f"HTTP {http}", sep="\n")
    return 1 if reports else 0


sys.exit(main())
