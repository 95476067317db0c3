# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What meshtap must say about a case that was played over a connection.

A case says what framing makes of two streams of bytes. A connection has an end, and a reason for it, so:

1. No exchange at all: not HTTP as far as anybody can tell, one TCP line with all bytes of both directions.
2. An exchange whose request is bad: nobody knows where that request ends, the server answers and closes; it is one
   exchange with all that the client sends until the end. What of it is body is not defined, but no more than follows
   the head. The same for a bad response, which is UPE: it has no end but the connection's.
3. Bytes where a response is due that are none (not even a status line): nobody knows what they answer, so requests
   that are open are declared as inexact and have no line. Where none is open one is declared all the same: the bytes
   may belong to the response before, if its Content-Length is wrong (RFC 9112 6.3).
4. Bytes where a request is due that are none, after requests that were: one exchange more, of which nothing is known
   but its bytes.
5. A response whose head never ends has no status.
6. Flags: a complete response "-", also one that ends with the connection; otherwise DC if the client closed first, UPE
   if the head of the final response was complete, else UC.
"""
import collections
import re

from cases import Exchange

# path: a pattern. received, sent: ranges
Line = collections.namedtuple("Line", "method path protocol status flags received sent")
JUNK = Exchange("-", "-", 0, None, None, 0, 0, "open")


def escaped(text):
    """As the log writes what must not stand in a field."""
    return re.sub(r'[^!-~]|["\\]', lambda m: "\\x%02X" % ord(m[0]), text)


def path_pattern(x):
    """The log has the path of an absolute form and none for CONNECT. Targets with blanks it has whole, a case up to
    the blank."""
    if x.method in ("CONNECT", "-"):
        return "-"
    if x.target.endswith("..."):
        return re.escape(escaped(x.target[:-3])) + ".*"
    path = re.sub("^[a-z]+://[^/?]*", "", x.target)
    if not path.startswith(("/", "*")):
        path = "/" + path
    return re.escape(escaped(path)) + r"(\\x20.*)?"


def body_range(size, message):
    if size is not None:
        return range(size, size + 1)
    head, end, body = message.partition(b"\r\n\r\n")
    return range(len(body if end else head) + 1)


def is_declared(case, x):
    return "response" in case.bad and x.outcome == "open"


class Expectation:
    def __init__(self, case):
        self.case = case
        self.lines = []
        self.requests = self.request_bytes = self.response_bytes = self.declared = 0
        self.left = [case.stream(">"), case.stream("<")]
        if not case.exchanges:
            sizes = [body_range(len(stream), b"") for stream in self.left]
            self.lines.append(Line("-", "-", "-", "0", "-", *sizes))
            return
        for x in case.exchanges:
            self.add(x)
        if "request" in case.bad:
            self.add(JUNK)
        if "response" in case.bad and not self.declared:
            self.declared = 1

    def add(self, x):
        request = self.take(0, x.request_wire)
        response = self.take(1, x.response_wire)
        if is_declared(self.case, x):
            self.declared += 1
            return
        has_head = b"\r\n\r\n" in response or x.outcome != "open"
        received, sent = body_range(x.request_body, request), body_range(x.response_body, response)
        status = str(x.status if has_head else 0)
        self.lines.append(Line(x.method, path_pattern(x), "HTTP/1", status, self.flags(x, has_head), received, sent))
        self.requests += 1
        self.request_bytes += len(request)
        self.response_bytes += len(response)

    def take(self, direction, wire):
        """The next message, without empty lines before it; what is not defined goes on until the end."""
        data = self.left[direction].lstrip(b"\r\n")
        message = data if wire is None else data[:wire]
        self.left[direction] = data[len(message) :]
        return message

    def flags(self, x, has_head):
        if x.outcome == "bad":
            return "UPE" if x.response_wire is None else "-"
        if x.outcome != "open":
            return "-"
        if self.case.client_closes:
            return "DC"
        return "UPE" if x.status >= 200 and has_head else "UC"
