#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""writer.py LOG TRUTH FIRST COUNT FORMAT: appends COUNT lines to LOG, as the access log's collector does: whole lines, and
after SIGHUP to the file that LOG then names. The same lines go to TRUTH. FORMAT: text, json, als (text) or custom. Says each 1000 lines
how many it has written."""
import signal
import sys
import time

import lines

reopen = False


def on_hup(_signal, _frame):
    global reopen
    reopen = True


def line_of(number, form):
    one = lines.record(number, time.time())
    if form == "als" and one["user_agent"] == "":
        one["user_agent"] = None  # there, both are the same
    if form == "custom":
        return f"{number} {lines.escape(one['user_agent'] or '-', True)}"
    return lines.json_of(one) if form == "json" else lines.text_of(one)


def main(path, truth_path, first, count, form):
    global reopen
    log = open(path, "ab", 0)
    with open(truth_path, "ab") as truth:
        for begin in range(first, first + count, 100):
            if reopen:
                reopen = False
                log.close()
                log = open(path, "ab", 0)
            end = min(begin + 100, first + count)
            text = "".join(line_of(n, form) + "\n" for n in range(begin, end)).encode()
            log.write(text)
            truth.write(text)
            if end % 1000 == 0:
                print(end, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGHUP, on_hup)
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
