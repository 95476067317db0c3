#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The two TCP collectors against real connections, in network namespaces and units of the test's own. Run as root.
# shellcheck disable=SC1091,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"

traffic=$top/tests/live/tcp_traffic.py
net=meshtap-$$
far=meshtap-far-$$
server=meshtap-test-server-$$.service
client=meshtap-test-client-$$.service
port=7000

# start_server NETNS ADDRESS
start_server() {
	: >"$dir/server"
	in_unit "$server" "$1" python3 "$traffic" server "$2" "$port" >"$dir/server" 2>&1 &
	wait_for grep -q ready "$dir/server"
}

client() {
	in_unit "$client" "$net" python3 "$traffic" "$@"
}

# hold ADDRESS: a connection that stays; say N: 10 more exchanges, N in all; hang_up ends it.
hold() {
	hold_in "$client" "$net" python3 "$traffic" hold "$1" "$port"
}

connections() {
	collector tcp-connections "$@"
}

bytes() {
	collector tcp-bytes "$@"
}

both() {
	connections && bytes
}

# value METRIC REPORTER SERVER: the sum of the test's series; SERVER as destination_workload says.
value() {
	local own=source_workload=$client

	[ "$2" = source ] || own=destination_workload=$3
	cat "$dir"/textfile/*.prom | total "$1" "reporter=$2" "$own" "destination_workload=$3"
}

has_value() {
	both && [ "$(value "$1" "$2" "$3")" = "$4" ]
}

# assert_value EXPECTED METRIC REPORTER [SERVER]: at once or soon, as closing takes its time.
assert_value() {
	wait_for has_value "$2" "$3" "${4:-$server}" "$1"
	assertEquals "$2 $3" "$1" "$(value "$2" "$3" "${4:-$server}")"
}

assert_exchanged() {
	local reporter

	for reporter in source destination; do
		assert_value "$2" istio_tcp_connections_opened_total $reporter
		assert_value "$2" istio_tcp_connections_closed_total $reporter
		assert_value "$(($1 * 6))" istio_tcp_received_bytes_total $reporter
		assert_value "$(($1 * 12))" istio_tcp_sent_bytes_total $reporter
		assert_value 0 meshtap_tcp_connections_open $reporter
	done
}

oneTimeSetUp() {
	live_begin tcp
	units_add "$server" "$client"
	netns_add $net $far
	ip -n $net link add veth0 type veth peer name veth0 netns $far
	ip -n $net addr add 10.99.0.1/24 dev veth0
	ip -n $far addr add 10.99.0.2/24 dev veth0
	ip -n $net link set veth0 up
	ip -n $far link set veth0 up
}

oneTimeTearDown() {
	[ -z "$dir" ] || live_end
}

setUp() {
	if ! connections || ! bytes; then
		fail "the collectors do not start"
	fi
}

tearDown() {
	[ -n "$dir" ] || return 0 # shunit2 calls this once more at its end
	end_unit_processes "$server"
	end_unit_processes "$client"
	wait
	connections --unload
	bytes --unload
	rm -f "$dir"/textfile/*.prom
}

test_sixty_bytes_up_and_hundred_twenty_down_for_both_reporters() {
	start_server $net 127.0.0.1
	client client 127.0.0.1 $port
	assert_exchanged 10 1
	assertContains "$(grep 'reporter="source"' "$dir/textfile/meshtap_tcp_bytes.prom")" "source_workload=\"$client\""
}

test_fin_is_no_byte_whoever_closes() {
	start_server $net 127.0.0.1
	client client 127.0.0.1 $port first
	client client 127.0.0.1 $port both
	client client 127.0.0.1 $port reset
	assert_exchanged 30 3
	client client 127.0.0.1 $port last # its "close" is 6 bytes without an answer
	assert_value $((30 * 6 + 60 + 6)) istio_tcp_received_bytes_total source
	assert_value $((30 * 6 + 60 + 6)) istio_tcp_received_bytes_total destination
	assert_value $((30 * 12 + 120)) istio_tcp_sent_bytes_total source
	assert_value $((30 * 12 + 120)) istio_tcp_sent_bytes_total destination
}

test_ipv6_and_v4_mapped() {
	start_server $net ::
	client client ::1 $port
	client client 127.0.0.1 $port
	client client ::ffff:127.0.0.1 $port
	assert_exchanged 30 3
}

test_refused_connection_failed() {
	client refused 127.0.0.1 7999
	assert_value 1 istio_tcp_connections_failed_total source unknown
	assert_value 0 istio_tcp_connections_opened_total source unknown
}

test_another_network_namespace() {
	start_server $far 10.99.0.2
	client client 10.99.0.2 $port
	assert_exchanged 10 1
}

test_long_connection_advances_at_every_sample() {
	local n

	start_server $far 10.99.0.2
	hold 10.99.0.2
	for n in 1 2 3; do
		say $n
		both
		assertEquals $((n * 60)) "$(value istio_tcp_received_bytes_total source "$server")"
		assertEquals $((n * 60)) "$(value istio_tcp_received_bytes_total destination "$server")"
		assertEquals $((n * 120)) "$(value istio_tcp_sent_bytes_total destination "$server")"
		assertEquals 1 "$(value meshtap_tcp_connections_open destination "$server")"
	done
	hang_up
	assert_value 0 meshtap_tcp_connections_open destination
	assert_value 180 istio_tcp_received_bytes_total destination
}

test_connection_older_than_the_collector() {
	local reporter

	start_server $net 127.0.0.1
	hold 127.0.0.1
	say 1
	connections --unload
	bytes --unload
	rm -f "$dir"/textfile/*.prom
	both
	for reporter in source destination; do
		assertEquals 1 "$(value meshtap_tcp_connections_open $reporter "$server")"
		assertEquals 0 "$(value istio_tcp_connections_opened_total $reporter "$server")"
		assertEquals 0 "$(value istio_tcp_received_bytes_total $reporter "$server")"
	done
	say 2
	both
	for reporter in source destination; do
		assertEquals 60 "$(value istio_tcp_received_bytes_total $reporter "$server")"
		assertEquals 120 "$(value istio_tcp_sent_bytes_total $reporter "$server")"
	done
	hang_up
	for reporter in source destination; do
		assert_value 0 meshtap_tcp_connections_open $reporter
		assert_value 0 istio_tcp_connections_closed_total $reporter
		assert_value 60 istio_tcp_received_bytes_total $reporter
	done
}

links_pinned() {
	for link in "$pins"/*/link_*; do
		bpftool link show pinned "$link"
	done | grep -v '^[[:space:]]'
}

