#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# All faults at once, under load: both services are killed and stopped at random moments, told to reload every second, the
# ring or the log's disk is small and fills up, units come and go. The truth is nginx's own log and h2load's count: no request
# fails, all are counted, and each is a line of the log or declared. MESHTAP_STORM_SECONDS=300 makes each of the
# storms last so long, MESHTAP_TEST_SEED repeats the order of faults. Run as root.
# shellcheck disable=SC1091,SC2034,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/../live/lib.sh"
. "$(dirname "$0")/../live/lib_log.sh"

net=meshtap-faults-$$
server=meshtap-test-faults-nginx-$$.service
client=meshtap-test-faults-client-$$.service
port=$((20000 + $$ % 10000)) # the log is of the whole host: only our own lines have it
storm_seconds=${MESHTAP_STORM_SECONDS:-60} # each of two storms
seed=${MESHTAP_TEST_SEED:-1}
small=''

oneTimeSetUp() {
	live_begin faults
	units_add "$server" "$client"
	netns_add "$net"
	serve_hello "\$remote_addr:\$remote_port \$request_uri \$status"
	small=$dir/log
	mkdir "$small" "$dir/rotated"
	mount -t tmpfs -o size=8m none "$small"
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	umount "$small"
	live_end
}

setUp() {
	wait_for no_connection "$net" "$port"
	: >"$dir/nginx.log"
}

