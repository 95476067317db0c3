#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The conversations of tests/corpus/ over real connections, in a sample of cuts; corpus/expect.py says what must be
# found. Run as root. MESHTAP_TEST_CASES="length.http ..." tries these only, MESHTAP_TEST_CUTS=N in N random cuts each.
# shellcheck disable=SC1091,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"

net=meshtap-corpus-$$
unit=meshtap-test-corpus-$$.service
port=$((20000 + $$ % 10000))
seed=${MESHTAP_TEST_SEED:-$$}
cuts=${MESHTAP_TEST_CUTS:-50}
export PYTHONDONTWRITEBYTECODE=1

oneTimeSetUp() {
	live_begin corpus
	units_add "$unit"
	netns_add "$net"
	start_metrics
	start_log
	echo "seed $seed"
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	stop_services
	live_end
}

no_connection() {
	[ -z "$(ip netns exec "$net" ss -Htn state connected exclude time-wait)" ]
}

# play KIND FIRST_PORT: and what came of it is in the log and in the counters
play() {
	mark
	: >"$dir/access.log"
	# shellcheck disable=SC2086 # one word a case
	in_unit "$unit" "$net" python3 "$top/tests/live/corpus/play.py" "$port" "$2" "$seed" "$cuts" \
		"$dir/access.log" "$1" ${MESHTAP_TEST_CASES-} >"$dir/played" || fail "$(tail -n 1 "$dir/played")"
	wait_for no_connection
	barrier "$net"
	sample
}

# total_of NAME: in compare.py's last line
total_of() {
	tail -n 1 "$dir/compared" | awk -v name="$1" '{ for (i = 1; i < NF; i += 2) if ($i == name) print $(i + 1) }'
}

# rose METRIC REPORTER
rose() {
	rise "$1" "reporter=$2" "destination_workload=$unit"
}

check() {
	local reporter

	python3 "$top/tests/live/corpus/compare.py" "$dir/played" "$dir/access.log" "$port" >"$dir/compared"
	cat "$dir/compared"
	[ -n "${MESHTAP_TEST_CASES-}" ] || assertNotEquals "plays" 0 "$(total_of plays)"
	assertEquals "wrong" 0 "$(total_of wrong)"
	for reporter in source destination; do
		assertEquals "requests, $reporter" "$(total_of requests)" "$(rose istio_requests_total $reporter)"
		assertEquals "request bytes, $reporter" "$(total_of request_bytes)" "$(rose istio_request_bytes_sum $reporter)"
		assertEquals "response bytes, $reporter" "$(total_of response_bytes)" "$(rose istio_response_bytes_sum $reporter)"
	done
	assertEquals "not counted" $((2 * $(total_of declared))) "$(rise meshtap_http_requests_inexact_messages_total)"
	assertEquals "not logged" $((2 * $(total_of declared))) "$(rise meshtap_access_log_inexact_messages_total)"
	assertEquals "ring drops" 0 "$(rise meshtap_access_log_dropped_records_total)"
}

test_declared() {
	play declared 30000
	check
}

test_exact() {
	play exact 35000
	check
}

. shunit2
