#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""watch.py STOP: scrapes node_exporter ten times a second until the file STOP is there, as a Prometheus that misses nothing.

Says every counter of Istio's that decreased, and every one that was gone, for as much as one scrape; then how many scrapes and
counters there were.
"""
import os
import sys
import time
import urllib.request

ENDINGS = ("_total", "_bucket", "_sum", "_count")


def scrape():
    with urllib.request.urlopen("http://127.0.0.1:9100/metrics", timeout=10) as answer:
        text = answer.read().decode()
    for line in text.splitlines():
        series, _, value = line.rpartition(" ")
        if series.startswith("istio_") and series.partition("{")[0].endswith(ENDINGS):
            yield series, float(value)


def main():
    before, scrapes, changes = {}, 0, 0
    while not os.path.exists(sys.argv[1]):
        begin = time.monotonic()
        now = dict(scrape())
        for series, value in before.items():
            if series not in now:
                print("gone:", series)
            elif now[series] < value:
                print("decreased:", series, value, now[series])
        changes += now != before
        before = now
        scrapes += 1
        time.sleep(max(0, 0.1 - (time.monotonic() - begin)))
    print(f"{scrapes} scrapes of {len(before)} counters, {changes} differ from the one before", file=sys.stderr)


main()
