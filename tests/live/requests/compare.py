#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Joins the access log with what client and server know, by request id, for each reporter.

compare.py TRUTH SERVER_LOG ACCESS_LOG PORT: prints what is wrong, then "wrong W missing M" over both reporters.
The server's log is "ID METHOD PATH STATUS" a line, or "-" if it has none.
"""
import datetime
import os
import re
import sys

LINE = re.compile(
    r'\[(?P<start>[0-9T:.-]+)Z\] "(?P<method>\S+) (?P<path>\S+) HTTP/1\.1" (?P<status>\d+) (?P<flags>\S+) (?P<details>\S+) - '
    r'"-" (?P<received>\d+) (?P<sent>\d+) (?P<duration>\d+) - "(?P<forwarded>[^"]*)" "(?P<agent>[^"]*)" "(?P<id>[^"]*)" '
    r'"server" "(?P<host>[^"]*)" (?P<cluster>\S+) (?P<local>\S+) (?P<destination>\S+) (?P<peer>\S+) - -'
)
FIELDS = "id method path status received sent request_wire response_wire client port start end pause".split()
COMPARED = "id", "method", "path", "status", "received", "sent"
CLOCK = 2  # milliseconds: the log's clock is set once, and truncates


def read_truth(client, server):
    with open(client) as lines:
        truth = {fields[0]: dict(zip(FIELDS, fields)) for fields in (line.rstrip("\n").split("\t") for line in lines)}
    if server == "-":
        return truth
    with open(server) as lines:
        logged = {fields[0]: fields[:4] for fields in map(str.split, lines)}
    told = {key: [request[name] for name in COMPARED[:4]] for key, request in truth.items()}
    for key in truth.keys() | logged.keys():
        if told.get(key) != logged.get(key):
            sys.exit(f"client and server disagree about {key}: {told.get(key)} {logged.get(key)}")
    return truth


def is_in_time(line, request, reporter, port):
    """Between the client's sending and its having the answer; not shorter than a pause that the client made, if it is
    its own line. MESHTAP_TEST_PAUSES=0: on a bad link TCP may hold back what came before the pause."""
    start = datetime.datetime.fromisoformat(line["start"] + "+00:00").timestamp() * 1000
    duration = int(line["duration"])
    if start < float(request["start"]) - CLOCK or start + duration > float(request["end"]) + CLOCK:
        return False
    if os.environ.get("MESHTAP_TEST_PAUSES") == "0":
        return True
    return reporter == "destination" or port != request["port"] or duration > float(request["pause"]) - CLOCK


def is_right(line, request, reporter, port):
    """Behind a proxy, on another port, the client is the proxy."""
    if not request or any(line[name] != request[name] for name in COMPARED):
        return False
    number = int(line["id"].split("-")[1])
    return (
        (line["flags"], line["details"]) == ("-", "via_upstream")
        and line["agent"] == f"agent of {line['id']}"
        and line["forwarded"] == f"10.0.0.{number % 256}, 10.1.1.1"
        and line["peer"] == (request["client"] if port == request["port"] else line["peer"])
        and line["local"] == (line["peer"] if reporter == "source" else "-")
        and line["host"] == line["destination"]
        and is_in_time(line, request, reporter, port)
    )


def compare(truth, log, port):
    """Wrong lines are printed; returns how many, and how many are missing."""
    seen = {"source": set(), "destination": set()}
    wrong = 0
    with open(log) as lines:
        for text in lines:
            if f':{port}" ' not in text:
                continue
            line = LINE.fullmatch(text.rstrip("\n"))
            reporter = "source" if line and line["cluster"] == "PassthroughCluster" else "destination"
            request = truth.get(line["id"]) if line else None
            if line and line["id"] not in seen[reporter] and is_right(line, request, reporter, port):
                seen[reporter].add(line["id"])
            else:
                wrong += 1
                print(f"wrong: {text.rstrip()[:300]} expected: {request}")
    missing = {reporter: [key for key in truth if key not in ids] for reporter, ids in seen.items()}
    for reporter, keys in missing.items():
        for key in keys[:3]:
            print(f"missing, {reporter}: {truth[key]}")
    return wrong, sum(map(len, missing.values()))


def main():
    client, server, log, port = sys.argv[1:]
    print("wrong %d missing %d" % compare(read_truth(client, server), log, port))


main()
