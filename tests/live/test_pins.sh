#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What a start of a TCP collector makes of what is pinned: it opens its BPF object only if need be, loads what its settings
# say, mends what is missing, and may be killed at any step. Truths: what a first load with the same settings pins, the
# bytes that were sent, and libbpf's function that opens an object. Run as root.
# shellcheck disable=SC1091,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"

traffic=$top/tests/live/tcp_traffic.py
net=meshtap-pins-$$
server=meshtap-pins-server-$$.service
client=meshtap-pins-client-$$.service
port=7000
both='tcp-connections tcp-bytes'

# configure [LINE]: the settings of both
configure() {
	printf '[tcp_connections]\n%s\n[tcp_bytes]\n%s\n' "${1:-}" "${1:-}" >"$dir/meshtap.ini"
}

# opens COLLECTOR: a run of it, which says on standard error what it has to say
opens() {
	LD_PRELOAD=$dir/watch.so collector "$1" >"$dir/output" 2>&1 || fail "$1: $(cat "$dir/output")"
	grep -q opened "$dir/output"
}

# settle COLLECTOR: runs until it knows what is pinned
settle() {
	collector "$1" 2>/dev/null
	collector "$1" || fail "$1"
	assertFalse "$1 knows what is pinned" "opens $1"
}

pins_of() {
	echo "$pins/$(echo "$1" | tr - _)"
}

state() {
	python3 "$top/tests/live/pins/state.py" "$(pins_of "$1")"
}

# first_load COLLECTOR: the state of one with the settings of now
first_load() {
	collector "$1" --unload
	collector "$1" || fail "$1"
	state "$1"
}

ids() {
	for link in "$(pins_of "$1")"/link_*; do
		bpftool link show pinned "$link"
	done | grep -v '^[[:space:]]'
}

value() {
	total "$1" reporter=destination "destination_workload=$server" <"$dir/textfile/meshtap_tcp_bytes.prom"
}

oneTimeSetUp() {
	live_begin pins
	${CC:-cc} -O2 -D_GNU_SOURCE -Wall -Wextra -shared -fPIC -o "$dir/watch.so" "$top/tests/live/pins/watch.c" || exit 1
	units_add "$server" "$client"
	netns_add $net
	: >"$dir/server"
	here "$server" python3 "$traffic" server 127.0.0.1 "$port" >"$dir/server" 2>&1 &
	wait_for grep -q ready "$dir/server"
}

oneTimeTearDown() {
	[ -z "$dir" ] || live_end
}

setUp() {
	configure
}

