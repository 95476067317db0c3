#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Prometheus's rules and the dashboards' documentation: promtool's checks and unit tests, a unit test for each rule, and the
# tables of docs/dashboards.md as the data say them.
# shellcheck disable=SC2317 # shunit2 calls the functions
set -u

cd "$(dirname "$0")/.." || exit 1
export PYTHONDONTWRITEBYTECODE=1

test_promtool_accepts_the_rules() {
	output=$(promtool check rules conf/prometheus/*.rules.yml 2>&1)
	assertEquals "$output" 0 $?
}

test_unit_tests_of_rules() {
	output=$(promtool test rules tests/prometheus/*_test.yml 2>&1)
	assertEquals "$output" 0 $?
}

test_every_rule_has_a_unit_test() {
	output=$(python3 tests/prometheus/check_coverage.py conf/prometheus/*.rules.yml -- tests/prometheus/*_test.yml 2>&1)
	assertEquals "$output" 0 $?
}

test_dashboard_is_well_formed() {
	output=$(python3 tests/prometheus/check_dashboard.py conf/grafana/*.json 2>&1)
	assertEquals "$output" 0 $?
}

test_docs_list_what_istios_dashboards_lack() {
	expected=$(python3 tests/prometheus/istio_expressions.py)
	actual=$(sed '1,/^<!-- istio_expressions.py -->$/d; /^<!-- end -->$/,$d' docs/dashboards.md)
	assertEquals "$expected" "$actual"
}

# shellcheck source=/dev/null
. "${SHUNIT2:-/usr/bin/shunit2}"
