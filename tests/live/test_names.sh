#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Series that change their labels or lose their unit, with the real maps: no counter goes back. Run as root.
# shellcheck disable=SC1091,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"

traffic=$top/tests/live/tcp_traffic.py
net=meshtap-names-$$
server=meshtap-names-server-$$.service
first=meshtap-names-first-$$.service
second=meshtap-names-second-$$.service
port=7000
opened=istio_tcp_connections_opened_total
received=istio_tcp_received_bytes_total

# configure LINE...: of all collectors' sections
configure() {
	local section

	for section in tcp_connections tcp_bytes http_requests; do
		printf '[%s]\n' "$section"
		[ $# = 0 ] || printf '%s\n' "$@"
	done >"$dir/meshtap.ini"
}

# talk UNIT: a connection of 60 bytes up
talk() {
	in_unit "$1" "$net" python3 "$traffic" client 127.0.0.1 "$port"
}

both() {
	collector tcp-connections && collector tcp-bytes
}

# has METRIC N LABEL=VALUE...
has() {
	local metric="$1" wanted="$2"

	shift 2
	both && [ "$(cat "$dir"/textfile/*.prom | total "$metric" "$@")" = "$wanted" ]
}

# assert_total METRIC N LABEL=VALUE...
assert_total() {
	wait_for has "$@"
	local metric="$1" wanted="$2"

	shift 2
	assertEquals "$metric $*" "$wanted" "$(cat "$dir"/textfile/*.prom | total "$metric" "$@")"
}

# knows COLLECTOR UNIT: its map of units has it
knows() {
	bpftool map dump pinned "$pins/$1/workloads" | grep -q "$2"
}

forgets() {
	both && ! knows tcp_connections "$1" && ! knows tcp_bytes "$1"
}

oneTimeSetUp() {
	live_begin names
	netns_add $net
}

oneTimeTearDown() {
	[ -z "$dir" ] || live_end
}

setUp() {
	units=''
	units_add "$server" "$first" "$second"
	configure
	both || fail "the collectors do not start"
	: >"$dir/server"
	in_unit "$server" "$net" python3 "$traffic" server 127.0.0.1 "$port" >"$dir/server" 2>&1 &
	wait_for grep -q ready "$dir/server"
}

tearDown() {
	local unit

	[ -n "$dir" ] || return 0
	for unit in $units; do
		[ ! -d "$cgroup/$unit" ] || end_unit "$unit"
	done
	units=''
	wait
	collector tcp-connections --unload
	collector tcp-bytes --unload
	rm -f "$dir"/textfile/*.prom
}

test_what_was_counted_stays_with_the_old_labels() {
	talk "$first"
	assert_total $opened 1 "source_workload=$first" reporter=source
	assert_total $received 60 "source_workload=$first" reporter=source
	configure 'add_tags = unit' 'remove_tags = source_principal'
	both 2>"$dir/errors"
	assertEquals "" "$(cat "$dir/errors")"
	talk "$first"
	assert_total $opened 2 "source_workload=$first" reporter=source
	assert_total $received 120 "source_workload=$first" reporter=source
	assert_total $opened 1 "source_workload=$first" source_principal=unknown reporter=source
	assert_total $received 60 "source_workload=$first" source_principal=unknown reporter=source
	assert_total $opened 1 "source_workload=$first" "unit=$first"
	assert_total $received 60 "source_workload=$first" "unit=$server"
	configure
	both
	talk "$first"
	assert_total $received 180 "source_workload=$first" reporter=source
	assert_total $received 120 "source_workload=$first" source_principal=unknown reporter=source
	assertTrue "promtool" "is_whole meshtap_tcp_bytes.prom"
}

# get N: requests of the first unit, answered by the server's unit
get() {
	local i

	for i in $(seq "$1"); do
		in_unit "$first" "$net" curl -s -o /dev/null http://127.0.0.1:8000/ || fail "no answer to request $i"
	done
}

listens() {
	ip netns exec "$net" nc -z 127.0.0.1 8000
}

test_requests_stay_with_the_old_labels_over_a_restart() {
	local own="source_workload=$first"

	in_unit "$server" "$net" python3 -m http.server --bind 127.0.0.1 8000 >/dev/null 2>&1 &
	wait_for listens
	start_metrics
	get 3
	sample
	kill "$metrics_pid"
	wait "$metrics_pid"
	configure 'add_tags = unit'
	start_metrics
	get 2
	sample
	assertEquals 5 "$(total istio_requests_total "$own" reporter=source <"$dir/textfile/meshtap_http_requests.prom")"
	assertEquals 5 "$(total istio_request_bytes_count "$own" reporter=destination <"$dir/textfile/meshtap_http_requests.prom")"
	assertEquals 2 "$(total istio_requests_total "$own" "unit=$first" <"$dir/textfile/meshtap_http_requests.prom")"
	kill -HUP "$metrics_pid"
	get 1
	sample
	assertEquals 3 "$(total istio_requests_total "$own" "unit=$first" <"$dir/textfile/meshtap_http_requests.prom")"
	assertTrue "promtool" "is_whole meshtap_http_requests.prom"
	kill "$metrics_pid"
	wait "$metrics_pid"
	metrics_pid=''
	collector http-requests --unload
}

test_series_that_become_equal_are_summed_and_disabled_metrics_absent() {
	configure 'remove_tags = source_workload source_canonical_service'
	printf 'disabled_metrics = istio_tcp_sent_bytes_total\n' | sed -i '/\[tcp_bytes\]/r /dev/stdin' "$dir/meshtap.ini"
	talk "$first"
	talk "$second"
	assert_total $opened 2 "destination_workload=$server" reporter=destination
	assertEquals 2 "$(grep -c "^$opened.*destination_workload=\"$server\"" "$dir/textfile/meshtap_tcp_connections.prom")"
	assertEquals 0 "$(grep -c istio_tcp_sent_bytes_total "$dir/textfile/meshtap_tcp_bytes.prom")"
	assertNotEquals 0 "$(grep -c "^$received" "$dir/textfile/meshtap_tcp_bytes.prom")"
}

test_series_of_a_unit_that_is_gone_expire() {
	configure 'series_expiry = 1'
	talk "$first"
	talk "$second"
	assert_total $opened 1 "source_workload=$first" reporter=source
	end_unit "$first"
	wait_for forgets_series "$first"
	both
	assertEquals 0 "$(cat "$dir"/textfile/*.prom | total $opened "source_workload=$first" reporter=source)"
	assert_total $opened 1 "source_workload=$second" reporter=source
	assert_total $opened 0 "source_workload=$first" reporter=destination
	units_add "$first"
	talk "$first"
	assert_total $opened 1 "source_workload=$first" reporter=source
	assert_total $received 60 "source_workload=$first" reporter=source
}

# is_whole PROM: 3: findings, such as that Istio counts in milliseconds
is_whole() {
	promtool check metrics <"$dir/textfile/$1" >/dev/null 2>&1 || [ $? = 3 ]
}

# forgets_series UNIT: as a client
forgets_series() {
	both && ! grep -q "reporter=\"source\",source_workload=\"$1\"" "$dir"/textfile/*.prom
}

test_what_a_unit_that_is_gone_has_counted_stays_where_others_have_its_labels() {
	configure 'series_expiry = 1' 'remove_tags = source_workload source_canonical_service' 'reporter = source'
	talk "$first"
	talk "$second"
	assert_total $opened 2 reporter=source "destination_workload=$server"
	assert_total $received 120 reporter=source "destination_workload=$server"
	end_unit_processes "$server"
	end_unit "$first"
	wait_for forgets "$first"
	assertTrue "expired" "forgets $first"
	both
	assertEquals 2 "$(cat "$dir"/textfile/*.prom | total $opened reporter=source "destination_workload=$server")"
	assertEquals 120 "$(cat "$dir"/textfile/*.prom | total $received reporter=source "destination_workload=$server")"
}

test_a_series_with_an_open_connection_does_not_expire() {
	local held

	configure 'series_expiry = 1'
	rm -f "$dir/orders"
	mkfifo "$dir/orders"
	: >"$dir/held"
	in_unit "$first" "$net" python3 "$traffic" hold 127.0.0.1 "$port" <"$dir/orders" >"$dir/held" &
	held=$!
	exec 9>"$dir/orders"
	wait_for grep -q ready "$dir/held"
	talk "$second"
	# the process moves to another unit, its connection stays the first one's
	move_processes "$first" "$second"
	rmdir "$cgroup/$first"
	assert_total $opened 1 "source_workload=$second" reporter=source
	end_unit_when_silent
	assert_total meshtap_tcp_connections_open 1 "source_workload=$first" reporter=source
	echo go >&9
	wait_for grep -q 'done' "$dir/held"
	assert_total $received 60 "source_workload=$first" reporter=source
	exec 9>&-
	wait "$held"
	wait_for forgets_series "$first"
	assertTrue "expired after its end" "forgets_series $first"
}

move_processes() {
	local pid

	while read -r pid; do
		echo "$pid" >"$cgroup/$2/cgroup.procs"
	done <"$cgroup/$1/cgroup.procs"
}

# Another unit that goes at the same time has expired: so could the series before.
end_unit_when_silent() {
	local third=meshtap-names-third-$$.service

	units_add "$third"
	talk "$third"
	end_unit "$third"
	wait_for forgets_series "$third"
}

. shunit2