test_second_run_loads_nothing() {
	links=$(links_pinned)
	both
	assertEquals "$links" "$(links_pinned)"
	assertEquals 7 "$(echo "$links" | wc -l)"
}

program_is_gone() {
	! bpftool prog show id "$1"
}

test_unload_leaves_nothing() {
	local id

	links=$(links_pinned)
	assertTrue "connections --unload"
	assertTrue "bytes --unload"
	assertFalse "[ -e $pins ]"
	for id in $(echo "$links" | grep -o 'prog [0-9]*' | cut -d' ' -f2); do
		assertTrue "program $id is loaded" "wait_for program_is_gone $id"
	done
	assertTrue "unloading twice" "connections --unload"
}

test_changed_settings_start_anew_and_say_so() {
	start_server $net 127.0.0.1
	client client 127.0.0.1 $port
	assert_exchanged 10 1
	printf '[tcp_connections]\nmax_connections = 1000\n' >"$dir/meshtap.ini"
	assertContains "$(connections 2>&1)" "map layout changed"
	assertEquals 0 "$(value istio_tcp_connections_opened_total source "$server")"
	assertContains "$(cat "$dir/textfile/meshtap_tcp_connections.prom")" 'map_capacity{map="sockets"} 1000'
	: >"$dir/meshtap.ini"
}

test_link_that_someone_removed_comes_back() {
	start_server $net 127.0.0.1
	client client 127.0.0.1 $port
	assert_exchanged 10 1
	rm "$pins"/tcp_connections/link_tcp_connections_state "$pins"/tcp_bytes/link_tcp_bytes_state
	both
	client client 127.0.0.1 $port
	assert_exchanged 20 2
}

test_connections_without_room_are_counted_as_untracked() {
	start_server $net 127.0.0.1
	printf '[tcp_connections]\nmax_connections = 1\n' >"$dir/meshtap.ini"
	connections 2>/dev/null
	hold 127.0.0.1 # two sockets
	connections
	assertTrue "grep -q '^meshtap_tcp_connections_untracked_connections_total [1-9]' $dir/textfile/meshtap_tcp_connections.prom"
	hang_up
	: >"$dir/meshtap.ini"
}

test_promtool_accepts_the_files() {
	start_server $net 127.0.0.1
	client client 127.0.0.1 $port
	client refused 127.0.0.1 7999
	both
	for file in "$dir"/textfile/*.prom; do
		assertEquals "$file" "" "$(promtool check metrics <"$file" 2>&1)"
	done
}

# shellcheck source=/dev/null
. "${SHUNIT2:-/usr/bin/shunit2}"
