# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Reads the cases of tests/corpus/, whose README.md explains the format."""
import collections
import pathlib
import re

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "corpus"
ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
VALUES = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}

# None: not defined
Exchange = collections.namedtuple(
    "Exchange", "method target status request_wire request_body response_wire response_body outcome"
)


class Case:
    def __init__(self, name):
        self.name = name
        self.runs = []  # (">" or "<", bytes), in the order of time, directions alternating
        self.exchanges = []
        self.bad = set()  # "request", "response"
        self.client_closes = False
        for line in (CORPUS / name).read_bytes().split(b"\n"):
            self.add(line)

    def add(self, line):
        if line[:1] in (b">", b"<"):
            self.add_bytes(line[:1].decode(), line[1:])
        elif line.startswith(b"= bad "):
            self.bad.add(line[6:].decode())
        elif line.startswith(b"="):
            method, target, *numbers, outcome = line[2:].decode("latin-1").split(" ")
            numbers = [None if word == "-" else int(word) for word in numbers]
            self.exchanges.append(Exchange(method, target, *numbers, outcome))
        elif line == b"! client closes":
            self.client_closes = True
        elif line and not line.startswith(b"#"):
            raise ValueError(f"{self.name}: {line}")

    def add_bytes(self, direction, rest):
        times, text = re.fullmatch(rb"(?:\*(\d+))? (.*)", rest, re.DOTALL).groups()
        data = ESCAPE.sub(lambda m: bytes.fromhex(m[1].decode()) if m[1] else VALUES[m[2]], text) * int(times or 1)
        if self.runs and self.runs[-1][0] == direction:
            data = self.runs.pop()[1] + data
        self.runs.append((direction, data))

    def stream(self, direction):
        return b"".join(data for sender, data in self.runs if sender == direction)


def read_cases():
    return [Case(path.name) for path in sorted(CORPUS.glob("*.http"))]
