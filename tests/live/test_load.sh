#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The access log under load: rotated by logrotate, overloaded, killed and restarted. The truth is nginx's own log: every
# request is two lines (client and server), or lines dropped and counted. MESHTAP_TEST_REQUESTS says how many
# requests see it rotated. Run as root.
# shellcheck disable=SC1091,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"

net=meshtap-load-$$
server=meshtap-test-nginx-$$.service
client=meshtap-test-client-$$.service
requests=${MESHTAP_TEST_REQUESTS:-200000}
port=$((20000 + $$ % 10000)) # the log is of the whole host: only our own lines have it
counting=''
restarts=5

oneTimeSetUp() {
	live_begin load
	units_add "$server" "$client"
	netns_add "$net"
	serve_hello '1'
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	collector access-log --unload
	live_end
}

setUp() {
	wait_for nginx_is_done
	collector access-log --unload # counters of before
	: >"$dir/nginx.log"
	mkdir "$dir/log"
}

tearDown() {
	[ -z "$log_pid" ] || stop_log
	[ -z "$counting" ] || { : >"$dir/stop" && wait "$counting"; }
	counting=''
	[ -z "$dir" ] || rm -rf "$dir/log" "$dir/stop"
}

# With its last connection nginx has served, and logged, all that there was: its log has no buffer.
nginx_is_done() {
	[ -z "$(ip netns exec "$net" ss -Htn state connected exclude time-wait sport = ":$port")" ]
}

start_log() {
	: >"$dir/log.err"
	become_collector access-log --interval 3600 --log-file "$dir/log/access.log" 2>"$dir/log.err" &
	log_pid=$!
	wait_for grep -q ready "$dir/log.err"
}

# stop_log [SIGNAL]
stop_log() {
	kill "-${1:-TERM}" "$log_pid"
	wait "$log_pid" 2>/dev/null
	log_pid=''
}

# load ROUND SECONDS [fast|paced]: for the background too
load() {
	here "$client" wrk -t 1 -c 32 -d "$2" -s "$top/tests/live/log/numbered.lua" http://127.0.0.1:$port/ -- "$1" "${3:-paced}" \
		>"$dir/wrk"
}

# counted METRIC [LABEL=VALUE]: what the service says
counted() {
	local metric="meshtap_access_log_$1"

	shift
	total "$metric" "$@" <"$dir/textfile/meshtap_access_log.prom"
}

count_paths() {
	python3 "$top/tests/live/log/count_paths.py" "$port" "$dir/log" "$@"
}

# of WHAT: in count_paths' line
of() {
	expr "$(cat "$dir/counted")" : ".*$1 \([0-9]*\)"
}

# assert_lines DROPPED: lines and what was dropped is what nginx logged, on both sides together, but for those few
# requests that wrk leaves behind at the end of each of its ROUNDS on its 32 connections.
assert_lines() {
	local lines expected over

	lines=$(($(of client) + $(of server)))
	expected=$((2 * $(wc -l <"$dir/nginx.log")))
	over=$((lines + $1 - expected))
	echo "$expected expected: $lines lines, $1 dropped"
	[ "$over" -ge 0 ] || grep -E '^meshtap_.*(dropped|inexact|damaged|filtered|untracked|overflow)' "$dir/textfile/meshtap_access_log.prom"
	assertTrue "$over lines more than there should be" "[ $over -ge 0 -a $over -le $((64 * rounds)) ]"
	assertEquals "not whole: $(cat "$dir/broken")" 0 "$(of broken)"
	assertEquals "twice" 0 "$(of twice)"
}

# The shipped policy, but for what cannot be the test's own. Files are named by time and not compressed: so many of
# them are read and removed while the load goes on.
write_policy() {
	sed -e "s|^/var/log/meshtap/|$dir/log/|" -e 's/rotate 14/rotate 10000/' -e 's/-x meshtap-access-/-x meshtap-no-such/' \
		-e "s/systemctl kill .*meshtap-access-log.service/kill -HUP $log_pid/" -e 's/delaycompress/dateext/' \
		-e 's/compress$/dateformat -%s/' "$top/packaging/logrotate/meshtap" >"$dir/policy"
	chmod 644 "$dir/policy"
}

rotate_while() {
	while ! ended "$1"; do
		logrotate -f -s "$dir/rotations" "$dir/policy" || fail "logrotate"
		rotations=$((rotations + 1))
		sleep 2
	done
}

