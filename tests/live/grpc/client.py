#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""client.py ADDRESS CALLS CHANNELS THREADS SEED LINES: mixed calls, see plans.py. LINES gets a line of each:
FLAGS METHOD CODE GRPC_STATUS GRPC_STATUS_OF_TRAILERS RECEIVED SENT "NUMBER"
where bytes are - if messages are compressed, and all of a call whose deadline passes is -. Prints what it counted, as JSON;
of calls that are never answered (each with a message) only how many they are.
"""
import json
import sys
import threading
import time
from collections import Counter
from concurrent import futures

import grpc

import plans

PREFIX = 5
HANGS = 0.25  # seconds until a call that is not answered is cancelled, or its deadline passes


class Caller:
    def __init__(self, channels, lines):
        self.channels, self.lines = channels, lines
        self.lock = threading.Lock()
        self.calls, self.requests, self.responses, self.unanswered = Counter(), 0, 0, 0

    def run(self, plan):
        channel = self.channels[plan.number % len(self.channels)]
        messages = [bytes(size) for size in plan.requests]
        responses, status, details = [], 0, ""
        try:
            self.receive(start(channel, plan, messages), plan, responses)
        except grpc.FutureCancelledError:
            status = 1
        except grpc.RpcError as error:
            status, details = error.code().value[0], error.details()
        if status != plan.status or len(responses) != plan.answers:
            raise AssertionError(f"status {status} {details}, {len(responses)} responses: {plan}")
        self.count(plan, len(messages), len(responses))

    def receive(self, call, plan, responses):
        if plan.kind == "silent":
            time.sleep(HANGS)
            call.cancel()
        if plan.kind not in plans.STREAMS_RESPONSES:
            responses.append(call.result())
            return
        for response in call:
            responses.append(response)
            if plan.kind == "cut":
                call.cancel()

    def count(self, plan, requests, responses):
        with self.lock:
            self.lines.write(line(plan) + "\n")
            if plan.kind in ("silent", "deadline"):
                self.unanswered += 1
                return
            self.calls[plan.status] += 1
            self.requests += requests
            self.responses += responses


def start(channel, plan, messages):
    options = {
        "metadata": plan.metadata,
        "timeout": HANGS if plan.kind == "deadline" else 300,
        "compression": grpc.Compression.Gzip if plan.gzip else None,
    }
    if plan.kind == "cut":
        return channel.stream_stream(plan.method)(one_and_wait(messages), **options)
    if plan.kind in plans.STREAMS_REQUESTS:
        if plan.kind in plans.STREAMS_RESPONSES:
            return channel.stream_stream(plan.method)(iter(messages), **options)
        return channel.stream_unary(plan.method).future(iter(messages), **options)
    if plan.kind in plans.STREAMS_RESPONSES:
        return channel.unary_stream(plan.method)(messages[0], **options)
    return channel.unary_unary(plan.method).future(messages[0], **options)


def one_and_wait(messages):
    """The request's stream stays open until the call is cancelled."""
    yield messages[0]
    time.sleep(2 * HANGS)


def line(plan):
    received = sum(size + PREFIX for size in plan.requests)
    sent = plan.answers * (plan.size + PREFIX)
    if plan.gzip:
        received = sent = "-"
    rest = f'{received} {sent} "{plan.number}"'
    if plan.kind == "deadline":
        return f'- {plan.method} - - - - - "{plan.number}"'
    if plan.kind == "silent":
        return f"DR {plan.method} 0 - - {rest}"
    if plan.kind == "cut":
        return f"DR {plan.method} 200 2 - {rest}"
    in_trailers = "-" if plan.is_trailers_only else plan.status
    return f"- {plan.method} 200 {plan.status} {in_trailers} {rest}"


def main():
    address, lines, seed = sys.argv[1], sys.argv[6], sys.argv[5]
    calls, channels, threads = map(int, sys.argv[2:5])
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1),
               ("grpc.use_local_subchannel_pool", 1)]
    opened = [grpc.insecure_channel(address, options) for _ in range(channels)]
    with open(lines, "w") as file, futures.ThreadPoolExecutor(threads) as pool:
        caller = Caller(opened, file)
        for _ in pool.map(caller.run, (plans.make(number, seed) for number in range(calls))):
            pass
    for channel in opened:
        channel.close()
    print(json.dumps({"calls": dict(sorted(caller.calls.items())), "requests": caller.requests,
                      "responses": caller.responses, "unanswered": caller.unanswered}))


main()
