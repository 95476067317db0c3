#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# HTTP/2 connections that are older than the collectors, amid their traffic: every later call is counted, or declared; no line
# has a value that was not sent; what is not known is counted; and it ends, when the clients have sent their fields
# anew. MESHTAP_TEST_REQUESTS is how many calls are made after the collectors have come. Run as root.
# shellcheck disable=SC1091,SC2034,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_log.sh"
. "$(dirname "$0")/lib_http2.sh"

net=meshtap-h2-older-$$
server=meshtap-test-h2old-server-$$.service
client=meshtap-test-h2old-client-$$.service
connections=200
requests=${MESHTAP_TEST_REQUESTS:-24000}
port=$((20000 + $$ % 10000)) # the log is of the whole host: only our own lines have it

# Its encoder puts into the table what nginx's does not: status 302 and 503 too.
start_traffic() {
	: >"$dir/said"
	here "$server" node "$http2_helpers/node_server.js" "$port" "$dir/server.log" >"$dir/said" 2>&1 &
	wait_for grep -q ready "$dir/said"
	here "$client" node "$http2_helpers/steady_client.js" "$port" $connections 100 >"$dir/client.log" 2>"$dir/client.err" &
	wait_for has_lines "$dir/client.log" $((connections * 10))
}

# more_calls N: have ended
more_calls() {
	local before wanted

	before=$(wc -l <"$dir/client.log")
	wanted=$((before + $1))
	while [ "$before" -lt "$wanted" ]; do # each some seconds
		before=$((before + 2000 < wanted ? before + 2000 : wanted))
		wait_for has_lines "$dir/client.log" "$before" || fail "the client makes no more calls"
	done
}

milliseconds() {
	date +%s%3N
}

oneTimeSetUp() {
	live_begin h2older
	units_add "$server" "$client"
	netns_add "$net"
	start_traffic
	launched=$(milliseconds)
	start_collectors
	ready=$(milliseconds)
	more_calls $((requests * 3 / 4))
	mark
	settled=$(milliseconds)
	more_calls $((requests / 4))
	end_unit_processes "$client"
	wait_for no_connection "$net" "$port"
	synced
	later=$(awk -v t="$ready" '$(NF - 1) > t' "$dir/client.log" | wc -l)
	at_most=$(awk -v t="$launched" '$NF >= t' "$dir/client.log" | wc -l)
	join_lines "$dir/client.log" "$ready" "$settled"
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	stop_collectors
	live_end
}

test_truth() {
	assertEquals "errors of the client" "" "$(head -n 3 "$dir/client.err")"
	assertTrue "$later calls" "[ $later -ge $((requests - connections)) ]"
	sed 's/ [0-9]* [0-9]*$//' "$dir/client.log" >"$dir/calls"
	assert_same "the client's truth, and the server's" "$dir/calls" "$dir/server.log"
}

# counted METRIC [LABEL=VALUE]...: since the collector came
counted() {
	total "$@" <"$dir/textfile/meshtap_http_requests.prom"
}

# Of both reporters, but for calls that were in progress when the collector came
test_counted_or_declared() {
	local requests declared

	requests=$(($(counted istio_requests_total reporter=source source_workload="$client") + \
		$(counted istio_requests_total reporter=destination destination_workload="$server")))
	declared=$(counted meshtap_http_requests_inexact_messages_total)
	echo "$later to $at_most calls; of both reporters $requests counted, $declared declared"
	assert_between "counted and declared" $((later * 2)) $((at_most * 2)) $((requests + declared))
}

test_no_wrong_value() {
	echo "of the log: $(log_total lines inexact_messages_total) declared; $(grep -v '^wrong:' "$dir/joined" | paste -s -d ,)"
	assert_no_wrong_line
	assert_between "lines that are missing: declared" 0 "$(log_total lines inexact_messages_total)" "$(joined missing)"
}

test_unresolved_fields_are_counted() {
	assert_between "unresolved, of the log" 1 10000000 "$(log_total lines h2_unresolved_fields_total)"
	assert_between "unresolved, of the metrics" 1 10000000 "$(counted meshtap_http_requests_h2_unresolved_fields_total)"
	assert_between "lines with -" 1 10000000 "$(grep -c ":$port .*\"-\" \"" "$dir/lines.log")"
}

# By the last quarter every entry of the tables is one that the collectors saw.
test_whole_again() {
	local ended

	ended=$(awk -v t="$settled" '$NF >= t' "$dir/client.log" | wc -l)
	assertEquals "incomplete lines: $(cat "$dir/joined")" 0 "$(joined incomplete)"
	assertEquals "declared: $(inexact_of "$dir/textfile/meshtap_http_requests.prom")" 0 \
		"$(rise meshtap_http_requests_inexact_messages_total)"
	assert_between "counted, of both reporters" $(((ended - connections) * 2)) $(((ended + connections) * 2)) \
		"$(made_by "$client" "$server")"
}

. shunit2
