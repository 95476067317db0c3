#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""server.py ADDRESS: a gRPC server of opaque messages, see plans.py. Says "ready"; at SIGTERM what it has counted, as JSON."""
import json
import signal
import sys
import threading
from collections import Counter
from concurrent import futures

import grpc

import plans

CODES = {code.value[0]: code for code in grpc.StatusCode}


class Counts:
    def __init__(self):
        self.lock = threading.Lock()
        self.calls, self.requests, self.responses = Counter(), 0, 0

    def add(self, requests=0, responses=0):
        with self.lock:
            self.requests += requests
            self.responses += responses

    def end(self, status):
        with self.lock:
            self.calls[status] += 1


counts = Counts()


def wait_for_the_end(context):
    ended = threading.Event()
    if context.add_callback(ended.set):
        ended.wait()


def answers(context, told):
    """The messages; then the call has ended."""
    if told["head"] == "1":
        context.send_initial_metadata(())
    for _ in range(int(told["answers"])):
        counts.add(responses=1)
        yield bytes(int(told["size"]))
    status = int(told["status"])
    counts.end(status)
    if status:
        context.abort(CODES[status], "as it was asked for")


def all_of(requests):
    for _ in requests:
        counts.add(requests=1)


def told_in(context):
    return {key[2:]: value for key, value in context.invocation_metadata() if key.startswith("x-")}


def streaming(requests, context):
    all_of(requests)
    yield from answers(context, told_in(context))


def single(requests, context):
    return list(streaming(requests, context))[0]


def silent(_, context):
    """Not counted: the call may end before it is known here."""
    wait_for_the_end(context)
    return b""


def cut(requests, context):
    told = told_in(context)
    next(requests)
    counts.add(requests=1, responses=1)
    counts.end(int(told["status"]))
    context.send_initial_metadata(())
    yield bytes(int(told["size"]))
    wait_for_the_end(context)


HANDLERS = {
    "unary": grpc.unary_unary_rpc_method_handler(lambda request, context: single([request], context)),
    "client": grpc.stream_unary_rpc_method_handler(single),
    "server": grpc.unary_stream_rpc_method_handler(lambda request, context: streaming([request], context)),
    "bidi": grpc.stream_stream_rpc_method_handler(streaming),
    "silent": grpc.unary_unary_rpc_method_handler(silent),
    "deadline": grpc.unary_unary_rpc_method_handler(silent),
    "cut": grpc.stream_stream_rpc_method_handler(cut),
}


class Handler(grpc.GenericRpcHandler):
    def service(self, details):
        kind = details.method.removeprefix(plans.SERVICE).removesuffix("-gzip")
        if kind not in HANDLERS:
            counts.add(requests=1)  # which it does not read
            counts.end(12)
        return HANDLERS.get(kind)


def main():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    server = grpc.server(
        futures.ThreadPoolExecutor(32),
        [Handler()],
        options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1), ("grpc.so_reuseport", 0)],
        compression=grpc.Compression.NoCompression,
    )
    server.add_insecure_port(sys.argv[1])
    server.start()
    print("ready", flush=True)
    signal.sigwait([signal.SIGTERM])
    server.stop(5).wait()
    print(json.dumps({"calls": dict(sorted(counts.calls.items())), "requests": counts.requests,
                      "responses": counts.responses}), flush=True)


main()
