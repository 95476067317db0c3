#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# HTTP/1 without one wrong line: mixed requests of every framing against nginx, pipelined, on 64 connections. Every
# line of the log and every counter must be what nginx and the client say. Run as root.
# MESHTAP_TEST_REQUESTS=1000000 tests/live/test_mixed.sh is the long version, of a few minutes. MESHTAP_TEST_SEED,
# MESHTAP_TEST_PIPELINE (1 to 64), MESHTAP_TEST_RATE (requests per second, at most), MESHTAP_TEST_ADDRESS (also ::1) and
# MESHTAP_TEST_MTU (1500: segments as on a network, without offloads) change the load.
# shellcheck disable=SC1091,SC2317 # shunit2 is installed and calls the functions
# shellcheck disable=SC2154,SC3043 # lib.sh sets variables; dash has local
set -u
export PYTHONDONTWRITEBYTECODE=1

. "$(dirname "$0")/lib.sh"

load=$top/tests/live/load
net=meshtap-mixed-$$
server=meshtap-test-mixed-nginx-$$.service
client=meshtap-test-mixed-load-$$.service
requests=${MESHTAP_TEST_REQUESTS:-10000}
port=$((20000 + $$ % 10000)) # the log is of the whole host: only our own lines have it

limit_segments() { # MTU
	ip -n "$net" link set lo mtu "$1"
	ip netns exec "$net" ethtool -K lo tso off gso off gro off
}

build_client() {
	${CC:-gcc} -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra "$load"/*.c -o "$dir/mixed_load"
}

start_nginx() {
	mkdir -p "$dir/www/f" "$dir/tmp"
	"$dir/mixed_load" --make-files "$dir/www/f" || return 1
	sed "s|@DIR@|$dir|g; s|@PORT@|$port|g; s|@WORKERS@|2|g" "$load/nginx.conf.in" >"$dir/nginx.conf"
	in_unit "$server" "$net" nginx -c "$dir/nginx.conf" -e "$dir/error.log" &
	wait_for in_unit "$client" "$net" curl -sf -o /dev/null "http://127.0.0.1:$port/empty"
}

# Forgets what was needed to see that nginx answers.
forget() {
	barrier "$net"
	wait_for test -s "$dir/nginx.log"
	: >"$dir/nginx.log"
	: >"$dir/access.log"
	mark
}

run_load() {
	in_unit "$client" "$net" "$dir/mixed_load" --address "${MESHTAP_TEST_ADDRESS:-127.0.0.1}" --port $port \
		--requests "$requests" --connections 64 --pipeline "${MESHTAP_TEST_PIPELINE:-16}" \
		--seed "${MESHTAP_TEST_SEED:-1}" --rate "${MESHTAP_TEST_RATE:-0}" --timeout 20 --log "$dir/client.log"
	load_status=$?
	wait_for has_lines "$dir/nginx.log" "$requests"
	barrier "$net"
	sample
}

oneTimeSetUp() {
	live_begin mixed
	units_add "$server" "$client"
	netns_add "$net"
	[ -z "${MESHTAP_TEST_MTU:-}" ] || limit_segments "$MESHTAP_TEST_MTU"
	build_client || return 1
	# At full speed client and server take every CPU: the ring holds what comes while the log waits for one.
	printf '[access_log]\nring_bytes = 64M\n' >"$dir/meshtap.ini"
	start_metrics
	start_log
	start_nginx || return 1
	forget
	run_load
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	stop_services
	live_end
}

# Its answers were right, and nginx logged each request once.
test_load() {
	assertEquals "exit code of mixed_load" 0 "$load_status"
	assertEquals "lines of nginx" "$requests" "$(wc -l <"$dir/nginx.log")"
}

# assert_zero COLLECTOR METRIC: it is there, and all its series are 0
assert_zero() {
	local samples

	samples=$(grep "^meshtap_$1_$2[{ ]" "$dir/textfile/meshtap_$1.prom")
	assertNotNull "meshtap_$1 has no $2" "$samples"
	assertEquals "" "$(echo "$samples" | grep -v ' 0$')"
}

test_nothing_is_declared_lost() {
	for name in http_requests access_log; do
		assert_zero "$name" inexact_messages_total
		assert_zero "$name" untracked_connections_total
		assert_zero "$name" series_overflow_total
	done
	assert_zero access_log dropped_records_total
	assert_zero access_log dropped_lines_total
	assert_zero access_log damaged_heads_total
}

test_log() {
	python3 "$load/join.py" "$dir/access.log" "$dir/nginx.log" "$dir/client.log" "$port"
	assertEquals "exit code of join.py" 0 $?
}

test_counters() {
	local prom=meshtap_http_requests.prom

	python3 "$load/counters.py" "$dir/before/$prom" "$dir/textfile/$prom" "$dir/nginx.log" "$dir/client.log" "$server"
	assertEquals "exit code of counters.py" 0 $?
}

. shunit2
