# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What a line of the access log may say (telemetry specification 2.2 to 2.4), whatever it is written in. A record has
a value for each of Istio's JSON keys; None: missing."""
import datetime
import ipaddress
import re
import sys

KEYS = (
    "authority bytes_received bytes_sent connection_termination_details downstream_local_address "
    "downstream_remote_address duration method path protocol request_id requested_server_name response_code "
    "response_code_details response_flags route_name start_time upstream_cluster upstream_host upstream_local_address "
    "upstream_service_time upstream_transport_failure_reason user_agent x_forwarded_for"
).split()
NUMBERS = ["bytes_received", "bytes_sent", "duration", "response_code"]
OF_HTTP = ["method", "path", "protocol", "x_forwarded_for", "user_agent", "request_id", "authority"]
OF_HTTP += ["upstream_service_time", "response_code_details"]
SHOWN = 10  # bad lines

BEFORE, AFTER = (f"upstream_reset_{when}_response_started" for when in ("before", "after"))
CONNECT_ERROR = r"delayed_connect_error:_\S+|connection_timeout"
DETAILS = {
    "-": "via_upstream",
    "DC": "downstream_remote_disconnect",
    "DR": r"http2\.remote_(reset|refuse)",
    "UC": rf"({BEFORE}|{AFTER}){{connection_termination}}",
    "UPE": rf"{AFTER}{{protocol_error}}",
    "UR": rf"({BEFORE}|{AFTER}){{remote_reset}}",
}
ADDRESSES = ["downstream_local_address", "downstream_remote_address", "upstream_host", "upstream_local_address"]
CLUSTER = r"PassthroughCluster|(in|out)bound\|[0-9]{1,5}\|[^|\s]*\|[^|\s]*"


def is_time(text):
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text, re.ASCII):
        return False
    try:
        datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:
        return False
    return True


def is_address(text):
    found = re.fullmatch(r"(\[([0-9a-f:.]+)\]|([0-9.]+)):(0|[1-9][0-9]{0,4})", text)
    if not found or int(found[4]) > 65535:
        return False
    try:
        ipaddress.IPv6Address(found[2]) if found[2] else ipaddress.IPv4Address(found[3])
    except ValueError:
        return False
    return True


def has(value, pattern):
    return value is not None and re.fullmatch(pattern, value) is not None


def http_problems(r):
    flag = r["response_flags"]
    if not has(r["protocol"], r"HTTP/(1\.[01]|2)"):
        yield "protocol"
    if r["response_code"] and not 100 <= r["response_code"] <= 999:
        yield "response_code"
    if flag not in DETAILS or not has(r["response_code_details"], DETAILS[flag]):
        yield "response_flags, response_code_details"
    if r["upstream_transport_failure_reason"] is not None:
        yield "upstream_transport_failure_reason"
    if flag in ("-", "UPE") and not r["response_code"]:
        yield "response_code 0"


def tcp_problems(r):
    yield from (key for key in OF_HTTP if r[key] is not None)
    if r["response_code"]:
        yield "response_code"
    reason = r["upstream_transport_failure_reason"]
    if r["response_flags"] == "UF" and not has(reason, CONNECT_ERROR):
        yield "UF without a reason"
    if r["response_flags"] != "UF" and (r["response_flags"] != "-" or reason is not None):
        yield "response_flags"


def type_problems(r):
    for key in KEYS:
        value = r[key]
        if key in NUMBERS:
            if type(value) is not int or not 0 <= value < 1 << 64:
                yield key
        elif value is not None and not isinstance(value, str):
            yield key


def end_problems(r):
    """Of what tells the ends of a connection."""
    for key in ADDRESSES:
        may_miss = key == "upstream_local_address" and has(r["upstream_cluster"], r"inbound\|.*")
        if not (may_miss if r[key] is None else is_address(r[key])):
            yield key
    if r["upstream_cluster"] is not None and not has(r["upstream_cluster"], CLUSTER):
        yield "upstream_cluster"
    name = r["requested_server_name"]
    if name is not None and (not name or len(name.encode()) > 4 * 255 or re.search("[A-Z]", name)):
        yield "requested_server_name"


def problems(r):
    """The names of what is wrong in a record."""
    found = list(type_problems(r))
    if found:
        return found
    if r["start_time"] is None or not is_time(r["start_time"]):
        found.append("start_time")
    found += [key for key in ("connection_termination_details", "route_name") if r[key] is not None]
    found += end_problems(r)
    return found + list(tcp_problems(r) if r["protocol"] is None else http_problems(r))


def check_log(name, parse):
    """Prints "lines N bad M" and the first bad ones; parse makes a record of a line, or raises ValueError. Returns an
    exit code."""
    lines = bad = 0
    reports = []
    with open(name, "rb") as file:
        for line in file:
            lines += 1
            reason = why_bad(line, parse)
            if reason:
                bad += 1
                reports.append(f"line {lines}: {reason}: {line[:1000]!r}") if bad <= SHOWN else None
    print(f"lines {lines} bad {bad}", *reports, sep="\n")
    return 1 if bad else 0


def why_bad(line, parse):
    """None if a line with its newline is good."""
    if not line.endswith(b"\n"):
        return "not ended"
    try:
        return ", ".join(problems(parse(line[:-1]))) or None
    except ValueError as error:
        return str(error)


def self_test(parse, good, bad):
    """good: lines; bad: pairs of a name and a line. Prints TAP's lines."""
    cases = [(f"good line {number}", line, False) for number, line in enumerate(good, 1)]
    cases += [(f"bad line: {name}", line, True) for name, line in bad]
    failed = 0
    for name, line, is_bad in cases:
        reason = why_bad(line, parse)
        failed += is_bad != bool(reason)
        print("not ok" if is_bad != bool(reason) else "ok", f"{name} ({reason})" if reason else name)
    return 1 if failed else 0


def main(parse, good, bad):
    if sys.argv[1:] == ["--self-test"]:
        return self_test(parse, good, bad)
    return check_log(sys.argv[1], parse)
