#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""count_paths.py PORT FOLDER [STOP]: reads the files FOLDER/access.log-* and removes them, in the order of their names and
the last one only when it is not the last any more, until the file STOP is there; then the rest, and FOLDER/access.log.
Prints how many lines requests to the port have on either side: how many paths, how many of them twice, how many lines
are not whole. Without STOP it reads once. Paths are those of numbered.lua."""
import glob
import os
import re
import sys
import time

# What nginx has logged is whole; wrk's last requests on each connection may have found no answer.
LINE = (
    rb'\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] "GET (/(\d+)-(\d+)-(\d+)) HTTP/1\.1" '
    rb'(?:200 - via_upstream|0 DC downstream_remote_disconnect|200 DC downstream_remote_disconnect) - "-" 0 \d+ \d+ - '
    rb'"-" "-" "-" "127\.0\.0\.1:%d" "127\.0\.0\.1:%d" (P|i)[^ "]* [^ "]+ [^ "]+ [^ "]+ - -\n'
)
# wrk looks first whether it can connect.
PROBE = rb'\[[^]]{24}\] "- - -" 0 - - - "-" 0 0 \d+ - "-" "-" "-" "-" "127\.0\.0\.1:%d" [^"]* - -\n'


class Counter:
    def __init__(self, port):
        self.line = re.compile(LINE.replace(b"%d", port.encode())).fullmatch
        self.probe = re.compile(PROBE.replace(b"%d", port.encode())).fullmatch
        self.ours = b'"127.0.0.1:' + port.encode() + b'"'
        self.seen = {}  # a bit for each number, by side, round and thread
        self.paths = {b"P": 0, b"i": 0}
        self.twice = self.broken = 0

    def add(self, match):
        key, number = (match[5], match[2], match[3]), int(match[4])
        bits = self.seen.setdefault(key, bytearray())
        if len(bits) * 8 <= number:
            bits.extend(bytes(number // 8 + 65536 - len(bits)))
        bit = 1 << number % 8
        if bits[number // 8] & bit:
            self.twice += 1
        bits[number // 8] |= bit
        self.paths[match[5]] += 1

    def read(self, name):
        with open(name, "rb") as lines:
            for text in lines:
                match = self.line(text)
                if match:
                    self.add(match)
                elif not text.startswith(b"[") or not text.endswith(b"\n") or (
                    self.ours in text and not self.probe(text)
                ):
                    self.broken += 1
                    if self.broken < 5:
                        sys.stderr.write(f"not whole: {text!r}\n")
        os.remove(name)


def main():
    port, folder = sys.argv[1:3]
    counter = Counter(port)
    while len(sys.argv) > 3 and not os.path.exists(sys.argv[3]):
        for name in sorted(glob.glob(f"{folder}/access.log-*"))[:-1]:
            counter.read(name)
        time.sleep(0.1)
    for name in sorted(glob.glob(f"{folder}/access.log-*")) + [f"{folder}/access.log"]:
        counter.read(name)
    print(f"client {counter.paths[b'P']} server {counter.paths[b'i']} twice {counter.twice} broken {counter.broken}")


main()
