#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Kills, crash loops, bad configurations and full disks; sourced by test_machine.sh.
# shellcheck disable=SC2034,SC2154,SC2317,SC3043 # the libraries set variables; shunit2 calls the functions; dash has local

# kill_services: their processes, three times
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
	local pids

	pids=$(pids_of "$1")
	[ -n "$pids" ] && [ "$pids" != "$2" ]
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

was_fed() { # UNIT SINCE
	[ "$(property "$1" WatchdogTimestampMonotonic)" -gt "$2" ]
}

# A service that is alive says so; one that hangs is started again.
test_watchdog() {
	local unit dropin pid fed

	for unit in $services; do
		assertEquals "$unit" 1min "$(property "$unit" WatchdogUSec)"
		dropin=$root/etc/systemd/system/$unit.d
		mkdir "$dropin"
		printf '[Service]\nWatchdogSec=2\n' >"$dropin/watchdog.conf"
		in_machine systemctl daemon-reload
		in_machine systemctl restart "$unit"
		for _ in 1 2 3; do
			fed=$(property "$unit" WatchdogTimestampMonotonic)
			wait_for was_fed "$unit" "$fed" || fail "$unit gives no sign of life"
		done
		pid=$(pids_of "$unit")
		assertEquals "$unit: restarts" 0 "$(property "$unit" NRestarts)"
		kill -STOP "$pid"
		wait_for has_other_pid "$unit" "$pid" || fail "$unit hangs"
		assertEquals "$unit: restarts" 1 "$(property "$unit" NRestarts)"
		rm -r "$dropin"
		in_machine systemctl daemon-reload
		in_machine systemctl restart "$unit"
	done
	begin_count
	load 1000 1000
	assert_counted "after a watchdog"
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
