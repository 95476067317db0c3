#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""run.py CASE ADDRESS PORT: makes the connections of a case of test_edges.sh, and prints the lines that the access log must have
of them, without what the reporters see differently: METHOD PATH STATUS FLAGS BYTES_RECEIVED BYTES_SENT"""
import sys

import endings
import forged
import handshakes
import protocols
import streams
from case import Case


def main():
    name, address, port = sys.argv[1:]
    module = next(m for m in (endings, forged, handshakes, protocols, streams) if hasattr(m, name))
    case = Case(address, int(port))
    getattr(module, name)(case)
    print("\n".join(case.lines))


main()
