#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Connections that begin, end or are cut in every odd way; edges/ makes them and knows what the log must say. Run as root.
# shellcheck disable=SC1091,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"

net=meshtap-edges-$$
unit=meshtap-test-edges-$$.service
port=$((20000 + $$ % 10000))
export PYTHONDONTWRITEBYTECODE=1

oneTimeSetUp() {
	live_begin edges
	units_add "$unit"
	netns_add "$net"
	start_metrics
	start_log
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	stop_services
	live_end
}

# Forgets what was logged and counted so far.
forget() {
	mark
	: >"$dir/access.log"
}

# traffic CASE [ADDRESS]
traffic() {
	in_unit "$unit" "$net" python3 "$top/tests/live/edges/run.py" "$1" "${2:-127.0.0.1}" "$port"
}

no_connection() {
	[ -z "$(ip netns exec "$net" ss -Htn state connected exclude time-wait)" ]
}

# The same fields of the log's lines, for each reporter
logged() {
	sed -nE 's/^\[[^]]*\] "([^ ]+) ([^ ]+) [^"]*" ([0-9]+) ([^ ]+) [^ ]+ - "-" ([0-9]+) ([0-9]+) [0-9]+ .*:'"$port"'" '"$1"'.*/\1 \2 \3 \4 \5 \6/p' \
		"$dir/access.log" | sort
}

# assert_reporter REPORTER CLUSTER: log and counters say what $dir/expected says
assert_reporter() {
	local status flags count

	logged "$2" >"$dir/logged"
	assertTrue "$1: $(diff "$dir/expected" "$dir/logged" | head -n 20)" "cmp -s $dir/expected $dir/logged"
	grep -v '^- ' "$dir/expected" | awk '{ n[$3 " " $4]++ } END { for (i in n) print i, n[i] }' >"$dir/counts"
	while read -r status flags count; do
		assertEquals "$1 $status $flags" "$count" "$(rise istio_requests_total "reporter=$1" \
			"destination_workload=$unit" "response_code=$status" "response_flags=$flags")"
	done <"$dir/counts"
	assertEquals "requests, $1" "$(grep -vc '^- ' "$dir/expected")" \
		"$(rise istio_requests_total "reporter=$1" "destination_workload=$unit")"
}

# assert_as_expected DECLARED: what is in no line
assert_as_expected() {
	sort -o "$dir/expected" "$dir/expected"
	assertTrue "the case says what to expect" "[ -s $dir/expected ]"
	wait_for no_connection
	barrier "$net"
	sample
	assert_reporter source PassthroughCluster
	assert_reporter destination inbound
	assertEquals "not counted" "$1" "$(rise meshtap_http_requests_inexact_messages_total)"
	assertEquals "not logged" "$1" "$(rise meshtap_access_log_inexact_messages_total)"
}

check() { # CASE [ADDRESS [DECLARED]]
	forget
	traffic "$1" "${2:-127.0.0.1}" >"$dir/expected" || fail "$1"
	assert_as_expected "${3:-0}"
}

test_deferred_accept() { check deferred_accept; }
test_delayed_ack() { check delayed_ack; }
test_fast_open_with_cookie() { check fast_open_with_cookie; }
test_fast_open_without_cookie() { check fast_open_without_cookie; }
test_syn_cookies() { check syn_cookies; }
test_sockets_passed_on() { check sockets_passed_on; }

test_tiny_segments() {
	ip netns exec "$net" ethtool -K lo tso off gso off gro off
	check tiny_segments
	ip netns exec "$net" ethtool -K lo tso on gso on gro on
}

test_byte_by_byte() { check byte_by_byte; }
test_keepalive_probes() { check keepalive_probes; }
test_zero_window() { check zero_window; }
test_pipelining() { check pipelining; }
test_long_heads() { check long_heads; }
test_upgrade() { check upgrade; }
test_connect_tunnel() { check connect_tunnel; }
test_connect_refused() { check connect_refused; }
test_forged_segments() { check forged_segments; }
test_corrupted_segments() { check corrupted_segments; }
test_forged_reset_blames_nobody() { check forged_reset_blames_nobody; }

test_other_protocols() { check other_protocols; }
test_tiny_chunks() { check tiny_chunks; }

test_big_segments() {
	if ! ip -n "$net" link set lo gso_max_size 180000 gro_max_size 180000; then
		echo "SKIP: no BIG TCP"
		return
	fi
	check big_segments ::1
}

test_interim_responses() { check interim_responses; }
test_early_response() { check early_response; }
test_urgent_byte() { check urgent_byte 127.0.0.1 2; }

test_multipath_tcp() {
	if ! grep -qsx 1 /proc/sys/net/mptcp/enabled; then
		echo "SKIP: no MPTCP"
		return
	fi
	check multipath_tcp
}

test_half_close() { check half_close; }
test_client_resets_before_request() { check client_resets_before_request; }
test_client_resets_amid_request_line() { check client_resets_amid_request_line; }
test_client_resets_amid_head() { check client_resets_amid_head; }
test_client_resets_amid_request_body() { check client_resets_amid_request_body; }
test_client_resets_after_request() { check client_resets_after_request; }
test_client_resets_amid_response() { check client_resets_amid_response; }
test_client_resets_pipelined() { check client_resets_pipelined; }
test_client_closes_unanswered() { check client_closes_unanswered; }
test_server_closes_unanswered() { check server_closes_unanswered; }
test_server_resets_unanswered() { check server_resets_unanswered; }
test_server_closes_amid_response_head() { check server_closes_amid_response_head; }
test_server_cuts_bodies() { check server_cuts_bodies; }
test_response_until_close() { check response_until_close; }
test_timeout_amid_head() { check timeout_amid_head; }
test_timeout_of_an_idle_connection() { check timeout_of_an_idle_connection; }
test_tuple_used_again() { check tuple_used_again; }

test_older_than_the_collector() {
	mkfifo "$dir/orders"
	traffic older_than_the_collector <"$dir/orders" >"$dir/expected" 2>"$dir/said" &
	exec 9>"$dir/orders"
	wait_for grep -q ready "$dir/said"
	stop_services
	start_metrics
	start_log
	forget
	echo go >&9
	wait_for no_connection
	exec 9>&-
	assert_as_expected 4 # download and upload, for each reporter
}

. shunit2
