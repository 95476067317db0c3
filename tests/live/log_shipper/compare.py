#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""compare.py TRUTH RECEIVED BATCH: whether RECEIVED has every line of TRUTH in its order, but that at most BATCH lines may come
again, all at once and in their order. Prints "lines N repeats R longest L", or the first line that is wrong."""
import collections
import sys


def fail(number, text):
    print(f"line {number}: {text}")
    sys.exit(1)


def main(truth_path, received_path, batch):
    last = collections.deque(maxlen=batch)
    lines = repeats = longest = 0
    again = []  # what is expected of a repetition
    with open(truth_path, "rb") as truth, open(received_path, "rb") as received:
        for number, line in enumerate(received, 1):
            if again:
                if line != again.pop(0):
                    fail(number, f"another repetition: {line!r}")
                continue
            expected = truth.readline()
            if line != expected:
                if line not in last:
                    fail(number, f"{line!r} is not {expected!r}, nor one of the last {batch}")
                again = list(last)[last.index(line) + 1 :]
                repeats += 1
                longest = max(longest, len(again) + 1)
                truth.seek(-len(expected), 1)
                continue
            last.append(line)
            lines += 1
        missing = sum(1 for _ in truth)
    if missing or again:
        fail(number, f"{missing} lines are missing behind it")
    print(f"lines {lines} repeats {repeats} longest {longest}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