tearDown() {
	[ -n "$dir" ] || return 0
	stop_services
	rm -f "$small"/* "$dir"/rotated/* "$dir"/pid.*
}

# configure MAX_CONNECTIONS RING: lines that can be told apart, and nothing of what others on the host have in progress
configure() {
	cat >"$dir/meshtap.ini" <<-END
		[http_requests]
		include_ports = $port
		max_connections = $1
		[access_log]
		include_ports = $port
		max_connections = $1
		ring_bytes = $2
		text_format = %REPORTER% %STREAM_ID% %RESPONSE_CODE% %REQ(:PATH)% %UPSTREAM_HOST% %DOWNSTREAM_REMOTE_ADDRESS% end
	END
}

run_metrics() {
	start_metrics
	echo "$metrics_pid" >"$dir/pid.metrics"
}

run_log() {
	: >"$dir/log.err"
	become_collector access-log --interval 3600 --log-file "$small/access.log" 2>"$dir/log.err" &
	log_pid=$!
	wait_for grep -q ready "$dir/log.err"
	echo "$log_pid" >"$dir/pid.log"
}

# kill_service NAME: and start it again
kill_service() {
	local pid

	pid=$(cat "$dir/pid.$1")
	rm "$dir/pid.$1" # one that starts is not told to reload
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	"run_$1"
}

# stop_service NAME: for longer than the ring holds
stop_service() {
	kill -STOP "$(cat "$dir/pid.$1")"
	sleep 10
	kill -CONT "$(cat "$dir/pid.$1")"
}

# write_order FAULT...: rounds of all, of more than there is time for
write_order() {
	for _ in $(seq 1000); do
		printf '%s\n' "$@"
	done | awk -v seed="$seed" -v n=$# 'BEGIN { srand(seed) } { print int((NR - 1) / n), rand(), $0, rand() * 2 }' |
		sort -n -k 1,1 -k 2,2 | cut -d ' ' -f 3-
}

# storm_while PID FAULT...: a fault, and up to two seconds without
storm_while() {
	local load="$1" fault what pause

	shift
	write_order "$@" >"$dir/order"
	while ! ended "$load" && read -r fault what pause; do
		$fault "$what"
		echo "$fault $what" >>"$dir/faults"
		sleep "$pause"
	done <"$dir/order"
}

is_raining() {
	[ -e "$dir/raining" ]
}

# reload_always: every second
reload_always() {
	while is_raining; do
		# shellcheck disable=SC2046 # one word a process
		kill -HUP $(cat "$dir"/pid.*) 2>/dev/null
		sleep 1
	done
}

# rotate_always: what reopens the log does so because of reload_always, or of a start. A file is moved away when another
# one has been written to for a while.
rotate_always() {
	local n=0

	while is_raining; do
		sleep 3
		[ -e "$small/access.log" ] || continue
		n=$((n + 1))
		[ ! -e "$small/old" ] || mv "$small/old" "$dir/rotated/$n"
		mv "$small/access.log" "$small/old"
	done
}

# churn_always: units that live for one request
churn_always() {
	local n=0 unit

	while is_raining; do
		n=$((n + 1))
		unit=meshtap-test-faults-churn-$$-$n.service
		mkdir "$cgroup/$unit"
		here "$unit" curl -sf -o /dev/null "http://127.0.0.1:$port/churn" || echo "curl $?" >>"$dir/failed"
		echo "$n" >>"$dir/churned"
		wait_for rmdir "$cgroup/$unit"
	done
}

# load_for SECONDS: rounds of requests, each counted by the client
load_for() {
	local until

	until=$(($(date +%s) + $1))
	while [ "$(date +%s)" -lt "$until" ]; do
		here "$client" h2load --h1 -n 20000 -c 16 "http://127.0.0.1:$port/" >"$dir/h2load" 2>&1
		grep -q ' 20000 succeeded, 0 failed, 0 errored, 0 timeout' "$dir/h2load" || cat "$dir/h2load" >>"$dir/failed"
		echo 20000 >>"$dir/made"
	done
}

# counted METRIC [LABEL=VALUE]: what the log's service says
counted() {
	local metric="meshtap_access_log_$1"

	shift
	total "$metric" "$@" <"$dir/textfile/meshtap_access_log.prom"
}

# ours: all our lines, each file's last one with an end
ours() {
	local file

	for file in "$dir"/rotated/* "$small"/*; do
		[ ! -e "$file" ] || awk 1 "$file"
	done | grep -a " 127\.0\.0\.1:$port "
}

assert_traffic_unharmed() {
	local made

	made=$(($(awk '{ n += $1 } END { print n }' "$dir/made") + $(wc -l <"$dir/churned")))
	assertFalse "failed: $(head -n 20 "$dir/failed" 2>/dev/null)" "[ -e '$dir/failed' ]"
	assertEquals "requests of clients, and of nginx's log" "$made" "$(wc -l <"$dir/nginx.log")"
}

# inexact STEM: why messages were declared
inexact() {
	grep -h '_inexact_messages_total{.*} [1-9]' "$dir/textfile/meshtap_$1.prom"
}

assert_metrics_exact() {
	local end

	for end in source destination; do
		assertEquals "requests, $end" "$(wc -l <"$dir/nginx.log")" \
			"$(rise istio_requests_total reporter=$end "destination_workload=$server")"
	done
	assertEquals "$(inexact http_requests)" 0 "$(rise meshtap_http_requests_inexact_messages_total)"
	assertEquals "untracked" 0 "$(rise meshtap_http_requests_untracked_connections_total)"
}

# What a killed process had in hand may be in the file and declared too: at most what 100 ms have, at each kill. And it may
# have been in the middle of a line: the kernel ends a killed process's write between two pages.
assert_lines_declared() {
	local lines expected declared kills over whole broken

	ours >"$dir/ours"
	whole="^(source|destination) [^ ]+ 200 /(churn)? 127\.0\.0\.1:$port 127\.0\.0\.1:[0-9]+ end\$"
	kills=$(grep -c 'kill_service log' "$dir/faults")
	broken=$(grep -cavE "$whole" "$dir/ours")
	assertTrue "$broken not whole: $(grep -avE "$whole" "$dir/ours" | head -n 3)" "[ $broken -le $kills ]"
	grep -aE "$whole" "$dir/ours" >"$dir/lines"
	assertEquals "twice" "" "$(cut -d ' ' -f 1,2 "$dir/lines" | sort | uniq -d | head -n 3)"
	lines=$(wc -l <"$dir/lines")
	expected=$((2 * $(wc -l <"$dir/nginx.log")))
	declared=$(($(counted dropped_records_total) + $(counted dropped_lines_total)))
	over=$((lines + declared - expected))
	echo "$expected lines expected: $lines written, $(counted dropped_records_total) found no room in the ring, dropped:" \
		"$(sed -nE 's/^meshtap_access_log_dropped_lines_total\{reason="([a-z_]+)"\} ([0-9]+)/\1 \2/p' \
			"$dir/textfile/meshtap_access_log.prom" | paste -s -d ,)"
	assertTrue "$over more than there should be, after $kills kills" "[ $over -ge 0 ] && [ $over -le $((20000 * kills)) ]"
	assertEquals "$(inexact access_log)" 0 "$(counted inexact_messages_total)"
}

# The faults have done their worst.
assert_it_stormed() {
	sort "$dir/faults" | uniq -c
	assertTrue "the ring was full" "[ $(counted dropped_records_total) -gt 0 ]"
	assertTrue "kills" "[ $(grep -c kill_service "$dir/faults") -ge 1 ]"
	assertTrue "units" "[ $(wc -l <"$dir/churned") -ge 20 ]"
}

# storm FAULT...: with all that goes on besides
storm() {
	local load others

	configure 65536 1M # fills up while the log stands still
	run_metrics
	run_log
	mark
	rm -f "$dir/failed"
	: >"$dir/made" && : >"$dir/churned" && : >"$dir/faults" && : >"$dir/raining"
	reload_always &
	others=$!
	rotate_always &
	others="$others $!"
	churn_always &
	others="$others $!"
	load_for "$storm_seconds" &
	load=$!
	storm_while $load "$@"
	wait $load
	rm "$dir/raining"
	# shellcheck disable=SC2086 # one word a process
	wait $others
	wait_for no_connection "$net" "$port"
	sample
	assert_traffic_unharmed
	assert_metrics_exact
	assert_lines_declared
	assert_it_stormed
}

test_storm() {
	mount -o remount,size=1g "$small"
	storm 'kill_service metrics' 'kill_service log' 'stop_service metrics' 'stop_service log'
}

test_storm_on_a_full_disk() {
	mount -o remount,size=8m "$small"
	storm 'kill_service metrics' 'kill_service log' 'stop_service log' 'sleep 1'
	assertTrue "the disk was full" "[ $(counted dropped_lines_total reason=no_space) -gt 0 ]"
	mount -o remount,size=1g "$small"
}

# Of the ends for which there is no room none is followed by half: an end has all its lines or none, and is declared.
test_full_map() {
	local ends lines with_lines

	configure 40 64M
	run_metrics
	run_log
	mark
	here "$client" h2load --h1 -n 20000 -c 64 "http://127.0.0.1:$port/" >"$dir/h2load" 2>&1
	wait_for no_connection "$net" "$port"
	sample
	assertEquals "failed: $(cat "$dir/h2load")" 1 "$(grep -c ' 20000 succeeded, 0 failed' "$dir/h2load")"
	assertEquals "nginx's requests" 20000 "$(wc -l <"$dir/nginx.log")"
	cut -d ' ' -f 1 "$dir/nginx.log" | sort | uniq -c | awk '{ print $2, $1 }' | sort >"$dir/truth"
	for ends in source destination; do
		ours | awk -v end=$ends '$1 == end { print $6 }' | sort | uniq -c | awk '{ print $2, $1 }' | sort >"$dir/ends.$ends"
		assertEquals "followed by half, $ends" "" "$(comm -13 "$dir/truth" "$dir/ends.$ends" | head -n 5)"
	done
	with_lines=$(cat "$dir/ends.source" "$dir/ends.destination" | wc -l)
	echo "$with_lines of 128 ends have lines"
	assertEquals "ring drops" 0 "$(counted dropped_records_total)"
	assertTrue "some are followed" "[ $with_lines -gt 0 ]"
	assertEquals "followed and declared" 128 $((with_lines + $(counted untracked_connections_total)))
	lines=$(($(rise istio_requests_total)))
	assertTrue "$lines requests are counted" "[ $lines -gt 0 ] && [ $lines -lt 40000 ]"
	assertTrue "declared" "[ $(rise meshtap_http_requests_untracked_connections_total) -ge 88 ]"
}

. shunit2
