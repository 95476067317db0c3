#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What is pinned in a directory, as the kernel has it, for test_pins.sh: sizes of maps, constants of programs.

state.py DIR     prints a line for each pin, without the ids, which differ from load to load
"""
import json
import os
import subprocess
import sys


def show(*words):
    return json.loads(subprocess.run(["bpftool", "-j", *words], check=True, capture_output=True).stdout)


def pinned(kind, directory):
    """Of each pin its object."""
    return {
        os.path.basename(path): thing
        for thing in show("-f", kind, "show")
        for path in thing.get("pinned", [])
        if os.path.dirname(path) == directory
    }


def constants(program):
    for map_id in program["map_ids"]:
        if map_id in rodata:
            return show("map", "dump", "id", str(map_id))[0]["value"]
    return None


maps, links = pinned("map", sys.argv[1]), pinned("link", sys.argv[1])
programs = {program["id"]: program for program in show("prog", "show")}
rodata = {each["id"] for each in show("map", "show") if each.get("name", "").endswith(".rodata")}
for name in sorted(os.listdir(sys.argv[1])):
    if name in maps:
        print(name, *(maps[name][key] for key in ("type", "bytes_value", "max_entries")))
    else:
        program = programs[links[name]["prog_id"]]
        print(name, program["tag"], constants(program))
