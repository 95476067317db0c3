# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""hold.py PORT N: N connections to 127.0.0.1:PORT. Says "ready" and holds them until its input ends."""

import resource
import socket
import sys

port, number = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (number + 100, number + 100))
held = [socket.create_connection(("127.0.0.1", port)) for _ in range(number)]
print("ready", flush=True)
sys.stdin.read()
