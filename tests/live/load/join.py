#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""join.py ACCESS_LOG NGINX_LOG CLIENT_LOG PORT: one line of meshtap's access log for each request and reporter, and
each field of it what nginx and the client say. Exit code 0 when it is so."""

import sys

import truth

REPORTERS = ("source", "destination")
DAY_MS = 86400000


def expected(e):
    """The line but for its times; quotes separate, as they cannot occur in a field."""
    return b'%s"%s - via_upstream - "-" %d %d"%s"%s"%s' % (e.request, e.status, e.request_body, e.response_body,
                                                          e.shown, e.server, e.client)


def actual(fields, reporter, port):
    """The same of the log's line, which was split at its quotes."""
    codes = fields[2].strip()
    received, sent, _, service_time = fields[4].split()
    ends = fields[14].split()
    if reporter == 0:  # PassthroughCluster client server client
        ok = ends[1] == ends[3] and ends[2] == fields[13]
    else:  # inbound|PORT|| - server client
        ok = ends[0] == b"inbound|%d||" % port and ends[1] == b"-" and ends[2] == fields[13]
    ok = ok and ends[4:] == [b"-", b"-"] and service_time == b"-"
    return b'%s"%s "%s" %s %s"%s"%s"%s"%s"%s%s' % (fields[1], codes, fields[3], received, sent, fields[5], fields[7],
                                                  fields[11], fields[13], ends[3], b"" if ok else b" odd ends")


def time_of_day_ms(start):
    """[2026-11-23T10:15:07.412Z]"""
    return (int(start[12:14]) * 60 + int(start[15:17])) * 60000 + int(start[18:20]) * 1000 + int(start[21:24])


def times_fit(fields, start_ms, end_ms):
    """It began and lasted within what the client saw, whose clock is read in whole milliseconds."""
    since = (time_of_day_ms(fields[0]) - start_ms + 1) % DAY_MS
    return since <= end_ms - start_ms + 2 and int(fields[4].split()[2]) <= end_ms - start_ms + 1


def reporter_of(fields, port):
    """0 source, 1 destination, None: a line of another server."""
    if len(fields) != 15 or not fields[13].endswith(b":%d" % port):
        return None
    return 0 if fields[14].startswith(b" PassthroughCluster ") else 1


def join(access_path, exchanges, port, differences):
    """Every line of the server's port must be of the load. Returns how many they are."""
    seen = {id_: bytearray(2) for id_ in exchanges}
    lines = 0
    with open(access_path, "rb") as log:
        for line in log:
            fields = line.split(b'"')
            reporter = reporter_of(fields, port)
            if reporter is None:
                continue
            lines += 1
            name = REPORTERS[reporter]
            id_ = int(fields[9]) if fields[9].isdigit() else 0
            if id_ not in exchanges:
                differences.add(f"{name}: unknown", line)
                continue
            known, start_ms, end_ms = exchanges[id_]
            seen[id_][reporter] += 1
            if seen[id_][reporter] > 1:
                differences.add(f"{name}: duplicate", line)
            elif actual(fields, reporter, port) != known:
                differences.add(f"{name}: different", line, "instead of", known)
            elif not times_fit(fields, start_ms, end_ms):
                differences.add(f"{name}: time", line, "instead of", start_ms, "to", end_ms)
    for reporter, name in enumerate(REPORTERS):
        for id_, n in seen.items():
            if not n[reporter]:
                differences.add(f"{name}: missing", id_, exchanges[id_][0])
    return lines


def main():
    access_path, nginx_path, client_path, port = sys.argv[1:]
    differences = truth.Differences()
    exchanges = {e.id: (expected(e), e.start_ms, e.end_ms)
                 for e in truth.read(nginx_path, client_path, differences)}
    lines = join(access_path, exchanges, int(port), differences)
    print(f"{len(exchanges)} requests, {lines} lines, {differences.total()} differences", differences.counts or "")
    return 1 if differences.total() or not exchanges else 0


if __name__ == "__main__":
    sys.exit(main())
