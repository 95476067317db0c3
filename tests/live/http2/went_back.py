#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""went_back.py OLD NEW: of two .prom files, prints the series of counters and histograms that are lower in NEW, or gone; but
for what access-log counts in its process, and begins anew with it."""
import re
import sys


def counters(name):
    types, values = {}, {}
    with open(name) as lines:
        for line in lines:
            if line.startswith("# TYPE"):
                types[line.split()[2]] = line.split()[3]
                continue
            if line.startswith("#"):
                continue
            series, value = line.rsplit(" ", 1)
            metric = re.sub("{.*", "", series)
            family = re.sub("_(sum|count|bucket)$", "", metric)
            if types.get(metric) == "counter" or types.get(family) == "histogram":
                values[series] = float(value)
    return values


OF_THE_PROCESS = re.compile("meshtap_access_log_(lines|damaged_heads|cut_fields)_total")
old, new = counters(sys.argv[1]), counters(sys.argv[2])
for series, value in old.items():
    if new.get(series, -1) < value and not OF_THE_PROCESS.match(series):
        print(f"{series}: {value:.0f}, then {new.get(series)}")
