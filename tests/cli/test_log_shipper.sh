#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# meshtap-log-shipper's options, what of its configuration it refuses before it starts, and what it links.
# shellcheck disable=SC2317 # shunit2 calls the functions
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
tool=$top/build/meshtap-log-shipper
version=$(sed -n 's/^VERSION *:= *//p' "$top/Makefile")

out=
err=
code=

run() { # arguments
	code=0
	timeout 20 "$tool" "$@" >"$SHUNIT_TMPDIR/out" 2>"$SHUNIT_TMPDIR/err" </dev/null || code=$?
	out=$(cat "$SHUNIT_TMPDIR/out")
	err=$(cat "$SHUNIT_TMPDIR/err")
}

setUp() {
	config=$SHUNIT_TMPDIR/test.ini
	mkdir -p "$SHUNIT_TMPDIR/state" "$SHUNIT_TMPDIR/textfile"
	cat >"$config" <<-END
		[meshtap]
		textfile_dir = $SHUNIT_TMPDIR/textfile
		[log_shipper]
		state_dir = $SHUNIT_TMPDIR/state
		endpoint = http://127.0.0.1:1
	END
}

# refuses EXIT-CODE MESSAGE [LINE]...: with these lines at the end of its section
refuses() {
	local wanted=$1 message=$2

	shift 2
	setUp
	printf '%s\n' "$@" >>"$config"
	run -c "$config"
	assertEquals "$message: exit code" "$wanted" "$code"
	assertEquals "meshtap-log-shipper: $message" "$err"
}

test_help_and_version() {
	run --version
	assertEquals "meshtap-log-shipper $version" "$out"
	run --help
	assertEquals "$err" 0 "$code"
	assertContains "$out" "--log-file"
	for option in --pin-dir --workloads --unload --stdout; do
		assertNotContains "$option" "$out" "$option "
		run "$option"
		assertEquals "$option: exit code" 2 "$code"
	done
}

test_check_config() {
	run -c "$top/conf/meshtap.ini" --check-config
	assertEquals "$err" 0 "$code"
	printf '[tcp_bytes]\nno_such_key = 1\n' >"$config"
	run -c "$config" --check-config
	assertEquals 2 "$code"
	assertEquals "meshtap-log-shipper: $config:2: unknown key 'no_such_key' in [tcp_bytes]" "$err"
}

test_without_endpoint() {
	run -c "$top/conf/meshtap.ini"
	assertEquals 2 "$code"
	assertEquals "meshtap-log-shipper: $top/conf/meshtap.ini: [log_shipper] has no endpoint" "$err"
}

test_files_are_looked_at() {
	refuses 2 "/no/ca.pem: No such file or directory" "ca_file = /no/ca.pem"
	refuses 2 "/no/headers: No such file or directory" "headers_file = /no/headers"
	printf 'X-A: 1\nwrong\n' >"$SHUNIT_TMPDIR/headers"
	refuses 2 "$SHUNIT_TMPDIR/headers:2: 'Name: value' is expected" "headers_file = $SHUNIT_TMPDIR/headers"
	refuses 2 "$config: [log_shipper]: retry_min is more than retry_max" "retry_min = 2" "retry_max = 1"
}

test_state() {
	echo garbage >"$SHUNIT_TMPDIR/state/cursor"
	refuses 1 "$SHUNIT_TMPDIR/state/cursor is damaged: remove it to begin with /var/log/meshtap/access.log anew"
	rm "$SHUNIT_TMPDIR/state/cursor"
	flock "$SHUNIT_TMPDIR/state" sleep 20 &
	holder=$!
	until ! flock -n "$SHUNIT_TMPDIR/state" true; do :; done
	refuses 1 "another instance runs with $SHUNIT_TMPDIR/state"
	kill "$holder"
	wait "$holder" 2>/dev/null
	setUp
	sed -i 's|^state_dir.*|state_dir = /no/state|' "$config"
	run -c "$config"
	assertEquals 1 "$code"
	assertEquals "meshtap-log-shipper: /no/state: No such file or directory" "$err"
}

test_no_bpf() {
	assertNull "$(readelf -d "$tool" | grep -E 'NEEDED.*(bpf|libcap)')"
	assertNull "$(readelf -d "$tool" | grep -E 'RPATH|RUNPATH')"
}

# shellcheck source=/dev/null
. shunit2
