#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Every option and exit code of the four binaries: 0 ok, 2 usage or configuration, 3 cannot load or attach.
# What is missing on a host (privileges, BTF, bpffs, cgroup v2) is taken away in a mount namespace of its own.
# shellcheck disable=SC2317,SC2016,SC2046 # shunit2 calls the functions; inner shells expand; options are words
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
version=0.1.0
binaries="meshtap-tcp-connections meshtap-tcp-bytes meshtap-http-requests meshtap-access-log"
cgroup_binaries="meshtap-http-requests meshtap-access-log"

out=
err=
code=

# Runs a binary for 20 s at most; leaves $out, $err and $code.
run() {
	local binary=$1
	shift
	code=0
	timeout 20 "$top/build/$binary" "$@" >"$SHUNIT_TMPDIR/out" 2>"$SHUNIT_TMPDIR/err" </dev/null || code=$?
	out=$(cat "$SHUNIT_TMPDIR/out")
	err=$(cat "$SHUNIT_TMPDIR/err")
}

# The same in a private mount namespace, after the commands in $1. /bpf is a bpffs, $bpffs its path.
run_without() {
	local prepare=$1 binary=$2
	shift 2
	code=0
	timeout 20 unshare -m --propagation private sh -euc '
		mkdir -p "$1" && mount -t bpf bpf "$1"
		prepare=$2
		shift 2
		eval "$prepare"
		exec "$@"' sh "$bpffs" "$prepare" \
		"$top/build/$binary" "$@" >"$SHUNIT_TMPDIR/out" 2>"$SHUNIT_TMPDIR/err" </dev/null || code=$?
	out=$(cat "$SHUNIT_TMPDIR/out")
	err=$(cat "$SHUNIT_TMPDIR/err")
}

err_is_one_line() { # what
	assertEquals "$1: one line on stderr: $err" 1 "$(grep -c '' "$SHUNIT_TMPDIR/err")"
}

err_says() { # what, extended regular expression
	printf '%s\n' "$err" | grep -qiE -- "$2"
	assertTrue "$1: stderr matches $2: $err" $?
}

oneTimeSetUp() {
	bpffs=$SHUNIT_TMPDIR/bpffs
	pins=$bpffs/meshtap-cli
	textfiles=$SHUNIT_TMPDIR/textfile
	config=$SHUNIT_TMPDIR/test.ini
	mkdir -p "$textfiles"
}

setUp() {
	: >"$config"
}

test_binaries_exist() {
	local b
	for b in $binaries; do
		assertTrue "build/$b" "[ -x '$top/build/$b' ]"
	done
}

test_help() {
	local b option
	for b in $binaries; do
		for option in -h --help; do
			run "$b" "$option"
			assertEquals "$b $option: exit code" 0 "$code"
			assertEquals "$b $option: stderr" "" "$err"
			assertContains "$b $option" "$out" "$b"
			for word in --config --workloads --textfile-dir --pin-dir --stdout --unload --check-config --version; do
				assertContains "$b $option" "$out" "$word"
			done
		done
	done
	run meshtap-access-log --help
	assertContains "$out" --log-file
	assertContains "$out" --interval
	run meshtap-http-requests --help
	assertContains "$out" --interval
	assertNotContains "$out" --log-file
	run meshtap-tcp-bytes --help
	assertNotContains "$out" --interval
}

test_version() {
	local b option
	for b in $binaries; do
		for option in -V --version; do
			run "$b" "$option"
			assertEquals "$b $option: exit code" 0 "$code"
			assertEquals "$b $option" "$b $version" "$out"
			assertEquals "$b $option: stderr" "" "$err"
		done
	done
}

test_unknown_option() {
	local b option
	for b in $binaries; do
		for option in --no-such-option -Z; do
			run "$b" "$option"
			assertEquals "$b $option: exit code" 2 "$code"
			assertEquals "$b $option: stdout" "" "$out"
			err_is_one_line "$b $option"
			err_says "$b $option" "$b: .*${option#-}"
		done
	done
}

test_operand_is_refused() {
	local b
	for b in $binaries; do
		run "$b" --check-config operand
		assertEquals "$b operand: exit code" 2 "$code"
		err_is_one_line "$b operand"
		err_says "$b operand" "operand"
	done
}

