#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What Istio's dashboards (mesh, service, workload; of 2026-08) ask Prometheus, restated as data, and what becomes of it
with meshtap. compare_istio.py compares it with a checkout of Istio; tests/live/test_dashboards.sh with real traffic.

Run by itself it prints the tables of docs/dashboards.md."""
from typing import NamedTuple

# When an expression returns data over HTTP/1 and TCP. Whatever is not DAY_ONE or WORKLOADS never does, for that reason.
DAY_ONE = "with an empty configuration"
NAMESPACE = "need `[local] namespace` in workloads.ini"
PRINCIPAL = "needs the `principal` of a peer in workloads.ini"
WORKLOADS = (NAMESPACE, PRINCIPAL)
MUTUAL_TLS = (
    'ask for `connection_security_policy="mutual_tls"`: meshtap does not see inside TLS and so never claims it; Istio itself '
    "says `unknown` with `reporter=\"source\"`"
)
ISTIO_BUILD = "asks for `istio_build`, a metric of Istio's own components, and none of them runs here"


class Expression(NamedTuple):
    dashboard: str
    panel: str
    expr: str
    when: str


class Variable(NamedTuple):
    dashboard: str
    name: str
    expr: str  # of query_result()
    label: str  # each result's value of it is an option
    is_all: bool  # "All" unless chosen, and not the first option


# The default of $qrep, which is a list of the dashboard's own.
REPORTER = "destination"
RANGE = "[$__rate_interval]"


def irate(metric, where):
    return f"irate({metric}{{{where}}}{RANGE})"


def total(by, expr):
    return f"sum by ({by}) ({expr})" if by else f"sum({expr})"


def quantile(q, by, metric, where):
    by = f"{by}, le" if by else "le"
    return f"histogram_quantile({q}, {total(by, irate(metric + '_bucket', where))})"


def seconds(q, by, where):
    """Istio's dashboards know durations in milliseconds and, of other proxies, in seconds."""
    milliseconds = quantile(q, by, "istio_request_duration_milliseconds", where)
    return f"({milliseconds} / 1000) or {quantile(q, by, 'istio_request_duration_seconds', where)}"


def success(by, where, or_one=""):
    good = total(by, irate("istio_requests_total", where + ', response_code!~"5.*"'))
    every = total(by, irate("istio_requests_total", where))
    return f"{good} / ({every} {or_one})" if or_one else f"{good} / {every}"


def volume(where):
    return f"round({total('', irate('istio_requests_total', where))}, 0.001)"


QUANTILES = ("0.50", "0.90", "0.95", "0.99")


class Section(NamedTuple):
    """A row of panels: who talked to whom, each panel once for mutual TLS and once for the rest."""

    dashboard: str
    titles: dict  # of the panels, by their key in panels()
    by: str
    where: str
    when: str

    def variants(self):
        yield 'connection_security_policy="mutual_tls", ' + self.where, MUTUAL_TLS
        yield 'connection_security_policy!="mutual_tls", ' + self.where, self.when

    def panels(self):
        for where, when in self.variants():
            yield "success", success(self.by, where), when
            for q in QUANTILES:
                yield "duration", seconds(q, self.by, where), when
                for key in "request", "response":
                    yield key, quantile(q, self.by, f"istio_{key}_bytes", where), when
            for key in "received", "sent":
                bytes_total = irate(f"istio_tcp_{key}_bytes_total", where)
                yield key, f"round({total(self.by, bytes_total)}, 0.001)", when

    def requests(self):
        for where, when in self.variants():
            requests = total(f"{self.by}, response_code", irate("istio_requests_total", where))
            yield "requests", f"round({requests}, 0.001)", when

    def expressions(self):
        for key, expr, when in [*self.requests(), *self.panels()]:
            yield Expression(self.dashboard, self.titles[key], expr, when)


class Outbound(Section):
    """The first panel asks for the peer's principal, not for the policy."""

    def requests(self):
        for match, when in ("=~", PRINCIPAL), ("!~", self.when):
            where = f'destination_principal{match}"spiffe.*", {self.where}'
            requests = total(f"{self.by}, response_code", irate("istio_requests_total", where))
            yield "requests", f"round({requests}, 0.001)", when


