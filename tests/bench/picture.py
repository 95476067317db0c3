# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""picture.py THROUGHPUT.rounds: what each scenario adds to the CPU time of a request, as an SVG of bars; a line says the
range of the rounds."""

import statistics
import sys
from xml.sax.saxutils import escape

WIDTH, LABELS, BAR, GAP, TOP = 760, 190, 20, 10, 58
COLOURS = {"nginx's own log": "#7f7f7f", "behind": "#c0504d", "beside": "#9f7fbf"}


def added_of(path):
    """{scenario: [microseconds]}"""
    added = {}
    with open(path) as lines:
        for line in lines:
            what, unit, value = line.rstrip("\n").split("\t")
            if unit == "added" and what != "nothing":
                added.setdefault(what, []).append(float(value))
    return added


def colour(scenario):
    for begin, value in COLOURS.items():
        if scenario.startswith(begin):
            return value
    return "#2f6f9f"


def bar(y, scenario, values, scale):
    median = statistics.median(values)
    low, high = (LABELS + max(v, 0) * scale for v in (min(values), max(values)))
    middle = y + BAR / 2
    return f"""<text x="{LABELS - 8}" y="{middle + 4}" text-anchor="end">{escape(scenario)}</text>
<rect x="{LABELS}" y="{y}" width="{max(median, 0) * scale:.1f}" height="{BAR}" fill="{colour(scenario)}"/>
<path d="M{low:.1f} {middle}H{high:.1f}" stroke="#000"/>
<text x="{high + 6:.1f}" y="{middle + 4}">{median:.1f}</text>"""


def main():
    added = added_of(sys.argv[1])
    scale = (WIDTH - LABELS - 60) / max(max(values) for values in added.values())
    height = TOP + len(added) * (BAR + GAP) + GAP
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">')
    print(f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>')
    print('<text x="10" y="22" font-size="16">CPU time that is added to a request, µs</text>')
    print('<text x="10" y="42" fill="#555">nginx and wrk on one host: both ends are watched. Medians; lines are the range.</text>')
    for i, (scenario, values) in enumerate(added.items()):
        print(bar(TOP + i * (BAR + GAP), scenario, values, scale))
    print("</svg>")


main()