tearDown() {
	[ -n "$dir" ] || return 0 # shunit2 calls this once more at its end
	for name in $both; do
		collector "$name" --unload
	done
	rm -f "$dir"/textfile/*.prom
}

test_object_is_not_opened_when_it_is_known() {
	local name before

	for name in $both; do
		assertTrue "$name: the first run opens" "opens $name"
		before=$(ids "$name")
		assertTrue "$name: the second one compares" "opens $name"
		assertFalse "$name: the third one knows" "opens $name"
		assertEquals "$name" "$before" "$(ids "$name")"
		collector "$name" --unload
		assertTrue "$name: a new first one" "opens $name"
	done
}

# assert_loads COLLECTOR LINE BASE: a line that says more than the settings that are known, whose state is BASE
assert_loads() {
	local is

	assertTrue "$1, $2: opens" "opens $1"
	is=$(state "$1")
	assertNotEquals "$1, $2: changes something" "$3" "$is"
	assertEquals "$1, $2: as at a first load" "$(first_load "$1")" "$is"
}

test_each_setting_of_the_programs_is_loaded() {
	local name line base

	for name in $both; do
		base=$(first_load "$name")
		for line in 'max_connections = 1000' 'max_series = 100' 'include_ports = 80' 'exclude_ports = 80' \
			'include_units = a.service' 'exclude_units = a.service'; do
			settle "$name"
			configure "$line"
			assert_loads "$name" "$line" "$base"
			configure
		done
		collector "$name" 2>/dev/null
		assertEquals "$name: and back" "$base" "$(state "$name")"
	done
}

test_other_settings_load_nothing() {
	local name before

	for name in $both; do
		settle "$name"
		before=$(ids "$name")
		configure 'remove_tags = source_cluster'
		assertFalse "$name" "opens $name"
		assertEquals "$name" "$before" "$(ids "$name")"
		configure
	done
}

# Its build ID is another one, so nothing is known of it. What it would load is the same.
test_another_program_compares_and_loads_nothing() {
	local before

	settle tcp-bytes
	before=$(ids tcp-bytes)
	python3 - "$build/meshtap-tcp-bytes" "$dir/meshtap-tcp-bytes" <<-'END'
		import sys
		binary = bytearray(open(sys.argv[1], "rb").read())
		at = binary.index(b"GNU\0", binary.index(b"\x04\0\0\0\x14\0\0\0\x03\0\0\0"))
		binary[at + 4] ^= 1
		open(sys.argv[2], "wb").write(binary)
	END
	chmod 755 "$dir/meshtap-tcp-bytes"
	assertTrue "other" "build=$dir; opens tcp-bytes"
	assertFalse "other, known" "build=$dir; opens tcp-bytes"
	assertTrue "the first one is known no longer" "opens tcp-bytes"
	assertEquals "$before" "$(ids tcp-bytes)"
}

test_a_missing_pin_comes_back() {
	local fresh pin

	fresh=$(first_load tcp-connections)
	for pin in "$(pins_of tcp-connections)"/*; do
		settle tcp-connections
		rm "$pin"
		assertTrue "$pin: is missed" "opens tcp-connections"
		assertEquals "$pin: is back" "$fresh" "$(state tcp-connections)"
	done
}

test_control_map_of_another_version() {
	local name fresh control

	for name in $both; do
		fresh=$(first_load "$name")
		settle "$name"
		control=$(pins_of "$name")/control
		rm "$control"
		bpftool map create "$control" type array key 4 value 24 entries 1 name control
		assertTrue "$name" "opens $name"
		assertContains "$(cat "$dir/output")" "counters start anew"
		assertEquals "$name" "$fresh" "$(state "$name")"
	done
}

# killed_before N: whether a run of tcp-bytes was killed before this step; else it came to its end
killed_before() {
	KILL_BEFORE=$1 LD_PRELOAD=$dir/watch.so collector tcp-bytes >/dev/null 2>&1
	[ $? = 137 ]
}

# goes_on LINE STATE: after a kill, with settings of which this is the state; all bytes are counted once
goes_on() {
	said=$((said + 1))
	say "$said"
	configure "$1"
	settle tcp-bytes
	assertEquals "step $step, $1" "$2" "$(state tcp-bytes)"
	assertEquals "step $step, $1: bytes up" $((said * 60)) "$(value istio_tcp_received_bytes_total)"
	assertEquals "step $step, $1: bytes down" $((said * 120)) "$(value istio_tcp_sent_bytes_total)"
}

# change_killed_at STEP: from what is known to other settings
change_killed_at() {
	configure "$old"
	settle tcp-bytes
	configure "$new"
	killed_before "$1"
}

test_killed_at_any_step_of_a_change() {
	local old='exclude_ports = 9' new='exclude_ports = 8' step=1 said=0 old_state new_state

	configure "$new"
	new_state=$(first_load tcp-bytes)
	configure "$old"
	old_state=$(first_load tcp-bytes)
	hold_in "$client" $net python3 "$traffic" hold 127.0.0.1 $port
	while change_killed_at $step; do
		goes_on "$old" "$old_state"
		change_killed_at $step
		goes_on "$new" "$new_state"
		step=$((step + 1))
	done
	hang_up
	assertTrue "$step steps" "[ $step -gt 10 ]"
}

test_killed_in_a_first_load() {
	local step=1 fresh

	fresh=$(first_load tcp-bytes)
	while
		collector tcp-bytes --unload
		killed_before $step
	do
		collector tcp-bytes
		assertEquals "step $step" "$fresh" "$(state tcp-bytes)"
		step=$((step + 2))
	done
	assertTrue "$step steps" "[ $step -gt 20 ]"
}

# shellcheck source=/dev/null
. "${SHUNIT2:-/usr/bin/shunit2}"