RATE = "Success Rate (non-5xx responses)"
BY_SOURCE = {
    "requests": "Incoming Requests By Source And Response Code",
    "success": f"Incoming {RATE} By Source",
    "duration": "Incoming Request Duration By Source",
    "request": "Incoming Request Size By Source",
    "response": "Response Size By Source",
    "received": "Bytes Received from Incoming TCP Connection",
    "sent": "Bytes Sent to Incoming TCP Connection",
}
BY_WORKLOAD = BY_SOURCE | {
    "requests": "Incoming Requests By Destination Workload And Response Code",
    "success": f"Incoming {RATE} By Destination Workload",
    "duration": "Incoming Request Duration By Service Workload",
    "request": "Incoming Request Size By Service Workload",
    "response": "Response Size By Service Workload",
}
# The server's received bytes are what this client sent.
BY_DESTINATION = {
    "requests": "Outgoing Requests By Destination And Response Code",
    "success": f"Outgoing {RATE} By Destination",
    "duration": "Outgoing Request Duration By Destination",
    "request": "Outgoing Request Size By Destination",
    "response": "Response Size By Destination",
    "received": "Bytes Sent on Outgoing TCP Connection",
    "sent": "Bytes Received from Outgoing TCP Connection",
}

SOURCE = "source_workload, source_workload_namespace"
FROM = 'source_workload=~"$srcwl", source_workload_namespace=~"$srcns"'
CLIENT = 'reporter=~"$qrep", destination_service="$service"'
SERVER = 'reporter="destination", destination_service="$service"'
INBOUND = 'reporter=~"$qrep", destination_workload=~"$workload", destination_workload_namespace=~"$namespace"'
OUTBOUND = 'source_workload=~"$workload", source_workload_namespace=~"$namespace"'
MESH = 'reporter=~"source|waypoint"'

SECTIONS = (
    Section("service", BY_SOURCE, SOURCE, f"{CLIENT}, {FROM}", DAY_ONE),
    Section(
        "service",
        BY_WORKLOAD,
        "destination_workload, destination_workload_namespace",
        f'{SERVER}, destination_workload=~"$dstwl", destination_workload_namespace=~"$dstns"',
        DAY_ONE,
    ),
    Section("workload", BY_SOURCE, SOURCE, f"{INBOUND}, {FROM}", DAY_ONE),
    Outbound(
        "workload",
        BY_DESTINATION,
        "destination_service",
        f'reporter="source", {OUTBOUND}, destination_service=~"$dstsvc"',
        NAMESPACE,
    ),
)


def mesh_rate(metric, more="", by=""):
    rate = f"rate({metric}{{{MESH}{more}}}{RANGE})"
    return total(by, rate)


def mesh_table(expr):
    return (
        f'label_join({expr}, "destination_workload_var", ".", "destination_workload", "destination_workload_namespace")'
    )


def mesh():
    requests, by = "istio_requests_total", "destination_workload, destination_workload_namespace"
    all_requests = mesh_rate(requests)
    yield "Traffic Volume", f"round({all_requests}, 0.01)", DAY_ONE
    yield "Success Rate", f"""{mesh_rate(requests, ', response_code!~"5.."')} / {all_requests}""", DAY_ONE
    for code in "4", "5":
        some = mesh_rate(requests, f', response_code=~"{code}.."')
        yield f"{code}xxs", f"round({some}, 0.01) or vector(0)", DAY_ONE
    panel = "HTTP/gRPC Workloads"
    yield panel, mesh_table(mesh_rate(requests, by=f"{by}, destination_service")), DAY_ONE
    for q in "0.5", "0.9", "0.99":
        buckets = mesh_rate("istio_request_duration_milliseconds_bucket", by=f"le, {by}")
        yield panel, mesh_table(f"histogram_quantile({q}, {buckets})"), DAY_ONE
    good = mesh_rate(requests, ', response_code!~"5.."', by)
    yield panel, mesh_table(f"{good} / {mesh_rate(requests, by=by)}"), DAY_ONE
    for key in "received", "sent":
        rate = mesh_rate(f"istio_tcp_{key}_bytes_total", by=f"{by}, destination_service")
        yield "TCP Workloads", mesh_table(rate), DAY_ONE
    yield "Istio Component Versions", "sum by (component, tag) (istio_build)", ISTIO_BUILD


