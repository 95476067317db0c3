# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Prometheus's HTTP API, and what Grafana does to an expression before it asks."""
import json
import math
import re
import urllib.error
import urllib.parse
import urllib.request

RATE_INTERVAL = "4s"  # what Grafana makes of scrapes that are 1 s apart
STEP = "500ms"  # no scrape is passed over


class Prometheus:
    def __init__(self, url):
        self.url = url

    def get(self, path, **parameters):
        url = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise ValueError(json.load(error)["error"]) from error

    def instant(self, expr, time):
        """[(labels, value)]"""
        result = self.get("query", query=expr, time=time)["result"]
        return [(series["metric"], float(series["value"][1])) for series in result]

    def numbers(self, expr, start, end):
        """The finite values that a panel would show between start and end, of all series."""
        series = self.get("query_range", query=expr, start=start, end=end, step=STEP)["result"]
        values = [float(value) for s in series for _, value in s["values"]]
        return [value for value in values if math.isfinite(value)]

    def finding(self, expr, start, end, is_positive):
        """What is wrong with the data of expr, or None. A rate that never was above 0 shows no traffic."""
        try:
            numbers = self.numbers(expr, start, end)
        except ValueError as error:
            return str(error)
        if not numbers:
            return "no data"
        return "never above 0" if is_positive and max(numbers) <= 0 else None


def escape(text):
    """For a regular expression inside a string of PromQL."""
    return re.escape(text).replace("\\", "\\\\")


def interpolate(expr, values):
    """values: of variables, a list where several may be chosen ("All": each option)."""

    def value_of(match):
        name = match[1] or match[2]
        if name.isdigit():  # of label_replace()
            return match[0]
        value = values[name]
        if isinstance(value, str):
            return value
        return escape(value[0]) if len(value) == 1 else "(" + "|".join(map(escape, value)) + ")"

    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", value_of, expr)
