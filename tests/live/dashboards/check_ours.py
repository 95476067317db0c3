#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""check_ours.py URL START END DASHBOARD: asks every query of our dashboard for both sides and every rule that Prometheus has
loaded, and prints what does not return data; also each metric of meshtap's health that no panel shows. The last line says
how many were asked."""
import json
import re
import sys

from prometheus import RATE_INTERVAL, Prometheus, interpolate


def is_traffic(expr, reporter):
    """Its values are above 0 because there was traffic. Only clients' connections fail."""
    return "istio_" in expr and not ("istio_tcp_connections_failed" in expr and reporter == "destination")


def targets(dashboard):
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def panels(prometheus, start, end, dashboard):
    for title, expr in targets(dashboard):
        for reporter in "destination", "source":
            values = {"__rate_interval": RATE_INTERVAL, "reporter": reporter, "instance": ".*", "workload": ".*"}
            asked = interpolate(expr, values)
            yield f"{title}, {reporter}", asked, prometheus.finding(asked, start, end, is_traffic(expr, reporter))


def rules(prometheus, start, end):
    for group in prometheus.get("rules")["groups"]:
        for rule in group["rules"]:
            finding = None if rule["health"] == "ok" else f"{rule['health']} {rule.get('lastError')}"
            if rule["type"] == "recording" and not finding:
                finding = prometheus.finding(rule["name"], start, end, is_positive=True)
            yield "rule", rule["name"], finding


def metrics_not_shown(prometheus, dashboard):
    shown = " ".join(expr for _, expr in targets(dashboard))
    patterns = re.findall(r'__name__=~"([^"]+)"', shown)
    for name in prometheus.get("label/__name__/values"):
        if name.startswith("meshtap_") and name not in shown and not any(re.fullmatch(p, name) for p in patterns):
            yield "dashboard", name, "is in no panel"


def variables_without_options(prometheus, dashboard):
    """The metric part of label_values(METRIC, LABEL), for both sides."""
    for v in dashboard["templating"]["list"]:
        if v["type"] != "query":
            continue
        for reporter in "destination", "source":
            query = interpolate(v["query"]["query"], {"instance": ".*", "reporter": reporter})
            metric, label = re.fullmatch(r"label_values\((.+), (\w+)\)", query).groups()
            found = prometheus.get(f"label/{label}/values", **{"match[]": metric})
            yield "variable", v["name"], None if found else "no options"


def main():
    url, start, end, path = sys.argv[1:]
    prometheus = Prometheus(url)
    with open(path, encoding="utf-8") as file:
        dashboard = json.load(file)
    asked = [
        *panels(prometheus, start, end, dashboard),
        *rules(prometheus, start, end),
        *variables_without_options(prometheus, dashboard),
        *metrics_not_shown(prometheus, dashboard),
    ]
    for where, what, finding in asked:
        if finding:
            print(f"{where}: {what}: {finding}")
    print(len(asked), "asked")


if __name__ == "__main__":
    main()
