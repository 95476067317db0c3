#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Every rule has a unit test, every alert one for both cases, and texts. usage: check_coverage.py RULES... -- TESTS..."""
import re
import sys

import yaml


def load(paths):
    documents = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            documents.append(yaml.safe_load(file))
    return documents


def records_tested(tests):
    names = set()
    for test in tests:
        for case in test.get("promql_expr_test", []):
            if case["exp_samples"]:
                names.update(re.findall(r"[a-z_]+:[a-z_]+:[a-z_0-9]+", case["expr"]))
    return names


def alerts_tested(tests, fires):
    return {
        case["alertname"]
        for test in tests
        for case in test.get("alert_rule_test", [])
        if bool(case["exp_alerts"]) == fires
    }


def findings(rules, tests):
    records = records_tested(tests)
    for rule in rules:
        if "record" in rule:
            if rule["record"] not in records:
                yield f"{rule['record']}: no test"
            continue
        for fires in True, False:
            if rule["alert"] not in alerts_tested(tests, fires):
                yield f"{rule['alert']}: no test where it {'fires' if fires else 'does not fire'}"
        for text in "summary", "description":
            if not rule.get("annotations", {}).get(text):
                yield f"{rule['alert']}: no {text}"
        if rule.get("labels", {}).get("severity") not in ("info", "warning", "critical"):
            yield f"{rule['alert']}: no severity"


def main():
    split = sys.argv.index("--")
    rules = [rule for file in load(sys.argv[1:split]) for group in file["groups"] for rule in group["rules"]]
    tests = [test for file in load(sys.argv[split + 1 :]) for test in file["tests"]]
    found = list(findings(rules, tests))
    print(*found, sep="\n", end="\n" if found else "")
    return bool(found) or not rules


if __name__ == "__main__":
    sys.exit(main())
