#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What a host lacks: --check names it and exits with 3, a start names it in one line and exits with 3. What is lacking is
# really taken away: in a mount, user, pid or cgroup namespace, by dropped capabilities, by a seccomp filter.
# shellcheck disable=SC2317,SC2016,SC2046,SC2086 # shunit2 calls the functions; inner shells expand; options are words
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
l4="meshtap-tcp-connections meshtap-tcp-bytes"
l7="meshtap-http-requests meshtap-access-log"
all="$l4 $l7"

out=
err=
code=

oneTimeSetUp() {
	bpffs=$SHUNIT_TMPDIR/bpffs
	textfiles=$SHUNIT_TMPDIR/textfile
	logs=$SHUNIT_TMPDIR/log
	whole=$SHUNIT_TMPDIR/whole
	part=$SHUNIT_TMPDIR/part
	config=$SHUNIT_TMPDIR/empty.ini
	refuse=$top/tests/cli/refuse_bpf.py
	mkdir -p "$bpffs" "$textfiles" "$logs"
	: >"$config"
	chmod 755 "$SHUNIT_TMPDIR" "$(dirname "$SHUNIT_TMPDIR")"
	chmod 777 "$textfiles"
}

# Options of a start; of --check the same.
options() { # binary
	printf '%s ' -c "$config" --textfile-dir "$textfiles" --pin-dir "$bpffs/meshtap-check"
	[ "$1" != meshtap-access-log ] || printf '%s ' --log-file "$logs/access.log"
}

# Runs binary with its options and those given, on a bpffs of its own, after the commands in $1. These may put
# a command before "$@". What is then pinned or mounted, and was not before, is in $left.
run() { # commands binary [option]...
	local prepare=$1 binary=$2
	shift 2
	code=0
	timeout 30 unshare -m --propagation private sh -euc '
		mount -t bpf bpf "$bpffs"
		prepare=$1
		shift
		eval "$prepare"
		cat /proc/self/mountinfo >"$SHUNIT_TMPDIR/mounts"
		code=0
		"$@" || code=$?
		{ cat /proc/self/mountinfo | diff "$SHUNIT_TMPDIR/mounts" - || :
		find "$bpffs" -type f ! -name "*.debug"; } >"$SHUNIT_TMPDIR/left"
		exit "$code"' sh "$prepare" \
		"$top/build/$binary" $(options "$binary") "$@" >"$SHUNIT_TMPDIR/out" 2>"$SHUNIT_TMPDIR/err" </dev/null || code=$?
	out=$(cat "$SHUNIT_TMPDIR/out")
	err=$(cat "$SHUNIT_TMPDIR/err")
	assertEquals "$binary $*: left behind" "" "$(cat "$SHUNIT_TMPDIR/left")"
}

# One feature a line, and no line of anything else.
lines_are_features() { # what
	assertEquals "$1: lines" "" \
		"$(printf '%s\n' "$out" | grep -vE '^(ok|limited|unknown|missing) +[a-zA-Z][a-zA-Z0-9() ]* +[^ ]')"
}

says() { # what state feature regex
	printf '%s\n' "$out" | grep -qE -- "^$2 +$3 +.*$4"
	assertTrue "$1: $2 $3 $4:
$out" $?
}

# With $1 before it, --check says that $2 is missing, in words like $3, and a start says those words.
lacks() { # commands feature regex binary...
	local prepare=$1 feature=$2 words=$3 b
	shift 3
	for b; do
		run "$prepare" "$b" --check
		assertEquals "$b --check: exit code: $out $err" 3 "$code"
		assertEquals "$b --check: stderr" "" "$err"
		lines_are_features "$b"
		says "$b --check" missing "$feature" "$words"
		run "$prepare" "$b"
		assertEquals "$b: exit code: $err" 3 "$code"
		assertEquals "$b: one line: $err" 1 "$(grep -c '' "$SHUNIT_TMPDIR/err")"
		printf '%s\n' "$err" | grep -qE -- "^$b: .*$words"
		assertTrue "$b says $words: $err" $?
	done
}

# With $1 before it, --check says $2 of feature $3 in words like $4, and that the collector can run.
runs() { # commands state feature regex binary...
	local prepare=$1 state=$2 feature=$3 words=$4 b
	shift 4
	for b; do
		run "$prepare" "$b" --check
		assertEquals "$b --check: exit code: $out $err" 0 "$code"
		says "$b --check" "$state" "$feature" "$words"
	done
}

without() { # capabilities as setpriv says them
	echo "set -- setpriv --bounding-set=$1 --inh-caps=-all \"\$@\""
}

programs_of_ours() {
	bpftool prog show | grep -oE 'name (http|tcp)_[a-z_]*' | sort | uniq -c
}

