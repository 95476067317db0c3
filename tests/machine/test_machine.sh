#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The life of the package on one machine, from its installation to its purge; the tests are in that order and each needs the
# one before. The truth of all counts is nginx's own log. "make check-machine" builds the packages; run as root.
# shellcheck disable=SC1091,SC2034,SC2154,SC2317,SC3043 # the libraries set variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/../live/lib.sh"
. "$(dirname "$0")/machine.sh"
. "$(dirname "$0")/meshtap.sh"

package=$(echo "$top"/build/deb/meshtap_*_*.deb)
newer=$top/build/machine/newer.deb
other_maps=$top/build/machine/maps.deb

if why=$(cd "$top" && machine_why_not); then
	echo "SKIP: $why"
	exit 0
fi

oneTimeSetUp() {
	live_begin machine
	cd "$top" || exit 1
	machine_begin "$(tests/machine/rootfs.sh 2>"$dir/rootfs" || cat "$dir/rootfs" >&2)" || exit 1
	cp tests/machine/nginx.conf "$root/etc/nginx/conf.d/truth.conf"
	machine_boot || exit 1
	note_others
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	[ -z "$machine" ] || [ -z "$leader" ] || in_machine journalctl --no-pager -u 'meshtap*' >build/tests/logs/machine-journal.log
	machine_end
	live_end
}

setUp() {
	note_time
}

all_outputs() {
	local name

	for name in $collectors; do
		grep -q _build_info "$(textfiles)/meshtap_$(echo "$name" | tr - _).prom" || return 1
	done
	grep -q '"GET / HTTP/1.1" 200 .* "curl/' "$root/var/log/meshtap/access.log"
}

scrape() {
	in_machine curl -sf http://127.0.0.1:9100/metrics >"$dir/scrape"
}

scraped() {
	scrape && grep -q "$1" "$dir/scrape"
}

test_install() {
	local begin name

	assertFalse "a compiler" "in_machine sh -c 'command -v cc clang bpftool'"
	begin=$(date +%s)
	install_package "$package"
	wait_for all_are_active || fail "units: $(in_machine systemctl list-units --all 'meshtap*')"
	in_machine curl -sf -o /dev/null http://127.0.0.1/ || fail "curl"
	wait_for all_outputs || fail "outputs: $(ls "$(textfiles)")"
	echo "all outputs after $(($(date +%s) - begin)) s"
	wait_for scraped '^istio_requests_total{.*destination_workload="nginx.service".*reporter="destination"' || fail "not scraped"
	for name in $collectors; do
		assertTrue "$name is not scraped" "grep -q '^meshtap_$(echo "$name" | tr - _)_build_info' '$dir/scrape'"
	done
	assertTrue "textfiles" "grep -q '^node_textfile_scrape_error 0' '$dir/scrape'"
}

# starts UNIT: seconds within the quarter of a minute in which it was started, each once
starts() {
	in_machine journalctl --no-pager -o short-unix -u "$1" | sed -n 's/^\([0-9]*\)\.[0-9]* .*: Starting .*/\1/p'
}

has_started() {
	[ "$(starts "$1" | wc -l)" -ge 2 ]
}

test_timers() {
	local unit

	for unit in $samplers; do
		wait_for has_started $unit || fail "$unit: started at: $(starts $unit)"
		assertNull "$unit at other times" "$(starts $unit | awk '$1 % 15 > 1')"
		assertEquals "$unit" 15 "$(starts $unit | awk '{ if (NR == 2) print $1 - $1 % 15 - last; last = $1 - $1 % 15 }')"
	done
}

# What logrotate keeps in mind says that a week went by.
make_rotation_due() {
	printf 'logrotate state -- version 2\n"/var/log/meshtap/access.log" 2020-1-1-0:0:0\n' >"$root/var/lib/logrotate/status"
}

test_rotation() {
	local load_pid

	begin_count
	load 60000 10000 &
	load_pid=$!
	for _ in 1 2; do
		wait_for at_least_served $(($(served) + 10000))
		make_rotation_due
		in_machine systemctl start logrotate.service || fail "logrotate: $(in_machine journalctl --no-pager -u logrotate)"
	done
	wait $load_pid
	assert_counted "rotation"
	assert_lines "rotation" 0
	assertEquals "files" 3 "$(find "$root/var/log/meshtap" -name 'access.log*' | wc -l)"
}

