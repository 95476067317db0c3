# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What kinds of calls there are; client.py and server.py agree on them by the method's name and its metadata.

/test.Echo/KIND: unary, client (streaming), server (streaming), bidi; -gzip behind it: messages are compressed.
/test.Echo/deadline, /test.Echo/silent: the server never answers. /test.Echo/cut: bidi; it answers once, and no more.
x-call: the call's number. x-status: the status that it ends with. x-answers: so many messages before.
x-size: of each of them. x-head: 1, the response's head goes out before anything else.
"""
import random
from dataclasses import dataclass, field

SERVICE = "/test.Echo/"
LARGE = 4 << 20
STREAMS_REQUESTS = "client", "bidi", "cut"
STREAMS_RESPONSES = "server", "bidi", "cut"


@dataclass
class Plan:
    number: int
    kind: str = "unary"
    gzip: bool = False
    status: int = 0
    requests: list = field(default_factory=lambda: [0])  # sizes
    answers: int = 1
    size: int = 0
    head: bool = False

    @property
    def method(self):
        return SERVICE + self.kind + ("-gzip" if self.gzip else "")

    @property
    def metadata(self):
        told = {"call": self.number, "status": self.status, "answers": self.answers, "size": self.size,
                "head": int(self.head)}
        return [(f"x-{name}", str(value)) for name, value in told.items()]

    @property
    def is_trailers_only(self):
        """gRPC's core makes one block of head and trailers when nothing was sent before."""
        return self.answers == 0 and not self.head


def size_of(dice):
    return dice.choice([0, 0, 1, 5, 100, 1000, 1000, 20000, 100000])


def make(number, seed):
    """The same for each number and seed."""
    dice = random.Random(f"{seed} {number}")
    plan = Plan(number, dice.choice(["unary", "client", "server", "bidi"]), head=dice.random() < 0.2)
    plan.gzip = dice.random() < 0.1
    plan.size = size_of(dice)
    if plan.kind in STREAMS_REQUESTS:
        plan.requests = [size_of(dice) for _ in range(dice.choice([0, 1, 2, 10]))]
    else:
        plan.requests = [size_of(dice)]
    if plan.kind in STREAMS_RESPONSES:
        plan.answers = dice.choice([0, 1, 2, 10])
    if dice.random() < 0.2:
        plan.status = dice.randrange(1, 17)
        plan.answers = plan.answers if plan.kind in STREAMS_RESPONSES else 0
    plan.head &= plan.answers > 0  # else it depends on time whether the head goes out alone
    chosen = number % 100
    if chosen == 0:
        return Plan(number, requests=[LARGE], size=LARGE)
    if chosen in (10, 20):
        return Plan(number, "missing", status=12, answers=0)
    if chosen in (30, 40):
        return Plan(number, "silent", status=1, answers=0)
    if chosen in (50, 60):
        return Plan(number, "cut", status=1, head=True, size=10)
    if chosen == 70:
        return Plan(number, "deadline", status=4, answers=0)
    return plan
