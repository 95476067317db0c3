#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""same.py TEXT JSON: whether two logs of the same traffic, in Istio's default text and JSON formats, say the same in
every field. Joined by reporter, both ends' addresses and order. Two collectors take their times by themselves: these may
differ by a millisecond or a few. Prints "records N differ M" and the first that do; exit code 1 if there are any."""
import collections
import datetime
import sys

import check_json
import check_text
import log_rules

SLACK = 20  # milliseconds, between two programs on one packet


def milliseconds(record):
    start = datetime.datetime.strptime(record["start_time"], "%Y-%m-%dT%H:%M:%S.%fZ")
    return start.timestamp() * 1000


def read(name, parse):
    """Records of each connection and reporter, in order."""
    records = collections.defaultdict(list)
    with open(name, "rb") as file:
        for line in file:
            record = parse(line.removesuffix(b"\n"))
            is_server = (record["upstream_cluster"] or "").startswith("inbound")
            records[is_server, record["upstream_host"], record["downstream_remote_address"]].append(record)
    return records


def differences(text, json):
    found = [key for key in log_rules.KEYS if key not in ("start_time", "duration") and text[key] != json[key]]
    found += ["start_time"] if abs(milliseconds(text) - milliseconds(json)) > SLACK else []
    return found + (["duration"] if abs(text["duration"] - json["duration"]) > SLACK else [])


def main():
    texts, jsons = read(sys.argv[1], check_text.parse), read(sys.argv[2], check_json.parse)
    count, reports = 0, []
    for key in sorted(texts.keys() | jsons.keys()):
        if len(texts[key]) != len(jsons[key]):
            reports.append(f"{key}: {len(texts[key])} lines of text, {len(jsons[key])} of JSON")
        for text, json in zip(texts[key], jsons[key]):
            count += 1
            different = differences(text, json)
            if different:
                reports.append(f"{key}: " + ", ".join(f"{k}: {text[k]!r} {json[k]!r}" for k in different))
    print(f"records {count} differ {len(reports)}", *reports[: log_rules.SHOWN], sep="\n")
    return 1 if reports else 0


sys.exit(main())
