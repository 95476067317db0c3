#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Whether dashboards can be imported into any Grafana and read by anybody. usage: check_dashboard.py FILE..."""
import json
import re
import sys

BUILT_IN = {"__rate_interval", "datasource"}
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


def overlap(a, b):
    return a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]


def layout(panels):
    for i, panel in enumerate(panels):
        at = panel["gridPos"]
        if at["x"] + at["w"] > 24:
            yield f"{panel['title']}: wider than the page"
        for other in panels[i + 1 :]:
            if panel["id"] == other["id"]:
                yield f"{panel['title']}, {other['title']}: the same id"
            if overlap(at, other["gridPos"]):
                yield f"{panel['title']}, {other['title']}: overlap"


def queries(panel, names):
    """Every query is of the chosen hosts, tells its series apart, and uses known variables only."""
    targets = panel["targets"]
    if len({t["refId"] for t in targets}) != len(targets):
        yield f"{panel['title']}: refId twice"
    for target in targets:
        for selector in re.findall(r"\{[^{}]*\}", re.sub(r"\$\{\w+\}", "$", target["expr"])):
            if 'instance=~"$instance"' not in selector:
                yield f"{panel['title']}: {selector} is of all hosts"
        for name in re.findall(r"\$\{?([a-z_]\w*)", target["expr"]):
            if name not in names:
                yield f"{panel['title']}: ${name} is no variable"
        if panel["type"] == "timeseries" and " by (" in target["expr"] and "le)" not in target["expr"]:
            if not target["legendFormat"]:
                yield f"{panel['title']}: no legend"


def findings(dashboard):
    variables = {v["name"] for v in dashboard["templating"]["list"]}
    panels = dashboard["panels"]
    if dashboard["id"] is not None or not dashboard["uid"] or dashboard["schemaVersion"] < 39:
        yield "id must be null, uid set, schemaVersion that of Grafana 10 (39) or later"
    if not {"datasource", "instance", "reporter", "workload"} <= variables:
        yield f"variables {variables}"
    for v in dashboard["templating"]["list"]:
        if v["type"] == "query" and v["datasource"] != DATASOURCE:
            yield f"${v['name']}: a data source of its own"
    yield from layout(panels)
    for panel in panels:
        if panel["type"] == "row":
            continue
        if panel["datasource"] != DATASOURCE:
            yield f"{panel['title']}: a data source of its own"
        if not panel["description"] or not panel["fieldConfig"]["defaults"]["unit"]:
            yield f"{panel['title']}: no description or unit"
        yield from queries(panel, variables | BUILT_IN)


def main():
    status = 0
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            dashboard = json.load(file)
        for finding in findings(dashboard):
            print(f"{path}: {finding}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
