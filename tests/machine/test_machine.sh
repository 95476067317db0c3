#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The life of the package on one machine, from its installation to its purge; the tests are in that order and each needs the
# one before. The truth of all counts is nginx's own log. "make check-machine" builds the packages; run as root.
# shellcheck disable=SC1091,SC2034,SC2154,SC2317,SC3043 # the libraries set variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/../live/lib.sh"
. "$(dirname "$0")/machine.sh"
. "$(dirname "$0")/meshtap.sh"
. "$(dirname "$0")/upgrades.sh"
. "$(dirname "$0")/failures.sh"

package=$(echo "$top"/build/deb/meshtap_*_*.deb)
shipper_package=$(echo "$top"/build/deb/meshtap-log-shipper_*_*.deb)
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

# Each test has all the starts that a unit may have in half a minute.
setUp() {
	note_time
	in_machine systemctl reset-failed
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
		wait_for has_started "$unit" || fail "$unit: started at: $(starts "$unit")"
		assertNull "$unit at other times" "$(starts "$unit" | awk '$1 % 15 > 1')"
		assertEquals "$unit" 15 "$(starts "$unit" | awk '{ if (NR == 2) print $1 - $1 % 15 - last; last = $1 - $1 % 15 }')"
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

has_arrived() {
	[ "$(wc -l <"$dir/shipped")" -ge "$1" ]
}

# What "systemd-analyze security" says of a unit; a change that makes it worse is to be seen here.
assert_confined() {
	in_machine systemd-analyze security --no-pager --offline=yes --threshold=30 "/lib/systemd/system/$1.service" \
		>"$dir/security" || fail "$1: $(cat "$dir/security")"
	grep Overall "$dir/security"
}

shipper_status() { # FIELD of /proc/PID/status
	awk -v field="$1:" '$1 == field { print $2 }' "/proc/$(pids_of meshtap-log-shipper.service)/status"
}

# To a receiver on the machine's network: every line that the log has from then on, by a process that has no powers.
test_shipping() {
	local receiver_pid begin

	install_package "$shipper_package" || return
	assert_confined meshtap-log-shipper
	assertFalse "not enabled" "in_machine systemctl is-enabled meshtap-log-shipper.service"
	assertFalse "no endpoint" "in_machine systemctl start meshtap-log-shipper.service"
	assertTrue "$(journal_of meshtap-log-shipper.service)" "journal_of meshtap-log-shipper.service | grep -q 'has no endpoint'"
	cp "$root/etc/meshtap/meshtap.ini" "$dir/meshtap.ini"
	printf '[log_shipper]\nendpoint = http://127.0.0.1:4318\nservice_name = shop\nhost_name = web-1\n' >>"$root/etc/meshtap/meshtap.ini"
	: >"$dir/shipped"
	on_its_network /usr/bin/python3 "$top/tests/live/log_shipper/otlp.py" 4318 "$dir/shipped" "$dir/notes" >"$dir/said" 2>&1 &
	receiver_pid=$!
	wait_for grep -q ready "$dir/said" || fail "receiver: $(cat "$dir/said")"
	in_machine systemctl reset-failed
	in_machine systemctl start meshtap-log-shipper.service || fail "start: $(journal_of meshtap-log-shipper.service)"
	begin=$(wc -l <"$root/var/log/meshtap/access.log")
	load 2000 1000
	wait_for has_arrived $((begin + 4000)) || fail "$(wc -l <"$dir/shipped") lines arrived: $(cat "$dir/notes") $(journal_of meshtap-log-shipper.service)"
	assertEquals "bad requests" "" "$(grep ^bad "$dir/notes" | head -n 2)"
	assertTrue "lines" "cmp -n $(stat -c %s "$dir/shipped") '$dir/shipped' '$root/var/log/meshtap/access.log'"
	assertNotEquals "its user" 0 "$(shipper_status Uid)"
	assertEquals "its capabilities" 0000000000000000 "$(shipper_status CapEff)"
	wait_for scraped '^meshtap_log_shipper_records_sent_total [1-9]' || fail "not scraped"
	in_machine systemctl stop meshtap-log-shipper.service
	assertFalse "metrics are gone" "[ -L '$(textfiles)/meshtap_log_shipper.prom' ]"
	# shellcheck disable=SC2046 # the receiver, and the shell around it
	kill $(cat "$machine_cgroup/payload/client.service/cgroup.procs")
	wait $receiver_pid 2>/dev/null
	cp "$dir/meshtap.ini" "$root/etc/meshtap/meshtap.ini"
	in_machine apt-get -q purge -y meshtap-log-shipper >"$dir/apt" 2>&1 || fail "purge: $(cat "$dir/apt")"
	assertNull "purged" "$(files | grep log-shipper)"
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

test_units_are_clean() {
	local unit

	assertNull "$(in_machine sh -c 'cd /lib/systemd/system && systemd-analyze verify --man=no meshtap[.-]*[a-z].* \
		meshtap-programs@http-requests.service 2>&1')"
	for unit in meshtap-tcp-connections meshtap-tcp-bytes meshtap-http-requests meshtap-access-log; do
		assert_confined "$unit"
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

suite() {
	local name

	for name in install timers rotation shipping stop restart reboot upgrade other_layout kill crash_loop bad_configuration watchdog full_disk \
		units_are_clean remove purge; do
		suite_addTest "test_$name"
	done
}

. shunit2
