#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Many short-lived units: each makes one request and is gone.

units.py CGROUP PREFIX FIRST LAST HOST PORT: the unit PREFIX-N.service for each N from FIRST to LAST; a unit is a
cgroup that this process enters, makes a connection in, leaves and removes. Prints how many responses were 200.
"""
import http.client
import os
import sys

cgroup, prefix, first, last, host, port = sys.argv[1:]
with open("/proc/self/cgroup", encoding="ascii") as lines:
    home = cgroup + [line.strip().split("::", 1)[1] for line in lines if line.startswith("0::")][0]


def enter(directory):
    with open(directory + "/cgroup.procs", "w", encoding="ascii") as procs:
        procs.write(str(os.getpid()))


good = 0
for n in range(int(first), int(last) + 1):
    unit = f"{cgroup}/{prefix}-{n}.service"
    os.mkdir(unit)
    enter(unit)
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    connection.request("GET", "/")
    response = connection.getresponse()
    response.read()
    good += response.status == 200
    connection.close()
    enter(home)
    os.rmdir(unit)
print(good)
