#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""compare.py PLAYED LOG PORT: compares the access log's lines of each play's connection with its case, both reporters'.
Prints what is wrong, then the totals that the counters of each reporter must have:
plays P wrong W requests N request_bytes N response_bytes N declared N"""
import collections
import re
import sys

from cases import Case
from expect import Expectation, Line

LINE = re.compile(
    r'\[[^]]*\] "(?P<method>\S+) (?P<path>\S+) (?P<protocol>HTTP/1|-)(?:\.\d)?" (?P<status>\d+) (?P<flags>\S+) \S+ '
    r'- "-" (?P<received>\d+) (?P<sent>\d+) \d+ .* "127\.0\.0\.1:(?P<port>\d+)" (?P<cluster>\S+) \S+ \S+ '
    r"127\.0\.0\.1:(?P<client>\d+) - -"
)
TOTALS = ("requests", "request_bytes", "response_bytes", "declared")
SHOWN = 2  # of each case


def read_log(path, port):
    """The lines of each reporter and client port, in order."""
    logged = collections.defaultdict(list)
    with open(path, encoding="ascii") as lines:
        for text in lines:
            match = LINE.fullmatch(text.rstrip("\n"))
            if not match or match["port"] != port:
                continue
            line = Line(*match.group(*Line._fields[:5]), int(match["received"]), int(match["sent"]))
            logged[match["cluster"], match["client"]].append(line)
    return logged


def is_line(should, line):
    same = should._replace(path=line.path, received=line.received, sent=line.sent) == line
    sizes = line.received in should.received and line.sent in should.sent
    return same and sizes and re.fullmatch(should.path, line.path)


def are_lines(should, lines):
    return len(should) == len(lines) and all(map(is_line, should, lines))


def shown(line):
    sizes = [f"{size[0]}-{size[-1]}" if isinstance(size, range) else size for size in (line.received, line.sent)]
    return " ".join(map(str, [*line[:5], *sizes]))


def compare(played, logged, clusters):
    """Returns what the counters must have risen by, and how many plays are wrong."""
    total, wrong = collections.Counter(), collections.Counter()
    expectations = {}
    for client, name, cuts in played:
        expected = expectations.setdefault(name, Expectation(Case(name)))
        total.update({key: getattr(expected, key) for key in TOTALS})
        for reporter, cluster in clusters.items():
            lines = logged.pop((cluster, client), [])
            if are_lines(expected.lines, lines):
                continue
            wrong[name] += 1
            if wrong[name] <= SHOWN:
                print(f"{name}, {reporter}, cut {cuts}:")
                for kind, some in (("expected", expected.lines), ("logged", lines)):
                    print("".join(f"  {kind}: {shown(line)}\n" for line in some), end="")
    for (cluster, client), lines in logged.items():
        wrong[""] += 1
        print(f"no play's: {cluster}, client port {client}: {shown(lines[0])}")
    return total, sum(wrong.values())


def main():
    with open(sys.argv[1], encoding="ascii") as lines:
        played = [line.split() for line in lines]
    log, port = sys.argv[2:]
    clusters = {"source": "PassthroughCluster", "destination": f"inbound|{port}||"}
    total, wrong = compare(played, read_log(log, port), clusters)
    print(f"plays {len(played)} wrong {wrong}", *(f"{name} {total[name]}" for name in TOTALS))


main()
