#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""check_istio.py URL START END SCENARIO NAME=VALUE...: chooses variables as a user of Istio's dashboards does (NAME=VALUE, or
the first option), asks all their expressions, and prints those that return data and should not, or should and do not.
SCENARIO is day_one or workloads; the last line says how many were asked."""
import pathlib
import sys

from prometheus import RATE_INTERVAL, Prometheus, interpolate

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "prometheus"))
import istio_expressions as istio  # noqa: E402

RETURNS = {"day_one": {istio.DAY_ONE}, "workloads": {istio.DAY_ONE, *istio.WORKLOADS}}


def options(results, label):
    """As the variables' regular expressions find them: a label that is empty is not there."""
    found = [value for labels, _ in results for name, value in labels.items() if name.endswith(label)]
    return sorted(set(found))


def choose(name, found, wanted):
    if name not in wanted:
        return found[0] if found else ""
    if wanted[name] not in found:
        raise ValueError(f"${name}: {wanted[name]} is not offered, but {found}")
    return wanted[name]


def variables(prometheus, dashboard, end, wanted):
    values = {"__rate_interval": RATE_INTERVAL, "qrep": wanted.get("qrep", istio.REPORTER).split("|")}
    for v in istio.VARIABLES:
        if v.dashboard == dashboard:
            found = options(prometheus.instant(interpolate(v.expr, values), end), v.label)
            values[v.name] = found if v.is_all else choose(v.name, found, wanted)
    return values


def findings(prometheus, start, end, returns, wanted):
    values = {d: variables(prometheus, d, end, wanted) for d in ("mesh", "service", "workload")}
    for e in istio.EXPRESSIONS:
        expr = interpolate(e.expr, values[e.dashboard])
        finding = prometheus.finding(expr, start, end, is_positive=True)
        if e.when in returns and finding:
            yield f"{e.dashboard}: {e.panel}: {finding}: {expr}"
        if e.when not in returns and finding != "no data":
            yield f"{e.dashboard}: {e.panel}: {finding or 'has data'}, though {e.when}: {expr}"


def main():
    url, start, end, scenario = sys.argv[1:5]
    wanted = dict(argument.split("=", 1) for argument in sys.argv[5:])
    for finding in findings(Prometheus(url), start, end, RETURNS[scenario], wanted):
        print(finding)
    print(len(istio.EXPRESSIONS), "asked")


if __name__ == "__main__":
    main()
