#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Joins the access log with what client and server know, by request id, for each reporter.

compare.py TRUTH SERVER_LOG ACCESS_LOG PORT: prints what is wrong, then "wrong W missing M" over both reporters.
The server's log is "ID METHOD PATH STATUS" a line, or "-" if it has none.
"""
import re
import sys

LINE = re.compile(
    r'\[[0-9T:.Z-]+\] "(?P<method>\S+) (?P<path>\S+) HTTP/1\.1" (?P<status>\d+) (?P<flags>\S+) (?P<details>\S+) - "-" '
    r'(?P<received>\d+) (?P<sent>\d+) \d+ - "-" "-" "(?P<id>[^"]*)" "server" "(?P<host>[^"]*)" (?P<cluster>\S+) .*'
)


def read_truth(client, server):
    truth = {}
    with open(client) as lines:
        for line in lines:
            key, *fields = line.rstrip("\n").split("\t")
            truth[key] = tuple(fields[:5])
    if server == "-":
        return truth
    with open(server) as lines:
        logged = {fields[0]: tuple(fields[1:4]) for fields in map(str.split, lines)}
    for key in truth.keys() | logged.keys():
        if truth.get(key, (None,) * 3)[:3] != logged.get(key):
            sys.exit(f"client and server disagree about {key}: {truth.get(key)} {logged.get(key)}")
    return truth


def compare(truth, log, port):
    """Wrong lines are printed; returns how many, and how many are missing."""
    seen = {"source": set(), "destination": set()}
    wrong = 0
    with open(log) as lines:
        for line in lines:
            if f':{port}" ' not in line:
                continue
            match = LINE.fullmatch(line.rstrip("\n"))
            if match:
                reporter = "source" if match["cluster"] == "PassthroughCluster" else "destination"
                fields = match.group("method", "path", "status", "received", "sent")
                good = truth.get(match["id"]) == fields and match["flags"] == "-" and match["details"] == "via_upstream"
            if not match or not good or match["id"] in seen[reporter]:
                wrong += 1
                expected = truth.get(match["id"]) if match else None
                print(f"wrong: {line.rstrip()[:300]} expected: {expected}")
            else:
                seen[reporter].add(match["id"])
    missing = {reporter: [key for key in truth if key not in ids] for reporter, ids in seen.items()}
    for reporter, keys in missing.items():
        for key in keys[:3]:
            print(f"missing, {reporter}: {key} {truth[key]}")
    return wrong, sum(map(len, missing.values()))


def main():
    client, server, log, port = sys.argv[1:]
    print("wrong %d missing %d" % compare(read_truth(client, server), log, port))


main()
