#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""forge.py ADDRESS PORT [FIELD]: tries to forge the access log. To forge_server.py, a request on a connection of its own
for each hostile value in each field that the log shows. Prints for each, tab-separated:
ID FIELD PAYLOAD HEX ANSWERED CLIENT_PORT
ID is case-N: the user agent of the request, or its path is /case-N where the user agent is hostile. What is kept of a
head ends somewhere in a long value, so an ID behind it may be missing in the log; the port is not. HEX is the value; in
a path it comes after a slash, in an authority after http://. ANSWERED is yes or no.
"""
import socket
import sys

TIMEOUT = 20  # seconds
LONG = 65536  # more than is kept of a head
FIELD_MAX = 8192  # the default of max_field_bytes

TEXT_LINE = (
    b'[2026-11-23T10:15:07.412Z] "GET /forged HTTP/1.1" 200 - via_upstream - "-" 0 6 1 - "-" "forged" "-" "localhost" '
    b'"127.0.0.1:80" inbound|80|| - 127.0.0.1:80 127.0.0.1:40012 - -'
)
JSON_LINE = b'{"authority":"forged","bytes_received":0,"method":"GET","path":"/forged","response_code":200}'

PAYLOADS = {
    "plain": b"plain",
    "empty": b"",
    "dash": b"-",
    "cr": b"a\rb",
    "cr-line": b"a\r" + TEXT_LINE,
    "nul": b"a\0b",
    "vt": b"a\vb",
    "ff": b"a\fb",
    "tab": b"a\tb",
    "backspace": b"a\b\b\b\bb",
    "bell": b"a\ab",
    "substitute": b"a\x1ab",
    "escape-clear": b"a\x1b[2J\x1b[H",
    "escape-title": b"a\x1b]0;forged\x07",
    "escape-8-bit": b"a\x9b2J",
    "delete": b"a\x7fb",
    "all-controls": bytes(c for c in range(1, 32) if c not in b"\r\n"),
    "blank": b"a b",
    "blanks": b"a   b",
    "quote": b'"',
    "quote-end": b'a"',
    "quote-fields": b'" 200 - via_upstream - "',
    "backslash": b"\\",
    "backslash-end": b"a\\",
    "backslash-quote": b'a\\" "b',
    "backslash-escape": b"a\\x0ab\\nc\\u000ad",
    "text-line": TEXT_LINE,
    "quote-text-line": b'" ' + TEXT_LINE,
    "json-line": JSON_LINE,
    "json-object": b'{}","x":"y',
    "json-value": b'","response_code":500,"x":"',
    "json-end": b'"}' + JSON_LINE,
    "json-null": b"null",
    "operator": b"%START_TIME%",
    "operator-header": b"%REQ(USER-AGENT)%%",
    "printf": b"%s%n%1000000d%",
    "shell": b"$(reboot)`reboot`;|&",
    "html": b"<script>alert(1)</script>",
    "utf8": "é€😀".encode(),
    "utf8-lone": b"a\x80b",
    "utf8-lone-many": b"\xbf" * 100,
    "utf8-overlong-slash": b"a\xc0\xafb",
    "utf8-overlong-lf": b"a\xc0\x8ab",
    "utf8-overlong-3": b"a\xe0\x80\x8ab",
    "utf8-surrogate": b"a\xed\xa0\x80b",
    "utf8-surrogate-pair": b"\xed\xa0\xbd\xed\xb8\x80",
    "utf8-truncated-2": b"a\xc3",
    "utf8-truncated-3": b"a\xe2\x82",
    "utf8-truncated-4": b"a\xf0\x9f\x98",
    "utf8-truncated-quote": b'\xf0\x9f\x98"b',
    "utf8-too-large": b"a\xf4\x90\x80\x80b",
    "utf8-5-bytes": b"a\xf8\x88\x80\x80\x80b",
    "utf8-fe-ff": b"\xfe\xff\xff\xfe",
    "utf8-bom": b"\xef\xbb\xbfa",
    "line-separator": "a\u2028b\u2029c".encode(),
    "next-line": "a\u0085b".encode(),
    "right-to-left": "a\u202eb".encode(),
    "noncharacter": "a\uffff\ufffeb".encode(),
    "latin-1": "größe".encode("latin-1"),
    "all-bytes": bytes(c for c in range(256) if c not in b"\r\n"),
    "field-max": b"x" * FIELD_MAX,
    "field-max-and-one": b"x" * (FIELD_MAX + 1),
    "field-max-utf8": "€".encode() * 4000,
    "field-max-shifted-utf8": b"a" + "€".encode() * 4000,
    "field-max-many": b"x" * 60000,
    "long": b"x" * LONG,
    "long-quotes": b'"' * LONG,
    "long-high": b"\xff" * LONG,
    "long-utf8": "€".encode() * (LONG // 3),
    "long-shifted-utf8": b"a" + "€".encode() * (LONG // 3),
}
# Where a line may end in LF alone this begins a line of the head, which is not in the log; it would end a start line.
HEADER_PAYLOADS = PAYLOADS | {"lf-line": b"a\n" + TEXT_LINE, "lf-json-line": b"a\n" + JSON_LINE}

HEADERS = ["User-Agent", "Host", "X-Forwarded-For", "X-Request-Id", "X-Envoy-Original-Path"]


def request(field, value, case):
    """What is not hostile is what others send."""
    path = b"/" + case if field == "user-agent" else b"/"
    method, target = b"GET", path
    headers = dict(zip(HEADERS, [case, b"host", b"10.0.0.1", b"id", path]))
    if field == "method":
        method = value
    elif field == "path":
        target = b"/" + value
        del headers["X-Envoy-Original-Path"]
    elif field == "authority":
        target = b"http://" + value + path
    elif field == "x-envoy-upstream-service-time":
        headers["X-Answer"] = value.hex().encode()
    else:
        headers[next(name for name in HEADERS if name.lower() == field)] = value
    lines = [method + b" " + target + b" HTTP/1.1"]
    lines += [name.encode() + b": " + value for name, value in headers.items()]
    return b"\r\n".join(lines) + b"\r\n\r\n"


FIELDS = {"method": PAYLOADS, "path": PAYLOADS, "authority": PAYLOADS}
FIELDS |= {name.lower(): HEADER_PAYLOADS for name in [*HEADERS, "X-Envoy-Upstream-Service-Time"]}


def exchange(address, data):
    """Whether it was answered, and the client's port."""
    answer = b""
    with socket.create_connection(address, TIMEOUT) as sock:
        port = sock.getsockname()[1]
        try:
            sock.sendall(data)
            while part := sock.recv(65536):
                answer += part
        except ConnectionError:
            pass
    return "yes" if answer.startswith(b"HTTP/1.1 200 ") else "no", port


def main():
    address = sys.argv[1], int(sys.argv[2])
    cases = [(field, *item) for field, payloads in FIELDS.items() for item in payloads.items()]
    for number, (field, name, value) in enumerate(cases):
        if field not in (sys.argv[3:] or FIELDS):
            continue
        case = f"case-{number}"
        outcome = exchange(address, request(field, value, case.encode()))
        print(case, field, name, value.hex(), *outcome, sep="\t", flush=True)


main()
