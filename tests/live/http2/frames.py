#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""frames.py PORT server|client [CASE]...: plays one side of cases.py. Either knows every byte that the other is to send, and
ends with an error at any other one. The client prints the lines that are expected, and as its last one
"sums REQUEST_BYTES RESPONSE_BYTES REQUEST_MESSAGES RESPONSE_MESSAGES"."""
import socket
import sys
import time

import cases


def send(connection, data, pause, slowly):
    time.sleep(pause)
    if not slowly:
        connection.sendall(data)
        return
    for at in range(len(data)):
        connection.sendall(data[at:at + 1])
        time.sleep(0.0005)


def receive(connection, expected, name):
    got = b""
    while len(got) < len(expected):
        more = connection.recv(len(expected) - len(got))
        if not more:
            break
        got += more
    if got != expected:
        sys.exit(f"{name}: {len(expected)} bytes expected, {len(got)} came, or other ones")


def play(connection, case, own):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.settimeout(20)
    for side, data, pause, slowly in case.steps + [("client", None, 0, False)]:
        if data is None:
            if side != own and connection.recv(1):
                sys.exit(f"{case.name}: more than was expected")
            break
        if side == own:
            send(connection, data, pause, slowly)
        else:
            receive(connection, data, case.name)
    connection.close()


def serve(port, chosen):
    with socket.create_server(("127.0.0.1", port)) as listener:
        print("ready", flush=True)
        for case in chosen:
            play(listener.accept()[0], case, "server")


def ask(port, chosen):
    for case in chosen:
        play(socket.create_connection(("127.0.0.1", port)), case, "client")
        print(*case.expected, sep="\n")
    sums = [[int(line.split()[at]) for case in chosen for line in case.expected] for at in (8, 9)]
    messages = [[case.messages[side] for case in chosen] for side in (0, 1)]
    print("sums", *map(sum, sums + messages))


def main():
    names = sys.argv[3:]
    chosen = [cases.play(function) for function in cases.ALL if not names or function.__name__ in names]
    (serve if sys.argv[2] == "server" else ask)(int(sys.argv[1]), chosen)


main()
