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


def read_metrics():
    with urllib.request.urlopen("http://127.0.0.1:9100/metrics", timeout=10) as answer:
        text = answer.read().decode()
    lines = (line.rpartition(" ") for line in text.splitlines())
    return {series: float(value) for series, _, value in lines if series and series[0] != "#"}


def files(metrics):
    return {series for series in metrics if series.startswith("node_textfile_mtime_seconds")}


def scrape(before):
    """The machine's disk is a tmpfs: who lists a directory there (Linux 6.6 and later) may miss a file that is renamed meanwhile."""
    now = read_metrics()
    return now if files(now) >= files(before) else read_metrics()


def is_counter(series):
    return series.startswith("istio_") and series.partition("{")[0].endswith(ENDINGS)


def main():
    before, counters, scrapes, changes = {}, {}, 0, 0
    while not os.path.exists(sys.argv[1]):
        begin = time.monotonic()
        now = scrape(before)
        for series, value in counters.items():
            if series not in now:
                print("gone:", series)
            elif now[series] < value:
                print("decreased:", series, value, now[series])
        before = now
        last, counters = counters, {series: value for series, value in now.items() if is_counter(series)}
        changes += counters != last
        scrapes += 1
        time.sleep(max(0, 0.1 - (time.monotonic() - begin)))
    print(f"{scrapes} scrapes of {len(counters)} counters, {changes} differ from the one before", file=sys.stderr)


main()
