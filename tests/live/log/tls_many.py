#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""tls_many.py ADDRESS PORT N PIECE [FILE]: N clients of tls_peer.py's server at the same time: each has sent its ClientHello, with
a name of its own, before the first one ends; all their first pieces of PIECE bytes come before the second ones. With FILE, which is there: writes to it when all have shaken hands, and goes
on when it is gone. Prints what tls_peer.py prints of each."""
import os
import socket
import sys
import time

import tls_peer


def begin(address, number):
    sock = socket.create_connection(address, tls_peer.TIMEOUT)
    name = f"name-{number}.example"
    return name, sock.getsockname()[1], tls_peer.Endpoint(sock, tls_peer.client_context("1.3"), server_hostname=name)


def pause(file):
    deadline = time.monotonic() + tls_peer.TIMEOUT
    with open(file, "w", encoding="ascii") as out:
        out.write("ready\n")
    while os.path.exists(file):
        if time.monotonic() > deadline:
            raise TimeoutError(file)
        time.sleep(0.01)


def main():
    address = sys.argv[1], int(sys.argv[2])
    clients = [begin(address, number) for number in range(int(sys.argv[3]))]
    hellos = [(end, list(tls_peer.cut(tls_peer.hello_of(end, 0), [int(sys.argv[4])]))) for _, _, end in clients]
    for number in range(len(hellos[-1][1])):
        for end, pieces in hellos:
            end.send(b"".join(pieces[number : number + 1]))
    for _, _, end in clients:
        end.call(end.tls.do_handshake)
    if sys.argv[5:]:
        pause(sys.argv[5])
    for number, (name, port, end) in enumerate(clients):
        end.call(end.tls.write, tls_peer.HEADER.pack(number, 1000 + number))
        end.write(number)
        end.read(1000 + number)
        end.close()
        print(port, name, end.sent, end.received)


main()