test_good_host() {
	local b before
	before=$(programs_of_ours)
	for b in $all; do
		run '' "$b" --check
		assertEquals "$b: exit code: $err" 0 "$code"
		assertEquals "$b: stderr" "" "$err"
		lines_are_features "$b"
		assertEquals "$b: all are ok" "" "$(printf '%s\n' "$out" | grep -v '^ok ')"
		for feature in capabilities BTF 'bpf\(\)' tracepoint 'socket iterator' programs bpffs 'textfile directory'; do
			says "$b" ok "$feature" ''
		done
	done
	says access-log ok 'log file' "$logs/access.log"
	says access-log ok 'cgroup programs' ''
	for _ in $(seq 50); do # the kernel frees programs a little later
		[ "$(programs_of_ours)" != "$before" ] || break
		sleep 0.1
	done
	assertEquals "programs left" "$before" "$(programs_of_ours)"
	assertEquals "files left" "" "$(find "$textfiles" "$logs" -type f)"
}

# --check says nothing of files that are not written, and is stronger than --unload.
test_with_other_options() {
	run '' meshtap-access-log --stdout --check
	assertEquals "exit code: $err" 0 "$code"
	assertNotContains "$out" "textfile directory"
	assertNotContains "$out" "log file"
	run '"$top/build/meshtap-tcp-bytes" $(printf "%s " "$@" | cut -d" " -f2-) >/dev/null
		find "$bpffs" >"$SHUNIT_TMPDIR/pins"; test -s "$SHUNIT_TMPDIR/pins"
		set -- sh -c "\"\$@\" && find $bpffs | cmp - $SHUNIT_TMPDIR/pins && $top/build/meshtap-tcp-bytes --pin-dir $bpffs/meshtap-check --unload" sh "$@" --unload --check' \
		meshtap-tcp-bytes
	assertEquals "exit code: $out $err" 0 "$code"
	rm -f "$textfiles"/*
}

test_capabilities_dropped_singly() {
	lacks "$(without -bpf,-sys_admin)" capabilities 'CAP_BPF is missing: run as root, or with CAP_BPF' $all
	lacks "$(without -perfmon,-sys_admin)" capabilities 'CAP_PERFMON is missing: run as root, or with .*CAP_PERFMON' $all
	lacks "$(without -net_admin)" capabilities 'CAP_NET_ADMIN is missing: run as root, or with .*CAP_NET_ADMIN' $l7
	lacks "$(without -all)" capabilities 'CAP_BPF, CAP_PERFMON(, CAP_NET_ADMIN)? are missing' $all
	runs "$(without -net_admin)" ok capabilities '' $l4
	runs "$(without -bpf,-perfmon)" ok capabilities '' $all
	runs "$(without -sys_admin)" limited capabilities 'without CAP_SYS_ADMIN older sockets of other' $all
	runs "$(without -sys_ptrace)" limited capabilities 'without CAP_SYS_PTRACE older sockets of other' $all
}

test_no_root() {
	lacks 'cp "$1" "$SHUNIT_TMPDIR/binary"; chmod 755 "$SHUNIT_TMPDIR/binary"; shift
		set -- setpriv --reuid=65534 --regid=65534 --clear-groups "$SHUNIT_TMPDIR/binary" "$@"' \
		capabilities 'CAP_BPF, CAP_PERFMON(, CAP_NET_ADMIN)? are missing: run as root' $all
	rm -f "$SHUNIT_TMPDIR/binary"
}

test_no_bpffs() {
	lacks 'umount "$bpffs"' bpffs "is not on a bpffs: mount -t bpf bpf DIR" $all
	lacks 'umount "$bpffs"; while umount /sys/fs/bpf 2>/dev/null; do :; done
		set -- "$@" --pin-dir /sys/fs/bpf/meshtap' \
		bpffs 'bpffs is not mounted at /sys/fs/bpf: mount -t bpf bpf /sys/fs/bpf' $all
	lacks 'mount -o remount,ro "$bpffs"' bpffs 'cannot write to .*: Read-only file system: mount -o remount,rw' $all
}

test_no_btf() {
	lacks 'mount -t tmpfs tmpfs /sys/kernel/btf' BTF \
		'cannot read /sys/kernel/btf/vmlinux: .*CONFIG_DEBUG_INFO_BTF=y' $all
}

no_cgroup2='for m in $(awk '\''$3 == "cgroup2" { print $2 }'\'' /proc/self/mounts); do umount -l "$m"; done'

test_no_cgroup2() {
	lacks "$no_cgroup2" 'cgroup v2' 'cgroup v2 is not mounted: mount -t cgroup2 ' $l7
	runs "$no_cgroup2" ok programs '' $l4
}

# Another cgroup than the root, as containers see it that have a cgroup namespace of their own.
test_part_of_cgroup2() {
	runs 'mkdir -p "$part" "$whole"
		mount -t cgroup2 none "$whole"
		mkdir -p "$whole/meshtap-check"
		mount --bind "$whole/meshtap-check" "$part"
		for m in $(awk '\''$3 == "cgroup2" { print $2 }'\'' /proc/self/mounts); do [ "$m" = "$part" ] || umount -l "$m"; done' \
		limited 'cgroup v2' 'is a part of the hierarchy: .*--cgroupns=host' $l7
	part=$part whole=$whole unshare -m sh -euc 'mount -t cgroup2 none "$whole"; rmdir "$whole/meshtap-check"'
}

test_user_namespace() {
	lacks 'set -- unshare -U -r "$@"' 'bpf\(\)' "capabilities of a user namespace are not the host's: .*PrivateUsers=no" $all
}

test_pid_namespace() {
	runs 'set -- unshare -p -f --mount-proc "$@"' limited processes 'in a pid namespace .*--pid=host' $all
}

# What docs/containers.md gives a container, and no more: capabilities, mounts, namespaces, a read-only root.
test_container() {
	local b in_container='mkdir -p "$part"
		mount --bind "$(awk '\''$3 == "cgroup2" { print $2; exit }'\'' /proc/self/mounts)" "$part"; mount -o remount,bind,ro "$part"
		mount --bind "$textfiles" "$textfiles"; mount --bind "$logs" "$logs"
		set -- unshare -m -n -u -i sh -euc "mount -o remount,bind,ro /; exec \"\$@\"" sh setpriv --no-new-privs \
			--bounding-set=-all,+bpf,+perfmon,+net_admin,+sys_admin,+sys_ptrace --inh-caps=-all "$@"'
	for b in $all; do
		runs "$in_container" ok programs '' "$b"
		assertEquals "$b: all are ok" "" "$(printf '%s\n' "$out" | grep -v '^ok ')"
	done
}

test_seccomp() {
	local b
	lacks 'set -- "$refuse" errno "$@"' 'bpf\(\)' 'a seccomp filter refuses bpf\(\): allow it: systemd SystemCallFilter=bpf' $all
	lacks 'set -- "$refuse" load "$@"' tracepoint 'bpf\(\) is refused|a security module refuses bpf' $all
	for b in $all; do # a start is killed, too: nobody is left to say so
		run 'set -- "$refuse" kill "$@"' "$b" --check
		assertEquals "$b: exit code: $err" 3 "$code"
		says "$b" missing 'bpf\(\)' 'a seccomp filter kills who calls bpf\(\): allow it'
	done
}

# Linux before 5.11 does not know the helper by which the others are told.
test_memlock() {
	lacks 'set -- setpriv --bounding-set=-sys_resource --inh-caps=-all prlimit --memlock=65536:65536 "$refuse" old "$@"' \
		memlock 'maps are charged to RLIMIT_MEMLOCK, which is 64 KiB: ulimit -l unlimited, systemd LimitMEMLOCK=' $all
	run 'set -- "$refuse" old "$@"' meshtap-access-log --check
	says 'an old kernel' missing tracepoint 'Invalid argument: a kernel with CONFIG_DEBUG_INFO_BTF=y, CONFIG_BPF_EVENTS=y'
	says 'an old kernel' missing 'cgroup programs' 'Invalid argument: a kernel with CONFIG_CGROUP_BPF=y'
}

# --check says that these are missing in words like $3; a start would notice when it writes.
cannot_write() { # commands feature regex binary...
	local prepare=$1 feature=$2 words=$3 b
	shift 3
	for b; do
		run "$prepare" "$b" --check
		assertEquals "$b: exit code: $out" 3 "$code"
		says "$b" missing "$feature" "$words"
		says "$b" ok programs ''
	done
}

test_textfile_directory() {
	cannot_write 'mount --bind "$textfiles" "$textfiles"; mount -o remount,bind,ro "$textfiles"' \
		'textfile directory' 'Read-only file system: systemd ReadWritePaths=' $all
	cannot_write 'set -- "$@" --textfile-dir "$textfiles/absent"' \
		'textfile directory' 'absent: No such file or directory: make it, or name' $all
	# a service has no capabilities when it writes, a oneshot has
	chown 65534 "$textfiles"
	chmod 755 "$textfiles"
	cannot_write '' 'textfile directory' "$textfiles: Permission denied: .*services drop" $l7
	runs '' ok 'textfile directory' '' $l4
	chown 0 "$textfiles"
	chmod 777 "$textfiles"
}

test_log_file() {
	cannot_write 'set -- "$@" --log-file "$logs/absent/access.log"' \
		'log file' 'absent: No such file or directory: make it, or name another' meshtap-access-log
	cannot_write 'mount --bind "$logs" "$logs"; mount -o remount,bind,ro "$logs"' \
		'log file' 'Read-only file system: systemd ReadWritePaths=' meshtap-access-log
}

export SHUNIT_TMPDIR bpffs textfiles logs refuse top whole part
# shellcheck source=/dev/null
. shunit2
