#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""check_trickle.py TRICKLE LINES: whether the lines of one reporter say of tcp_peer.py's trickle what it has sent when.
A line is TYPE DURATION BYTES_RECEIVED BYTES_SENT. Prints what is wrong."""
import sys

# milliseconds: the iterator walks over all connections after it has taken the time, and a server's end closes after its
# client's
SLACK = 30


def sent_at(steps, ms):
    return max((size for at, size in steps if at <= ms), default=0)


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        next(file)
        steps = [(float(at), int(size)) for at, size in map(str.split, file)]
    with open(sys.argv[2], encoding="ascii") as file:
        lines = [line.split() for line in file]
    *periodic, last = [(kind, *map(int, numbers)) for kind, *numbers in lines]
    whole = int(steps[-1][0] / 1000)
    if len(periodic) != whole:
        print(f"{len(periodic)} periodic lines in {whole} whole seconds")
    for number, (kind, duration, received, sent) in enumerate(periodic, 1):
        low, high = sent_at(steps, duration - SLACK), sent_at(steps, duration + SLACK) + 100
        if kind != "TcpPeriodic" or sent or not low <= received <= high:
            print(f"line {number}: {kind} {duration} ms {received} bytes, not in {low}..{high}, {sent} answered")
        if not number * 1000 <= duration < number * 1000 + 500:
            print(f"line {number}: after {duration} ms")
    if last[0] != "TcpConnectionEnd" or last[2:] != (steps[-1][1], 0):
        print(f"last line: {last}, and {steps[-1][1]} bytes were sent")
    if not steps[-2][0] <= last[1] <= steps[-1][0] + SLACK:
        print(f"last line: {last[1]} ms, and the client measured {steps[-1][0]:.0f}")


main()
