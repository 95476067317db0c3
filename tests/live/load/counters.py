#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""counters.py BEFORE.prom AFTER.prom NGINX_LOG CLIENT_LOG SERVER: what meshtap-http-requests counted for the workload
SERVER, every series, equals what nginx and the client say. Exit code 0 when it is so."""

import re
import sys
from collections import Counter

import truth

REPORTERS = ("source", "destination")
SAMPLE = re.compile(r'(istio_request\w*|istio_response\w*)\{(.*)\} (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def read_prom(path, server):
    """(name, reporter, code, le) -> value. The peers' labels are summed over."""
    values = Counter()
    with open(path, encoding="utf-8") as file:
        for line in file:
            match = SAMPLE.match(line)
            labels = dict(LABEL.findall(match[2])) if match else {}
            if labels.get("destination_workload") == server:
                values[match[1], labels["reporter"], labels["response_code"], labels.get("le")] += float(match[3])
    return values


def add_size(values, name, code, size, bounds):
    values[f"{name}_sum", code, None] += size
    values[f"{name}_count", code, None] += 1
    for text, bound in bounds:
        if size <= bound:
            values[f"{name}_bucket", code, text] += 1


def expected(nginx_path, client_path, bounds, differences):
    """(name, code, le) -> value, for either reporter; of durations only their number."""
    values = Counter()
    for e in truth.read(nginx_path, client_path, differences):
        code = e.status.decode()
        values["istio_requests_total", code, None] += 1
        values["istio_request_duration_milliseconds_count", code, None] += 1
        add_size(values, "istio_request_bytes", code, e.request_wire, bounds)
        add_size(values, "istio_response_bytes", code, e.response_wire, bounds)
    return values


def main():
    before_path, after_path, nginx_path, client_path, server = sys.argv[1:]
    differences = truth.Differences()
    before, after = read_prom(before_path, server), read_prom(after_path, server)
    bounds = [(le, float(le)) for le in {key[3] for key in after} if le]
    values = expected(nginx_path, client_path, bounds, differences)
    rise = {key: after[key] - before[key] for key in after
            if "duration_milliseconds_bucket" not in key[0] and "duration_milliseconds_sum" not in key[0]}
    for reporter in REPORTERS:
        for (name, code, le), value in values.items():
            found = rise.pop((name, reporter, code, le), 0)
            if found != value:
                differences.add("different", name, reporter, code, le or "", f"{found:.0f} instead of {value}")
    for key, found in rise.items():
        if found:
            differences.add("nobody's", *(str(k) for k in key), f"{found:.0f}")
    print(f"{2 * len(values)} series, {differences.total()} differences", differences.counts or "")
    return 1 if differences.total() or not values or len(bounds) < 2 else 0


if __name__ == "__main__":
    sys.exit(main())
