#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Every option and exit code of the four binaries: 0 ok, 2 usage or configuration, 3 cannot load or attach.
# What is missing on a host (privileges, BTF, bpffs, cgroup v2) is taken away in a mount namespace of its own.
# shellcheck disable=SC2317,SC2016,SC2046 # shunit2 calls the functions; inner shells expand; options are words
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
version=$(sed -n 's/^VERSION *:= *//p' "$top/Makefile")
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

# The configuration in $2 is refused by every binary with exactly "BINARY: FILE:$1".
refuses_with() {
	local message=$1 b
	printf '%b' "$2" >"$config"
	for b in $binaries; do
		run "$b" -c "$config" --check-config
		assertEquals "$b '$2': exit code" 2 "$code"
		assertEquals "$b '$2'" "$b: $config:$message" "$err"
	done
}

# $4 is refused by every binary: the key $3 in line $1, column $2.
refuses_at() {
	local b
	printf '%b' "$4" >"$config"
	for b in $binaries; do
		run "$b" -c "$config" --check-config
		assertEquals "$b '$4': exit code" 2 "$code"
		err_is_one_line "$b '$4'"
		assertContains "$b '$4'" "$err" "$b: $config:$1: $3: column $2: "
	done
}

accepts() { # configuration
	local b
	printf '%b' "$1" >"$config"
	for b in $binaries; do
		run "$b" -c "$config" --check-config
		assertEquals "$b '$1': exit code: $err" 0 "$code"
		assertEquals "$b '$1': stderr" "" "$err"
	done
}

test_log_keys() {
	accepts '[access_log]\nmode = client\nformat = json\nsampling = 0.0001\ntcp_interval = 86400\nmax_field_bytes = 16\nmax_heads = 64\nfilter =\n'
	accepts '[access_log]\nmode = server\nformat = text\nsampling = 100.0000\ntcp_interval = 0\nmax_field_bytes = 65536\nmax_heads = 1048576\n'
	refuses_with "2: mode = 'source': expected client, server or both" '[access_log]\nmode = source\n'
	refuses_with "2: format = 'xml': expected text or json" '[access_log]\nformat = xml\n'
	refuses_with "2: sampling = '100.0001': expected percent, 0 to 100, up to 4 decimals" \
		'[access_log]\nsampling = 100.0001\n'
	refuses_with "2: tcp_interval = '86401': expected seconds, 0 (off) to 86400" '[access_log]\ntcp_interval = 86401\n'
	refuses_with "2: max_field_bytes = '15': expected a number, 16 to 65536" '[access_log]\nmax_field_bytes = 15\n'
	refuses_with "2: max_heads = '63': expected a number, 64 to 1048576" '[access_log]\nmax_heads = 63\n'
	refuses_with "3: key 'mode' says the same as 'reporter': only one of them may be given" \
		'[access_log]\nreporter = both\nmode = both\n'
}

# The delivered file shows Istio's default on several lines; here it is one.
istio_default() {
	sed -n '/^#text_format =/,/^# /{s/^#\t//p;}' "$top/conf/meshtap.ini" | paste -sd ' '
}

# Istio's default as one line, and the delivered file with all its keys un-commented.
test_long_values() {
	local default b
	default=$(istio_default)
	assertEquals "length of Istio's default" 529 "${#default}"
	accepts "[access_log]\ntext_format = $default\n"
	accepts "[access_log]\ntext_format =\n  $default\n"
	sed 's/^#\([^ ]\)/\1/' "$top/conf/meshtap.ini" >"$config"
	for b in $binaries; do
		run "$b" -c "$config" --check-config
		assertEquals "$b, un-commented: exit code: $err" 0 "$code"
	done
	refuses_with "2: column 15: no single blank in the next 185 bytes: a value must be parted there" \
		"[access_log]\ntext_format = $(printf 'x%.0s' $(seq 200))\n"
	refuses_with "2: column 13: a ';' behind a blank would begin a comment; comments are lines of their own" \
		'[access_log]\nmode = both ; all\n'
	refuses_with "3: key 'filter' is repeated in [access_log]" \
		'[access_log]\nfilter = has(response.code)\nfilter = has(response.code)\n'
	refuses_with "3: 'x' is indented: continuation lines are not supported" '[access_log]\nmode = both\n  x\n'
	refuses_with "2: text_format = '': expected a text" '[access_log]\ntext_format =\n'
}

test_long_values_are_continued() {
	accepts '[access_log]\nfilter = !has(response.code) ||\n\n  # errors\n  response.code >= 400\njson_fields =\n  status: %RESPONSE_CODE%\n  host: %REQ(:AUTHORITY)%\n'
}

# What the format and the filter refuse is named where it stands in the file.
test_places_of_errors() {
	refuses_at 2 15 text_format '[access_log]\ntext_format = %FOO%\n'
	refuses_at 5 4 text_format '[access_log]\ntext_format =\n  [%START_TIME%]\n\n\t  %FOO% x\n'
	refuses_at 4 10 json_fields '[access_log]\njson_fields =\n  a: %PROTOCOL%\n  b: \0303\0251 x %FOO%\n'
	refuses_at 3 28 filter '[access_log]\nfilter = response.code >= 400 ||\n  response.code < 600 ||   @\n'
	refuses_at 2 $((14 + 529 + 2)) text_format "[access_log]\ntext_format = $(istio_default) %FOO%\n"
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

# The files in $2 and, beside it, $3 are refused by every binary with exactly "BINARY: $1"; $d is their directory.
refuses_workloads() {
	local message=$1 b
	d=$SHUNIT_TMPDIR/workloads
	mkdir -p "$d/workloads.d"
	printf '%b' "$2" >"$d/w.ini"
	printf '%b' "$3" >"$d/workloads.d/x.ini"
	for b in $binaries; do
		run "$b" -c "$config" --workloads "$d/w.ini" --check-config
		assertEquals "$b '$2' '$3': exit code" 2 "$code"
		assertEquals "$b '$2' '$3'" "$b: $d/$message" "$err"
	done
	rm -r "$d"
}

test_workloads() {
	local b d=$SHUNIT_TMPDIR/workloads
	for b in $binaries; do
		run "$b" -c "$config" --workloads "$top/conf/workloads.ini" --check-config
		assertEquals "$b, delivered: exit code: $err" 0 "$code"
		run "$b" -c "$config" --workloads "$d/absent.ini" --check-config
		assertEquals "$b, absent: exit code" 2 "$code"
		err_is_one_line "$b, absent"
		err_says "$b, absent" "absent\.ini"
	done
	refuses_workloads "w.ini:2: unknown key 'no' in [local]" '[local]\nno = 1\n' ''
	refuses_workloads "w.ini:2: port: '0': expected ports, 1 to 65535" '[workload a]\nport = 0\n' ''
	refuses_workloads "workloads.d/x.ini:2: unknown key 'app' in [service a]" '' '[service a]\napp = a\n'
	refuses_workloads "workloads.d/x.ini:1: [workload a] is repeated: it is at $d/w.ini:3 too" \
		'# one\n\n[workload a]\nport = 80\n' '[workload a]\nport = 81\n'
	refuses_workloads "workloads.d/x.ini:1: [workload b] is as specific as [workload a] at $d/w.ini:1 and can match the same, unit = a*, port = 80" \
		'[workload a]\nunit = a*\nport = 80 81\n' '[workload b]\nunit = a*\nport = 80\n'
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
