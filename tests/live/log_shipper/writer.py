#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""writer.py LOG TRUTH FIRST COUNT FORMAT [ROTATIONS]: appends COUNT lines to LOG, as the access log's collector does: whole lines, and
after SIGHUP to the file that LOG then names. The same lines go to TRUTH. FORMAT: text, json, als (text) or custom. Says each 100 lines
how many it has written. ROTATIONS: parts the lines in so many and one; it dawdles at the end of each until SIGHUP comes."""
import signal
import sys
import time

import lines

hups = 0


def on_hup(_signal, _frame):
    global hups
    hups += 1


def line_of(number, form):
    one = lines.record(number, time.time())
    if form == "als" and one["user_agent"] == "":
        one["user_agent"] = None  # there, both are the same
    if form == "custom":
        return f"{number} {lines.escape(one['user_agent'] or '-', True)}"
    return lines.json_of(one) if form == "json" else lines.text_of(one)


def main(path, truth_path, first, count, form, rotations):
    log, opened = open(path, "ab", 0), 0
    number, end = first, first + count
    with open(truth_path, "ab") as truth:
        while number < end:
            if opened != hups:
                opened = hups
                log.close()
                log = open(path, "ab", 0)
            waits = hups < rotations and number >= first + count * (hups + 1) // (rotations + 1)
            if waits:
                time.sleep(0.05)
            until = min(number + (1 if waits else 100), end)
            text = "".join(line_of(n, form) + "\n" for n in range(number, until)).encode()
            log.write(text)
            truth.write(text)
            if until // 100 != number // 100:
                print(until, flush=True)
            number = until


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, on_hup)
    main(*sys.argv[1:3], *map(int, sys.argv[3:5]), sys.argv[5], int(sys.argv[6]) if len(sys.argv) > 6 else 0)
