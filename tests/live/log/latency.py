#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""latency.py PORT LOG TRIES: one request at a time to an idle server; how long after its answer the log has both its
lines. Prints "median N ms, most N ms"."""
import statistics
import sys
import time
import urllib.request


def both_lines_after(log, path):
    begin = time.monotonic()
    text = ""
    while text.count(f'"GET {path} ') < 2:
        text += log.read()
        if time.monotonic() - begin > 10:
            sys.exit(f"no lines of {path}")
        time.sleep(0.001)
    return (time.monotonic() - begin) * 1000


def main():
    port, name, tries = sys.argv[1], sys.argv[2], int(sys.argv[3])
    took = []
    with open(name, encoding="ascii") as log:
        for n in range(tries):
            path = f"/latency-{n}"
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}").read()
            took.append(both_lines_after(log, path))
    print(f"median {statistics.median(took):.0f} ms, most {max(took):.0f} ms")


main()