test_rotation() {
	local load_pid

	rotations=0 rounds=0
	printf '[access_log]\nring_bytes = 64M\n' >"$dir/meshtap.ini"
	start_log
	write_policy
	count_paths "$dir/stop" >"$dir/counted" 2>"$dir/broken" &
	counting=$!
	while [ "$(wc -l <"$dir/nginx.log")" -lt "$requests" ]; do
		load $rounds 10 &
		load_pid=$!
		rotate_while $load_pid
		rounds=$((rounds + 1))
	done
	wait_for nginx_is_done
	sample
	stop_log
	: >"$dir/stop"
	wait $counting
	counting=''
	assertEquals "ring drops" 0 "$(counted dropped_records_total)"
	assert_lines "$(counted dropped_lines_total)"
	assertEquals "dropped" 0 "$(counted dropped_lines_total)"
	assertEquals "heads" 0 "$(counted damaged_heads_total)"
	assertTrue "rotations" "[ $rotations -gt 3 ]"
	echo "$rotations rotations"
}

# A ring of 64 KiB has room for a fraction of what comes in between two looks at it.
test_overload() {
	local before after

	rounds=1
	printf '[access_log]\nring_bytes = 64K\n' >"$dir/meshtap.ini"
	start_log
	load 0 1 fast
	before=$(rss)
	rounds=2
	load 1 5 fast
	after=$(rss)
	echo "RSS $before KiB, after $after KiB; $(grep Requests/sec "$dir/wrk")"
	wait_for nginx_is_done
	sample
	stop_log
	count_paths >"$dir/counted" 2>"$dir/broken"
	assertTrue "dropped" "[ $(counted dropped_records_total) -gt 1000 ]"
	assert_lines $(($(counted dropped_records_total) + $(counted dropped_lines_total)))
	assertEquals "heads" 0 "$(counted damaged_heads_total)"
	assertEquals "pieces left" 0 "$(counted head_pieces)"
	assertTrue "RSS grew from $before to $after KiB" "[ $((after - before)) -le 1024 ]"
	assertNull "$(grep -E 'Socket errors|Non-2xx' "$dir/wrk")"
}

rss() {
	sed -nE 's/^VmRSS:[^0-9]*([0-9]+) kB/\1/p' "/proc/$log_pid/status"
}

# The reader stands still for longer than the ring holds: nothing of the traffic waits for it.
test_stopped_reader() {
	local load_pid

	rounds=1
	printf '[access_log]\nring_bytes = 1M\n' >"$dir/meshtap.ini"
	start_log
	load 0 6 fast &
	load_pid=$!
	wait_for test -s "$dir/log/access.log"
	kill -STOP "$log_pid"
	wait_for nginx_has 20000 || fail "nginx does not go on"
	kill -CONT "$log_pid"
	wait $load_pid
	wait_for nginx_is_done
	sample
	stop_log
	count_paths >"$dir/counted" 2>"$dir/broken"
	assertTrue "dropped" "[ $(counted dropped_records_total) -gt 1000 ]"
	assert_lines $(($(counted dropped_records_total) + $(counted dropped_lines_total)))
}

nginx_has() {
	[ "$(wc -l <"$dir/nginx.log")" -ge "$1" ]
}

# restart_under_load SIGNAL
restart_under_load() {
	local load_pid before

	rounds=1
	printf '[access_log]\nring_bytes = 16M\n' >"$dir/meshtap.ini"
	start_log
	load 0 8 &
	load_pid=$!
	for _ in $(seq $restarts); do
		before=$(wc -l <"$dir/log/access.log")
		wait_for has_lines "$dir/log/access.log" $((before + 5000)) || fail "no lines"
		stop_log "$1"
		start_log
	done
	wait $load_pid
	wait_for nginx_is_done
	sample
	stop_log
	count_paths >"$dir/counted" 2>"$dir/broken"
	assertEquals "ring drops" 0 "$(counted dropped_records_total)"
}

test_restarts_lose_nothing() {
	restart_under_load TERM
	assert_lines 0
	assertEquals "dropped" 0 "$(counted dropped_lines_total)"
	assertEquals "heads" 0 "$(counted damaged_heads_total)"
}

# Lines that a killed process had in hand are lost, and counted. It may die between writing and counting them: so it may
# count more than are lost. The kernel ends a killed process's write between two pages: so at most one line a kill is cut.
test_kills_are_declared() {
	local lines expected killed

	restart_under_load KILL
	lines=$(($(of client) + $(of server)))
	expected=$((2 * $(wc -l <"$dir/nginx.log")))
	killed=$(counted dropped_lines_total reason=killed)
	echo "$expected expected: $lines lines, $killed killed"
	assertTrue "lines are missing" "[ $((lines + killed)) -ge $expected ]"
	assertTrue "more are declared than 100 ms have" "[ $((lines + killed - expected)) -le 20000 ]"
	assertTrue "not whole: $(cat "$dir/broken")" "[ $(of broken) -le $restarts ]"
	assertEquals "twice" 0 "$(of twice)"
}

. shunit2
