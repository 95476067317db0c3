#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Many units, for scale.sh.

serve                  answers each connection's request, and closes
make N FOLDER MARK     N cgroups FOLDER/meshtap-many-MARK-I.service; from each a request on a connection of its own
"""
import os
import socket
import sys

HERE = ("127.0.0.1", 7001)


def serve():
    listener = socket.create_server(HERE, backlog=4096)
    while True:
        connection, _ = listener.accept()
        if connection.recv(4096):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        connection.close()


def enter(folder):
    with open(f"{folder}/cgroup.procs", "w") as procs:
        procs.write(str(os.getpid()))


def request():
    with socket.create_connection(HERE) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        answer = b""
        while part := connection.recv(4096):
            answer += part
    if not answer.startswith(b"HTTP/1.1 200 "):
        sys.exit("no answer")


def make(n, folder, mark):
    os.mkdir(folder)
    for i in range(int(n)):
        unit = f"{folder}/meshtap-many-{mark}-{i}.service"
        os.mkdir(unit)
        enter(unit)
        request()
    enter(os.path.dirname(folder))


{"serve": serve, "make": make}[sys.argv[1]](*sys.argv[2:])
