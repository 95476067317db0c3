# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""report.py BUDGETS FILE.rounds...: each budget and what was measured, then medians and ranges of all rounds, as tables in
Markdown.

A line of a .rounds file is WHAT, UNIT and one round's value, with tabs between; what has figures in several units is a
line of one table. A line of BUDGETS is WHAT, UNIT and LIMIT; WHAT may have a "*", which stands for anything; the first line
that matches counts. LIMIT is of the median, and the least of it if it begins with ">"."""

import fnmatch
import os
import statistics
import sys


def read_rounds(path):
    """{what: {unit: [value]}}, in the order of their first round"""
    figures = {}
    with open(path) as lines:
        for line in lines:
            what, unit, value = line.rstrip("\n").split("\t")
            figures.setdefault(what, {}).setdefault(unit, []).append(float(value))
    return figures


def shown(value):
    """three digits that count"""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def cell(values):
    """the median, and the range if there is one"""
    median = shown(statistics.median(values))
    if len(values) == 1:
        return median
    return f"{median} ({shown(min(values))} … {shown(max(values))})"


def show_several(figures):
    units = list(dict.fromkeys(unit for of in figures.values() for unit in of))
    print("| | " + " | ".join(units) + " |\n|---|" + "---:|" * len(units))
    for what, of in figures.items():
        print(f"| {what} | " + " | ".join(cell(of[u]) if u in of else "" for u in units) + " |")


def show_single(figures):
    print("| | median (range) | unit |\n|---|---:|---|")
    for what, of in figures.items():
        for unit, values in of.items():
            print(f"| {what} | {cell(values)} | {unit} |")


def show_tables(figures):
    several = {what: of for what, of in figures.items() if len(of) > 2}
    single = {what: of for what, of in figures.items() if len(of) <= 2}
    if several:
        show_several(several)
    if several and single:
        print()
    if single:
        show_single(single)


def matching(figures, pattern, unit):
    return [what for what, of in figures.items() if fnmatch.fnmatchcase(what, pattern) and unit in of]


def is_met(limit, value):
    return value >= float(limit[1:]) if limit.startswith(">") else value <= float(limit)


def show_budgets(path, figures):
    seen = set()
    print("| budget | limit | measured | |\n|---|---:|---:|---|")
    with open(path) as lines:
        for line in lines:
            if line.startswith("#"):
                continue
            pattern, unit, limit = line.rstrip("\n").split("\t")
            for what in matching(figures, pattern, unit):
                value = statistics.median(figures[what][unit])
                if (what, unit) not in seen:
                    print(f"| {what}, {unit} | {limit} | {shown(value)} | {'met' if is_met(limit, value) else 'not met'} |")
                seen.add((what, unit))


def main():
    files = {path: read_rounds(path) for path in sys.argv[2:]}
    everything = {}
    for figures in files.values():
        for what, of in figures.items():
            everything.setdefault(what, {}).update(of)
    print("### Budgets\n")
    show_budgets(sys.argv[1], everything)
    for path, figures in files.items():
        print(f"\n### {os.path.basename(path).removesuffix('.rounds')}\n")
        show_tables(figures)


main()
