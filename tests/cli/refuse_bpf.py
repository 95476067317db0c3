#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""refuse_bpf.py HOW COMMAND...: runs a command under a seccomp filter on bpf().

HOW: errno (EPERM, as container runtimes say), kill (SIGSYS, as systemd says), load (EPERM for
BPF_PROG_LOAD only, as a security module says), or old (the same with EINVAL, as a kernel says that
does not know the program's kind or helper)."""
import ctypes
import os
import platform
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
EPERM, EINVAL = 1, 22
LOAD_WORD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06
NUMBER, FIRST_ARGUMENT = 0, 16  # offsets in struct seccomp_data
BPF_PROG_LOAD = 5
BPF = {"x86_64": 321, "aarch64": 280}[platform.machine()]


def instruction(code, value, when_true=0, when_false=0):
    return struct.pack("HBBI", code, when_true, when_false, value)


def program(how):
    if how in ("load", "old"):
        return [
            instruction(LOAD_WORD, NUMBER),
            instruction(JUMP_EQUAL, BPF, 0, 3),
            instruction(LOAD_WORD, FIRST_ARGUMENT),
            instruction(JUMP_EQUAL, BPF_PROG_LOAD, 0, 1),
            instruction(RETURN, ERRNO | (EPERM if how == "load" else EINVAL)),
            instruction(RETURN, ALLOW),
        ]
    return [
        instruction(LOAD_WORD, NUMBER),
        instruction(JUMP_EQUAL, BPF, 0, 1),
        instruction(RETURN, {"errno": ERRNO | EPERM, "kill": KILL}[how]),
        instruction(RETURN, ALLOW),
    ]


def main():
    code = program(sys.argv[1])
    text = ctypes.create_string_buffer(b"".join(code))
    fprog = struct.pack("HxxxxxxP", len(code), ctypes.addressof(text))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        PR_SET_SECCOMP, SECCOMP_MODE_FILTER, fprog, 0, 0
    ):
        sys.exit(f"refuse_bpf.py: prctl: {os.strerror(ctypes.get_errno())}")
    os.execvp(sys.argv[2], sys.argv[2:])


main()