# The unit's programs go by a job that follows its own.
is_not_pinned() {
	! pins | grep -q "$(echo "${1#meshtap-}" | sed 's/\..*//; s/-/_/')"
}

test_stop() {
	local unit before

	for unit in $all_units; do
		before=$(ours prog | wc -l)
		in_machine systemctl stop "$unit" || fail "stop $unit"
		wait_for is_not_pinned "$unit" || fail "$unit: $(pins)"
		assertTrue "$unit: $before programs" "[ $before -gt 0 ]"
	done
	assert_nothing_loaded "all stopped"
	# shellcheck disable=SC2086
	in_machine systemctl start $all_units
	wait_for all_are_active || fail "start"
	in_machine systemctl stop meshtap.target
	assert_nothing_loaded "target stopped"
	in_machine systemctl start meshtap.target
	wait_for all_are_active || fail "start of the target"
}

# under_load COMMAND...: while 60,000 requests are made
under_load() {
	local load_pid

	load 60000 10000 &
	load_pid=$!
	wait_for at_least_served $(($(served) + 5000)) || fail "no traffic"
	"$@"
	wait $load_pid
}

restart_all() {
	# shellcheck disable=SC2086
	in_machine systemctl restart $all_units || fail "restart"
}

restart_twice() {
	restart_all
	wait_for at_least_served $(($(served) + 5000))
	restart_all
}

test_restart() {
	begin_count
	under_load restart_twice
	assert_counted "restart"
	assert_lines "restart" 60000
}

files_are_fresh() {
	[ "$(find "$(textfiles)" -name 'meshtap_*.prom' -newer "$dir/reboot" | wc -l)" = 4 ]
}

test_reboot() {
	: >"$dir/reboot"
	machine_reboot || fail "reboot"
	wait_for all_are_active || fail "units: $(in_machine systemctl list-units --all 'meshtap*')"
	wait_for files_are_fresh || fail "files: $(ls -l "$(textfiles)")"
	begin_count
	load 1000 1000
	assert_counted "reboot"
	assert_lines "reboot" 0
}

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
	nsenter -t "$leader" -n python3 tests/machine/watch.py "$dir/stop" >"$dir/watched" 2>"$dir/watch" &
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
	assertNull "counters went back: $(head -n 5 "$dir/watched")" "$(cat "$dir/watched")"
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

# kill_all: the processes of the services, three times
kill_services() {
	local unit pid

	for _ in 1 2 3; do
		for unit in $services; do
			pid=$(pids_of "$unit")
			assertTrue "$unit: $pid" "kill -KILL $pid"
			wait_for has_other_pid "$unit" "$pid" || fail "$unit does not come back"
			wait_for is_state "$unit" active || fail "$unit is not ready again"
		done
	done
}

has_other_pid() {
	[ -n "$(pids_of "$1")" ] && [ "$(pids_of "$1")" != "$2" ]
}

# The TCP collectors live for some milliseconds: they are killed wherever they may be.
kill_samplers() {
	local unit killed=0 tries=0

	while [ $killed -lt 10 ] && [ $((tries += 1)) -lt 200 ]; do
		for unit in $samplers; do
			in_machine systemctl reset-failed "$unit"
			in_machine systemctl start --no-block "$unit"
			in_machine systemctl kill --signal=KILL "$unit" && is_state "$unit" failed && killed=$((killed + 1))
		done
	done
	echo "$killed samplers killed"
	assertTrue "$killed samplers killed" "[ $killed -ge 10 ]"
	in_machine systemctl reset-failed
}

test_kill() {
	local opened

	# shellcheck disable=SC2086
	in_machine systemctl reset-failed $services
	begin_count
	opened=$(metric istio_tcp_connections_opened_total reporter=destination destination_workload=nginx.service)
	under_load kill_services
	assert_counted "kill"
	wait_for no_connection
	kill_samplers
	load 1000 1000
	assert_counted "kill of samplers"
	assertEquals "connections" 16 \
		$(($(metric istio_tcp_connections_opened_total reporter=destination destination_workload=nginx.service) - opened))
}

# kill_again UNIT: until systemd gives it up
kill_again() {
	local pid

	pid=$(pids_of "$1")
	[ -z "$pid" ] || kill -KILL "$pid"
	is_state "$1" failed
}

test_crash_loop() {
	local unit

	for unit in $services; do
		wait_for kill_again "$unit" || fail "$unit is started for ever"
		load 1000 1000
		is_not_pinned "$unit" || fail "pins: $(pins)"
		in_machine systemctl reset-failed "$unit"
		in_machine systemctl start "$unit" || fail "$unit does not start again"
	done
	begin_count
	load 1000 1000
	assert_counted "after a crash loop"
}

property() { # UNIT NAME
	in_machine systemctl show --property="$2" --value "$1"
}

test_bad_configuration() {
	local unit

	echo 'no_such_key = 1' >>"$root/etc/meshtap/meshtap.ini"
	for unit in $samplers $services; do
		in_machine systemctl restart "$unit" && fail "$unit starts"
		assertEquals "$unit" failed "$(property "$unit" ActiveState)"
		assertEquals "$unit" 2 "$(property "$unit" ExecMainStatus)"
		assertEquals "$unit: restarts" 0 "$(property "$unit" NRestarts)"
		assertNotNull "$unit says nothing" "$(journal_of "$unit" | grep 'meshtap.ini:.*no_such_key')"
	done
	sed -i '/no_such_key/d' "$root/etc/meshtap/meshtap.ini"
	in_machine systemctl reset-failed
	# shellcheck disable=SC2086
	in_machine systemctl start $all_units || fail "start"
	wait_for all_are_active || fail "not active again"
}

# mount_small: file systems of their own for what is written; the services see mounts that are there when they start
mount_small() {
	# shellcheck disable=SC2086
	in_machine systemctl stop $all_units
	in_machine mount -t tmpfs -o size=128k,mode=755 none /var/log/meshtap
	in_machine mount -t tmpfs -o size=1m,mode=755 none /var/lib/prometheus/node-exporter
	# shellcheck disable=SC2086
	in_machine systemctl start $all_units
}

unmount_small() {
	# shellcheck disable=SC2086
	in_machine systemctl stop $all_units
	in_machine umount /var/log/meshtap /var/lib/prometheus/node-exporter
	# shellcheck disable=SC2086
	in_machine systemctl start $all_units
}

fill_textfiles() {
	dd if=/dev/zero of="$(textfiles)/full" bs=64k 2>"$dir/dd"
	assertTrue "not full" "grep -q 'No space left' '$dir/dd'"
}

last_success() {
	metric meshtap_http_requests_last_success_timestamp_seconds
}

says() {
	journal_of "$1" | grep -qE "$2"
}

test_full_disk() {
	local stale

	mount_small
	wait_for all_are_active || fail "not active"
	begin_count
	load 2000 2000
	wait_for says meshtap-access-log 'cannot write the log: No space left on device' || fail "the log's disk is not full"
	sample
	assertNotEquals "dropped" 0 "$(metric meshtap_access_log_dropped_lines_total reason=no_space)"
	fill_textfiles
	stale=$(last_success)
	in_machine systemctl kill --kill-who=main --signal=USR1 meshtap-http-requests.service
	wait_for says meshtap-http-requests 'cannot write the metrics: No space left on device' || fail "it is not said"
	assertEquals "no new success" "$stale" "$(last_success)"
	all_are_active || fail "not active with a full disk"
	in_machine mount -o remount,size=64m /var/log/meshtap
	rm "$(textfiles)/full"
	wait_for says meshtap-access-log 'written again, [1-9][0-9]* lines were dropped' || fail "the log does not go on"
	load 1000 1000
	assert_counted "full disk"
	assert_lines "full disk" 4000
	assertTrue "success" "[ $(last_success) -ge $stale ]"
	unmount_small
	wait_for all_are_active || fail "not active after it"
}

# What "systemd-analyze security" says of each; a change that makes one worse is to be seen here.
test_units_are_clean() {
	local unit exposure

	assertNull "$(in_machine sh -c 'cd /lib/systemd/system && systemd-analyze verify --man=no meshtap*.timer meshtap*.target \
		$(ls meshtap*.service | sed s/@/@http-requests/) 2>&1')"
	for unit in meshtap-tcp-connections meshtap-tcp-bytes meshtap-http-requests meshtap-access-log; do
		in_machine systemd-analyze security --no-pager --offline=yes --threshold=30 "/lib/systemd/system/$unit.service" \
			>"$dir/security" || fail "$unit: $(cat "$dir/security")"
		grep Overall "$dir/security"
	done
}

# files: of meshtap, but what the test put there
files() {
	in_machine find / \( -path /proc -o -path /sys -o -path /root/meshtap.deb \) -prune -o -name '*meshtap*' -print
	in_machine find /sys/fs -name '*meshtap*'
}

assert_no_units() {
	assertNull "units" "$(in_machine systemctl list-units --all --plain --no-legend 'meshtap*')"
	assertNull "unit files" "$(in_machine systemctl list-unit-files --no-legend 'meshtap*')"
}

test_remove() {
	in_machine apt-get -q remove -y meshtap >"$dir/apt" 2>&1 || fail "remove: $(cat "$dir/apt")"
	assert_nothing_loaded "removed"
	assertNull "binaries" "$(files | grep bin)"
	assertNull "metrics" "$(files | grep 'prom$')"
	assertTrue "configuration" "[ -e $root/etc/meshtap/meshtap.ini ]"
}

test_purge() {
	in_machine apt-get -q purge -y meshtap >"$dir/apt" 2>&1 || fail "purge: $(cat "$dir/apt")"
	assert_nothing_loaded "purged"
	assertNull "files: $(files)" "$(files)"
	assert_no_units
}

. shunit2