test_missing_argument() {
	local b option
	for b in $binaries; do
		for option in -c --config --workloads --textfile-dir --pin-dir; do
			run "$b" "$option"
			assertEquals "$b $option: exit code" 2 "$code"
			err_is_one_line "$b $option"
			err_says "$b $option" "$b: .*${option##*-}"
		done
	done
	run meshtap-access-log --log-file
	assertEquals "--log-file: exit code" 2 "$code"
	err_is_one_line "--log-file"
}

test_options_of_other_collectors_are_unknown() {
	local b
	for b in meshtap-tcp-connections meshtap-tcp-bytes; do
		run "$b" --interval 5
		assertEquals "$b --interval: exit code" 2 "$code"
		err_is_one_line "$b --interval"
	done
	for b in meshtap-tcp-connections meshtap-tcp-bytes meshtap-http-requests; do
		run "$b" --log-file /dev/null
		assertEquals "$b --log-file: exit code" 2 "$code"
		err_is_one_line "$b --log-file"
	done
}

test_bad_interval() {
	local b value
	for b in $cgroup_binaries; do
		for value in 0 -1 x 1x '' 1.5 99999999999999999999; do
			run "$b" --interval "$value"
			assertEquals "$b --interval '$value': exit code" 2 "$code"
			err_is_one_line "$b --interval '$value'"
			err_says "$b --interval '$value'" interval
		done
	done
}

test_overlong_path() {
	local long
	long=/$(printf 'x%.0s' $(seq 5000))
	run meshtap-tcp-bytes --textfile-dir "$long"
	assertEquals "exit code" 2 "$code"
	err_is_one_line "long path"
}

test_missing_config_file() {
	local b
	for b in $binaries; do
		run "$b" -c "$SHUNIT_TMPDIR/absent.ini" --check-config
		assertEquals "$b: exit code" 2 "$code"
		err_is_one_line "$b"
		err_says "$b" "absent\.ini"
	done
}

# The configuration in $2 is wrong in line $1.
refuses() {
	local line=$1 b
	printf '%b' "$2" >"$config"
	for b in $binaries; do
		run "$b" -c "$config" --check-config
		assertEquals "$b '$2': exit code" 2 "$code"
		err_is_one_line "$b '$2'"
		err_says "$b '$2'" "test\.ini:$line:"
	done
}

test_configuration_unknown_key() {
	refuses 2 '[tcp_bytes]\nno_such_key = 1\n'
}

test_configuration_key_of_another_section() {
	refuses 2 '[tcp_bytes]\nring_bytes = 1048576\n'
}

test_configuration_key_outside_sections() {
	refuses 1 'max_series = 5\n'
}

test_configuration_repeated_key() {
	refuses 3 '[tcp_bytes]\nmax_series = 1000\nmax_series = 1000\n'
}

test_configuration_unknown_section() {
	refuses '[12]' '[no_such_section]\nmax_series = 1000\n'
}

test_configuration_bad_number() {
	local value
	for value in x -1 1x 1e3 0x10 99999999999999999999 ''; do
		refuses 2 "[tcp_bytes]\nmax_series = $value\n"
	done
}

test_configuration_not_a_key() {
	refuses 2 '[tcp_bytes]\nnonsense\n'
}

test_configuration_long_line() {
	refuses 2 "[tcp_bytes]\nmax_series = $(printf '0%.0s' $(seq 5000))1000\n"
	refuses 1 "# $(printf 'x%.0s' $(seq 5000))\n"
}

test_check_config() {
	local b
	printf '# a comment\n[tcp_bytes]\nmax_series = 1000\n\n[access_log]\nmax_connections = 1000\n' >"$config"
	for b in $binaries; do
		run "$b" -c "$config" --check-config
		assertEquals "$b: exit code: $err" 0 "$code"
		assertEquals "$b: stderr" "" "$err"
	done
}

test_delivered_configuration() {
	local b
	for b in $binaries; do
		run "$b" -c "$top/conf/meshtap.ini" --check-config
		assertEquals "$b: exit code: $err" 0 "$code"
	done
}

