#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Joins the log's lines with the calls that were made, by their paths: what is not known may be "-", the rest must be so.

join.py TRUTH LINES PORT [SINCE [WHOLE]]: both in the tests' form (lib_http2.sh); behind a call in TRUTH may stand when it
began and ended, in milliseconds. Prints lines that are wrong, then "REPORTER lines N wrong N incomplete N missing N" for
each: missing are calls that began at SINCE or later and have no line, less the lines that do not say their path; incomplete
are lines of calls that began at WHOLE or later.
"""
import re
import sys

FORM = re.compile(
    r'(\S+) (HTTP/2) (\S+) (\S+) (\S+) (\S+) (\S+) "([^"]*)" "([^"]*)" "([^"]*)"(?: ([0-9]+) ([0-9]+))?\n')
PATH = 3
OPTIONAL = range(2, 10)  # those that header blocks say
EXACT = 5, 6


def read_truth(name):
    with open(name) as lines:
        calls = [FORM.fullmatch(line) for line in lines]
    if None in calls:
        sys.exit(f"{name}: a line that is not in the form")
    return {call[PATH + 1]: call.groups() for call in calls}


def is_right(line, call):
    return all(
        line[n] == call[n] or (n in OPTIONAL and n not in EXACT and line[n] == "-")
        for n in range(10)
    )


def began(call):
    return int(call[10] or 0)


def join(truth, lines, since, whole):
    seen, wrong, incomplete, nameless = set(), 0, 0, 0
    for text in lines:
        match = FORM.fullmatch(text)
        line = match.groups() if match else None
        call = truth.get(line[PATH]) if line else None
        if line and line[PATH] == "-":
            nameless += 1
        elif not call or line[PATH] in seen or not is_right(line, call):
            wrong += 1
            print(f"wrong: {text.rstrip()[:200]} expected: {call}")
        else:
            seen.add(line[PATH])
            incomplete += line[:10] != call[:10] and began(call) >= whole
    missing = sum(path not in seen and began(call) >= since for path, call in truth.items())
    return f"lines {len(lines)} wrong {wrong} incomplete {incomplete + nameless} missing {missing - nameless}"


def main():
    truth, port = read_truth(sys.argv[1]), sys.argv[3]
    since, whole = (list(map(int, sys.argv[4:])) + [0, 0])[:2]
    own = re.compile(rf"(source|destination) \S+:{port} (.*\n)")
    lines = {"source": [], "destination": []}
    with open(sys.argv[2]) as log:
        for match in filter(None, map(own.fullmatch, log)):
            lines[match[1]].append(match[2])
    summary = [f"{reporter} {join(truth, texts, since, whole)}" for reporter, texts in lines.items()]
    print(*summary, sep="\n")


main()
