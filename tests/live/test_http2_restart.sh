#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Collectors that are stopped, killed and started again under HTTP/2's load: no counter goes back, requests are those that the
# client made but for declared ones, and no line is wrong. MESHTAP_TEST_REQUESTS=100000
# (MESHTAP_LONG=1) for a long run. Run as root.
# shellcheck disable=SC1091,SC2034,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_log.sh"
. "$(dirname "$0")/lib_http2.sh"

net=meshtap-h2-again-$$
server=meshtap-test-h2again-server-$$.service
client=meshtap-test-h2again-client-$$.service
[ -z "${MESHTAP_LONG:-}" ] || : "${MESHTAP_TEST_REQUESTS:=100000}"
requests=${MESHTAP_TEST_REQUESTS:-12000}
seed=${MESHTAP_TEST_SEED:-1}
restarts=4
port=$((20000 + $$ % 10000)) # the log is of the whole host: only our own lines have it
load=''

oneTimeSetUp() {
	live_begin h2again
	units_add "$server" "$client"
	netns_add "$net"
	write_h2_files
	: >"$dir/server.log"
	start_collectors
	start_nginx_h2 "$port"
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	stop_collectors
	live_end
}

start_load() {
	forget_lines
	here "$client" node "$http2_helpers/node_client.js" 127.0.0.1 "$port" "$requests" 5 10 "$seed" nginx \
		>"$dir/client.log" 2>"$dir/client.err" &
	load=$!
}

# await_share N: of the restarts; the client has made so much of its requests. amid: how often it was not at its end yet, which a
# slow restart may miss.
await_share() {
	local lines=$((requests * $1 / (restarts + 1) / 1000 * 1000)) # it prints a thousand at once

	wait_for has_lines "$dir/client.log" $lines || fail "$lines requests are not made"
	ended "$load" || amid=$((amid + 1))
}

end_load() {
	wait "$load"
	assertEquals "exit code of the client: $(head -n 3 "$dir/client.err")" 0 $?
	assertEquals "requests made" "$requests" "$(wc -l <"$dir/client.log")"
	wait_for no_connection "$net" "$port"
	wait_for has_lines "$dir/server.log" "$requests"
	assert_same "the client's truth, and the server's" "$dir/client.log" "$dir/server.log"
	synced
}

# assert_never_back FILE: since its copy
assert_never_back() {
	assertEquals "went back" "" "$(python3 "$http2_helpers/went_back.py" "$dir/old.prom" "$1")"
}

# restart_metrics SIGNAL
restart_metrics() {
	sample
	cp "$dir/textfile/meshtap_http_requests.prom" "$dir/old.prom"
	kill "-$1" "$metrics_pid"
	wait "$metrics_pid" 2>/dev/null
	[ "$1" = KILL ] || assert_never_back "$dir/textfile/meshtap_http_requests.prom"
	start_metrics
	assert_never_back "$dir/textfile/meshtap_http_requests.prom"
}

# restart_log SIGNAL
restart_log() {
	sync_logs lines
	cp "$dir/lines/meshtap_access_log.prom" "$dir/old.prom"
	end_named_log lines "$1"
	run_named_log lines
	sync_logs lines
	assert_never_back "$dir/lines/meshtap_access_log.prom"
}

# restarts_of SERVICE SIGNAL: amid the load
restarts_of() {
	local n amid=0

	start_load
	for n in $(seq $restarts); do
		await_share "$n"
		"restart_$1" "$2"
	done
	assertTrue "$amid restarts amid the load" "[ $amid -ge 2 ]"
	end_load
}

# Of both reporters
assert_metrics() {
	local declared requests_counted

	declared=$(rise meshtap_http_requests_inexact_messages_total)
	requests_counted=$(made_by "$client" "$server")
	echo "counted $requests_counted, declared $declared: $(inexact_of "$dir/textfile/meshtap_http_requests.prom")"
	assertEquals "requests counted and declared" $((requests * 2)) $((requests_counted + declared))
	assert_between "counted" "$requests" $((requests * 2)) "$requests_counted"
}

# What a killed process had in hand may or may not be in the file: killed lines are at most so many.
assert_log() {
	local declared killed

	join_lines "$dir/client.log"
	killed=$(of_the_log dropped_lines_total reason=killed)
	declared=$(($(of_the_log inexact_messages_total) + $(of_the_log dropped_records_total)))
	echo "declared $declared, killed $killed; $(grep -v '^wrong:' "$dir/joined" | paste -s -d ,)"
	assert_no_wrong_line
	assert_between "missing: declared, and killed" "$declared" $((declared + killed)) "$(joined missing)"
}

test_metrics_stopped() {
	restarts_of metrics TERM
	assert_metrics
}

test_metrics_killed() {
	restarts_of metrics KILL
	assert_metrics
}

test_log_stopped() {
	restarts_of log TERM
	assert_log
}

test_log_killed() {
	restarts_of log KILL
	assert_log
}

# Of connections that are younger than the collectors everything is known.
test_whole_again() {
	forget_lines
	here "$client" node "$http2_helpers/node_client.js" 127.0.0.1 "$port" 500 5 10 "$seed" nginx >"$dir/client.log"
	wait_for no_connection "$net" "$port"
	synced
	assert_lines_equal "$dir/client.log" "$port"
	assert_requests_equal "$dir/client.log" "$client" "$server"
	assert_nothing_declared
}

. shunit2
