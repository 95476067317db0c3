#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Other versions of the package; sourced by test_machine.sh.
# shellcheck disable=SC2034,SC2154,SC2317,SC3043 # the libraries set variables; shunit2 calls the functions; dash has local

# note_loaded NAME
note_loaded() {
	ours prog >"$dir/$1.prog"
	ours map >"$dir/$1.map"
}

# common KIND: how many are of before and of now
common() {
	ours "$1" | comm -12 "$dir/before.$1" - | wc -l
}

none_in_common() {
	[ "$(common "$1")" = 0 ]
}

every_second() {
	sed -i 's/^#interval = 15/interval = 1/' "$root/etc/meshtap/meshtap.ini"
	restart_all
}

# assert_version VERSION: all collectors' files are of this version
assert_version() {
	assertEquals "$1" 4 "$(cat "$(textfiles)"/*.prom | grep -c "_build_info{version=\"$1\"}")"
}

# As fast as it goes, up to 20,000 requests a second.
test_upgrade() {
	local load_pid watch_pid

	every_second
	begin_count
	note_loaded before
	on_its_network python3 tests/machine/watch.py "$dir/stop" >"$dir/watched" 2>"$dir/watch" &
	watch_pid=$!
	load 240000 20000 &
	load_pid=$!
	wait_for at_least_served $((served_before + 40000))
	install_package "$newer"
	assertTrue "the load has ended before the upgrade" "kill -0 $load_pid"
	wait $load_pid
	assert_counted "upgrade"
	: >"$dir/stop"
	wait $watch_pid
	scrapes=$(cut -d ' ' -f 1 "$dir/watch")
	assertNull "counters went back" "$(head -n 5 "$dir/watched")"
	assert_lines "upgrade" 240000
	assertEquals "0.2.0~test" "$(version)"
	assert_version 0.2.0~test
	wait_for none_in_common prog || fail "old programs are left"
	assertEquals "maps are kept" "$(wc -l <"$dir/before.map")" "$(common map)"
	echo "upgrade: $(grep '^finished' "$dir/load"); $missing lines dropped, as declared; $(cat "$dir/watch")"
}

# assert_layout_changed WHEN: said by all, counted anew, and nothing is left of what was
assert_layout_changed() {
	local name

	sample
	for name in $collectors; do
		assertEquals "$1: $name: $(journal_of "meshtap-$name")" 1 \
			"$(journal_of "meshtap-$name" | grep -c 'map layout changed: counters start anew')"
	done
	wait_for none_in_common prog || fail "$1: old programs"
	wait_for none_in_common map || fail "$1: old maps"
	assertEquals "$1: counters" 0 "$(counted destination)"
	begin_count
	load 1000 1000
	assert_counted "$1"
	assert_lines "$1" 0
}

test_other_layout() {
	note_loaded before
	install_package "$other_maps"
	assert_layout_changed "upgrade"
	assertEquals "the new map" 4 "$(pins | grep -c /other_layout)"
	note_time
	note_loaded before
	install_package "$package"
	assert_layout_changed "downgrade"
	assertEquals "the new map" 0 "$(pins | grep -c /other_layout)"
}