test_empty_configuration() {
	run meshtap-tcp-bytes -c "$config" --check-config
	assertEquals "exit code: $err" 0 "$code"
}

# Options of a start that must fail before anything is loaded.
start() {
	echo "-c $config --textfile-dir $textfiles --pin-dir $pins"
}

test_without_privileges() {
	local b
	for b in $binaries; do
		run_without 'chmod 755 "$(dirname "$SHUNIT_TMPDIR")" "$SHUNIT_TMPDIR"
			cp "$1" "$SHUNIT_TMPDIR/binary"; chmod 755 "$SHUNIT_TMPDIR/binary"; shift
			set -- setpriv --reuid=65534 --regid=65534 --clear-groups "$SHUNIT_TMPDIR/binary" "$@"' "$b" $(start)
		assertEquals "$b: exit code: $err" 3 "$code"
		err_is_one_line "$b"
		err_says "$b" "CAP_BPF|CAP_SYS_ADMIN|CAP_PERFMON|root"
	done
}

test_without_cap_net_admin() {
	local b
	for b in $cgroup_binaries; do
		run_without 'set -- setpriv --bounding-set=-all,+bpf,+perfmon,+dac_override --inh-caps=-all "$@"' "$b" $(start)
		assertEquals "$b: exit code: $err" 3 "$code"
		err_is_one_line "$b"
		err_says "$b" "CAP_NET_ADMIN"
	done
}

test_without_bpffs() {
	local b
	for b in $binaries; do
		run_without 'umount "$bpffs" && mount -t tmpfs tmpfs "$bpffs"' "$b" $(start)
		assertEquals "$b: exit code: $err" 3 "$code"
		err_is_one_line "$b"
		err_says "$b" "bpffs|bpf file system|mount -t bpf"
	done
}

test_without_btf() {
	local b
	for b in $binaries; do
		run_without 'mount -t tmpfs tmpfs /sys/kernel/btf' "$b" $(start)
		assertEquals "$b: exit code: $err" 3 "$code"
		err_is_one_line "$b"
		err_says "$b" "BTF"
	done
}

without_cgroup2='for m in $(awk '\''$3 == "cgroup2" { print $2 }'\'' /proc/self/mounts); do umount -l "$m"; done'

test_without_cgroup2() {
	local b
	for b in $cgroup_binaries; do
		run_without "$without_cgroup2" "$b" $(start)
		assertEquals "$b: exit code: $err" 3 "$code"
		err_is_one_line "$b"
		err_says "$b" "cgroup"
	done
}

test_l4_needs_no_cgroup2() {
	local b
	for b in meshtap-tcp-connections meshtap-tcp-bytes; do
		run_without "$without_cgroup2" "$b" $(start) --stdout
		assertEquals "$b: exit code: $err" 0 "$code"
		assertContains "$b: exposition" "$out" "# TYPE "
	done
}

test_unload_of_nothing() {
	local b
	for b in $binaries; do
		run_without '' "$b" --pin-dir "$pins" --unload
		assertEquals "$b: exit code: $err" 0 "$code"
		assertEquals "$b: stdout" "" "$out"
	done
}

# Loaded, then unloaded twice: no pin is left.
test_unload_twice() {
	local b
	for b in meshtap-tcp-connections meshtap-tcp-bytes; do
		run_without '"$1" --textfile-dir "$textfiles" --pin-dir "$pins"
			test -e "$pins"
			"$1" --pin-dir "$pins" --unload
			test ! -e "$pins"' "$b" --pin-dir "$pins" --unload
		assertEquals "$b: exit code: $err" 0 "$code"
		assertTrue "$b wrote its file" "[ -s '$textfiles/$(echo "$b" | tr - _).prom' ]"
	done
}

test_unwritable_textfile_dir() {
	local b
	for b in meshtap-tcp-connections meshtap-tcp-bytes; do
		run_without 'trap "" EXIT' "$b" --pin-dir "$pins" --textfile-dir "$SHUNIT_TMPDIR/absent"
		assertEquals "$b: exit code: $err" 1 "$code"
		err_says "$b" "No such file"
	done
}

export SHUNIT_TMPDIR bpffs pins textfiles
# shellcheck source=/dev/null
. shunit2
