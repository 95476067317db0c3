# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What really happened: the logs of nginx (format "load" of nginx.conf.in) and of mixed_load, joined by id."""

from collections import namedtuple

# One request. response_wire and status are nginx's, the rest of the numbers are the client's.
Exchange = namedtuple("Exchange", "id request status server client shown request_wire request_body "
                                  "response_wire response_body start_ms end_ms")

SHOWN = 10  # differences that are printed of a kind
LONGEST = 600  # characters of what is printed


class Differences:
    """Counts of findings by kind; the first ones of each are printed."""

    def __init__(self):
        self.counts = {}

    def add(self, kind, *what):
        n = self.counts[kind] = self.counts.get(kind, 0) + 1
        if n <= SHOWN:
            print(f"{kind}:", *(w.decode(errors="replace").strip()[:LONGEST] if isinstance(w, bytes) else w
                                for w in what))

    def total(self):
        return sum(self.counts.values())


def read_client(path):
    """id -> the client's line without its id"""
    lines = {}
    with open(path, "rb") as log:
        for line in log:
            id_, rest = line.split(b" ", 1)
            lines[int(id_)] = rest
    return lines


def _compare(id_, nginx, client, differences):
    """What both know of a request must be the same, else neither is a truth."""
    _, sent, body_sent, received, status, _, _ = nginx[0].split()
    method, target, protocol, its_status, wire, body, request_wire, _, notes, _, _ = client.split()
    same = nginx[1] == b"%s %s %s" % (method, target, protocol) and status == its_status and sent == wire
    # nginx counts chunk framing and 100 Continue as body, and not a request body that it throws away
    if b"c" not in notes and b"i" not in notes:
        same = same and body_sent == body
    if b"d" not in notes:
        same = same and received == request_wire
    if not same:
        differences.add("nginx and client differ", id_, b'"'.join(nginx).strip(), "|", client.strip())


def _address(text):
    """nginx writes IPv6 addresses without brackets."""
    host, port = text.rsplit(b":", 1)
    return b"[%s]:%s" % (host, port) if b":" in host else text


def read(nginx_path, client_path, differences):
    """Yields an Exchange for each request that nginx and the client know."""
    lines = read_client(client_path)
    with open(nginx_path, "rb") as log:
        for line in log:
            nginx = line.split(b'"')
            numbers = nginx[0].split()
            if not numbers[0].isdigit():
                continue  # not of the load
            id_ = int(numbers[0])
            client = lines.pop(id_, None)
            if client is None:
                differences.add("in nginx's log only, or twice", line)
                continue
            _compare(id_, nginx, client, differences)
            c = client.split()
            shown = b'"'.join((nginx[3], nginx[5], nginx[7] or b"-"))
            yield Exchange(id_, nginx[1], numbers[4], _address(numbers[5]), _address(numbers[6]), shown, int(c[6]),
                           int(c[7]), int(numbers[1]), int(c[5]), int(c[9]), int(c[10]))
    for id_ in lines:
        differences.add("missing in nginx's log", id_)