def service():
    for side, where in ("Client", CLIENT), ("Server", SERVER):
        yield f"{side} Request Volume", volume(where), DAY_ONE
        yield f"{side} {RATE}", success("", where, "or on () vector(1)"), DAY_ONE
        for q in "0.50", "0.90", "0.99":
            yield f"{side} Request Duration", seconds(q, "", where), DAY_ONE
    for key in "received", "sent":
        rate = irate(f"istio_tcp_{key}_bytes_total", CLIENT)
        yield f"TCP {key.title()} Bytes", total("", rate), DAY_ONE


def workload():
    yield "Incoming Request Volume", volume(INBOUND), DAY_ONE
    yield f"Incoming {RATE}", success("", INBOUND), DAY_ONE
    for q in "0.50", "0.90", "0.99":
        yield "Request Duration", seconds(q, "", INBOUND), DAY_ONE
    outbound = f'reporter=~"$qrep", {OUTBOUND}'
    for side, where in ("Server", INBOUND), ("Client", outbound):
        sent, received = (total("", irate(f"istio_tcp_{key}_bytes_total", where)) for key in ("sent", "received"))
        yield f"TCP {side} Traffic", f"{sent} + {received}", DAY_ONE


def general():
    for dashboard, panels in ("mesh", mesh()), ("service", service()), ("workload", workload()):
        for panel, expr, when in panels:
            yield Expression(dashboard, panel, expr, when)


EXPRESSIONS = [*general(), *(e for section in SECTIONS for e in section.expressions())]


def either(where, label):
    """What most variables ask: the label's values, of HTTP or of TCP."""
    braces = f"{{{where}}}" if where else ""
    return " or ".join(f"sum by ({label}) ({m}{braces})" for m in ("istio_requests_total", "istio_tcp_sent_bytes_total"))


def variable(dashboard, name, where, label, is_all=True):
    return Variable(dashboard, name, either(where, label), label, is_all)


# In their order: a variable may use those above it.
INCOMING = 'reporter=~"$qrep", destination_workload="$workload", destination_workload_namespace=~"$namespace"'
PLACED = 'destination_cluster=~"$dstcluster", destination_workload_namespace=~"$dstns"'
VARIABLES = [
    variable("service", "service", "", "destination_service", False),
    variable("service", "srccluster", CLIENT, "source_cluster"),
    variable("service", "srcns", CLIENT, "source_workload_namespace"),
    variable("service", "srcwl", f'{CLIENT}, source_workload_namespace=~"$srcns"', "source_workload"),
    variable("service", "dstcluster", SERVER, "destination_cluster"),
    variable("service", "dstns", SERVER, "destination_workload_namespace"),
    variable("service", "dstwl", f"{SERVER}, {PLACED}", "destination_workload"),
    variable("workload", "namespace", "", "destination_workload_namespace", False),
    Variable(
        "workload",
        "workload",
        " or ".join(
            f'(sum by (destination_workload) ({metric}{{destination_workload_namespace=~"$namespace"}})'
            f' or sum by (source_workload) ({metric}{{source_workload_namespace=~"$namespace"}}))'
            for metric in ("istio_requests_total", "istio_tcp_sent_bytes_total")
        ),
        "workload",  # of either end
        False,
    ),
    variable("workload", "srcns", INCOMING, "source_workload_namespace"),
    variable("workload", "srcwl", f'{INCOMING}, source_workload_namespace=~"$srcns"', "source_workload"),
    variable("workload", "dstsvc", f'reporter="source", {OUTBOUND}', "destination_service"),
]


def panels_when(when):
    """{(dashboard, panel): number of its expressions}, in the order of the dashboards."""
    rows = {}
    for e in EXPRESSIONS:
        if e.when == when:
            rows[e.dashboard, e.panel] = rows.get((e.dashboard, e.panel), 0) + 1
    return rows


def markdown():
    day_one = sum(panels_when(DAY_ONE).values())
    yield f"Of {len(EXPRESSIONS)} expressions {day_one} return data {DAY_ONE}. Of the others:"
    for when in (*WORKLOADS, MUTUAL_TLS, ISTIO_BUILD):
        rows = panels_when(when)
        yield f"\n**{sum(rows.values())}**: {when}.\n\n| dashboard | panel | expressions |\n|---|---|---|"
        for (dashboard, panel), count in rows.items():
            yield f"| {dashboard} | {panel} | {count} |"


if __name__ == "__main__":
    print("\n".join(markdown()))
