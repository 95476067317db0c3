#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Whether istio_expressions.py says what the dashboards of a checkout of Istio ask: for whoever brings it up to date.
usage: compare_istio.py .../istio/manifests/addons/dashboards"""
import json
import pathlib
import re
import sys

import istio_expressions as ours

FILES = {
    "mesh": "istio-mesh-dashboard.gen.json",
    "service": "istio-service-dashboard.json",
    "workload": "istio-workload-dashboard.json",
}


def closing(text, start):
    depth = 0
    for i in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0:
            return i
    raise ValueError(text)


def grouping_first(text):
    """sum(X) by (L) as sum by (L) (X), from left to right."""
    at = text.find("sum(")
    while at >= 0:
        end = closing(text, at + 3)
        by = re.match(r"by\(([^)]*)\)", text[end + 1 :])
        if by:
            text = f"{text[:at]}sum by({by[1]}){text[at + 3 : end + 1]}{text[end + 1 + by.end():]}"
        at = text.find("sum(", at + 4)
    return text


def normal(expr):
    """Without blanks, with matchers and grouping labels in order: equal for equal expressions."""
    expr = re.sub(r"\s+", "", expr)
    expr = re.sub(r"\{([^{}]*)\}", lambda m: "{" + ",".join(sorted(filter(None, m[1].split(",")))) + "}", expr)
    expr = grouping_first(expr.replace("{}", "").replace("sumby(", "sum by("))
    return re.sub(r"by\(([^)]*)\)", lambda m: "by(" + ",".join(sorted(m[1].split(","))) + ")", expr)


def panels(dashboard):
    for panel in dashboard.get("panels", []):
        yield panel
        yield from panels(panel)


def theirs(directory):
    for name, file in FILES.items():
        dashboard = json.loads((pathlib.Path(directory) / file).read_text(encoding="utf-8"))
        for panel in panels(dashboard):
            for target in panel.get("targets", []):
                if target.get("expr"):
                    yield name, panel["title"], normal(target["expr"])
        for variable in dashboard["templating"]["list"]:
            query = re.fullmatch(r"query_result\((.*)\)", str(variable["query"]))
            if query:
                yield name, "$" + variable["name"], normal(query[1])


def restated():
    for e in ours.EXPRESSIONS:
        yield e.dashboard, e.panel, normal(e.expr)
    for v in ours.VARIABLES:
        yield v.dashboard, "$" + v.name, normal(v.expr)


def main():
    left, right = sorted(theirs(sys.argv[1])), sorted(restated())
    for sign, rest in ("only Istio:", set(left) - set(right)), ("only here:", set(right) - set(left)):
        for row in sorted(rest):
            print(sign, *row)
    print(f"{len(left)} of Istio, {len(right)} here")
    return left != right


if __name__ == "__main__":
    sys.exit(main())
