#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# "make run": the four collectors against this host, output under run/, a summary every two seconds, until
# Ctrl-C. Leaves no process, no pin and no mount of its own. MESHTAP_RUN_SECONDS=N stops by itself.
set -eu

cd "$(dirname "$0")/.."
top=$PWD
out=$top/run
textfiles=$out/textfile
log=$out/access.log
bpffs=/sys/fs/bpf
pins=$bpffs/meshtap-run
cgroup2=$out/cgroup2
oneshots="tcp-connections tcp-bytes"
services="http-requests access-log"
seconds=${MESHTAP_RUN_SECONDS:-}

declare -A pid=()
declare -A reported=()
mounted_bpffs=
mounted_cgroup2=
started=
waiting=
status=0

say() { echo "run: $*" >&2; }
die() {
	say "$1"
	status=${2:-1}
	exit "$status"
}

# Runs a collector with the options that all of them share, in a session of its own: Ctrl-C must not cut it short.
collector() {
	local name=$1
	shift
	setsid --wait "$top/build/meshtap-$name" "${config[@]}" --textfile-dir "$textfiles" --pin-dir "$pins" "$@"
}

is_mounted() { # type [directory]
	awk -v type="$1" -v dir="${2:-}" '$3 == type && (dir == "" || $2 == dir) { found = 1 } END { exit !found }' /proc/self/mounts
}

mount_what_is_missing() {
	if ! is_mounted bpf "$bpffs"; then
		[ -d "$bpffs" ] || die "$bpffs does not exist: no sysfs, or a kernel without BPF" 3
		mount -t bpf bpf "$bpffs" || die "cannot mount bpffs on $bpffs" 3
		mounted_bpffs=1
	fi
	if ! is_mounted cgroup2; then
		mkdir -p "$cgroup2"
		mount -t cgroup2 none "$cgroup2" || die "cannot mount cgroup v2 on $cgroup2" 3
		mounted_cgroup2=1
	fi
}

unload_all() {
	local name
	for name in $oneshots $services; do
		collector "$name" --unload || {
			say "meshtap-$name --unload failed"
			status=1
		}
	done
}

start_service() {
	local name=$1 errors=$out/meshtap-$1.log
	local options=()
	[ "$name" != access-log ] || options=(--log-file "$log")
	# Ctrl-C reaches this script alone, which stops the services in order.
	setsid "$top/build/meshtap-$name" "${config[@]}" --textfile-dir "$textfiles" --pin-dir "$pins" \
		"${options[@]}" 2>"$errors" 9>&- </dev/null &
	pid[$name]=$!
	local tries=0
	until grep -q "^meshtap-$name: ready" "$errors"; do
		if ! kill -0 "${pid[$name]}" 2>/dev/null; then
			local code=0
			wait "${pid[$name]}" || code=$?
			unset "pid[$name]"
			cat "$errors" >&2
			die "meshtap-$name did not start (exit code $code)" "$((code ? code : 1))"
		fi
		[ $((tries += 1)) -lt 300 ] || die "meshtap-$name was not ready within 30 s; see $errors"
		sleep 0.1
	done
}

stop_services() {
	local name tries
	for name in "${!pid[@]}"; do
		kill -TERM "${pid[$name]}" 2>/dev/null || true
	done
	for name in "${!pid[@]}"; do
		tries=0
		while kill -0 "${pid[$name]}" 2>/dev/null; do
			if [ $((tries += 1)) -gt 100 ]; then
				say "meshtap-$name does not stop: killed"
				kill -KILL "${pid[$name]}" 2>/dev/null || true
				status=1
				break
			fi
			sleep 0.1
		done
		wait "${pid[$name]}" 2>/dev/null || true
		unset "pid[$name]"
	done
}

sample() {
	local name
	for name in $oneshots; do
		if ! collector "$name" 2>"$out/meshtap-$name.log"; then
			cat "$out/meshtap-$name.log" >&2
			[ -n "$started" ] || die "meshtap-$name cannot sample" 3
			status=1
		fi
	done
	for name in "${!pid[@]}"; do
		kill -USR1 "${pid[$name]}" 2>/dev/null && continue
		[ -z "${reported[$name]:-}" ] || continue
		say "meshtap-$name has ended; see $out/meshtap-$name.log"
		reported[$name]=1
		status=1
	done
}

where() {
	echo "metrics     $textfiles/*.prom"
	echo "access log  $log"
	echo "pins        $pins"
}

summary() {
	local files=() file
	for file in "$textfiles"/meshtap_*.prom; do
		[ ! -e "$file" ] || files+=("$file")
	done
	awk -f "$top/packaging/summary.awk" "${files[@]}" </dev/null
	if [ -s "$log" ]; then
		echo "last log lines:"
		tail -n 5 "$log"
	fi
}

# shellcheck disable=SC2317 # called by trap
finish() {
	trap '' INT TERM HUP
	trap - EXIT
	[ -z "$waiting" ] || kill "$waiting" 2>/dev/null || true
	stop_services
	if [ -n "$started" ]; then
		sample
		echo
		summary
	fi
	unload_all
	if [ -e "$pins" ]; then
		say "pins are left in $pins"
		status=1
	fi
	if [ -n "$mounted_cgroup2" ]; then
		umount "$cgroup2" && rmdir "$cgroup2" || status=1
	fi
	if [ -n "$mounted_bpffs" ]; then
		umount "$bpffs" || status=1
	fi
	[ -z "$started" ] || say "stopped; nothing is loaded any more, the output stays in $out"
	exit "$status"
}

pause() {
	sleep 2 9>&- &
	waiting=$!
	wait "$waiting" || true
	waiting=
}

case $seconds in
*[!0-9]*) die "MESHTAP_RUN_SECONDS=$seconds is not a number" 2 ;;
esac
[ "$(id -u)" = 0 ] || die "loading BPF programs needs root: sudo make run"

"$top/packaging/deps.sh" build
(
	unset MAKEFLAGS MAKELEVEL MFLAGS
	make -j"$(nproc)" all
)

umask 022
mkdir -p "$textfiles"
exec 9>"$out/.lock"
flock -n 9 || die "another 'make run' uses $out"
rm -f "$textfiles"/meshtap_*.prom
[ ! -e "$log" ] || mv -f "$log" "$log.1"

config=()
[ ! -f conf/meshtap.ini ] || config+=(--config "$top/conf/meshtap.ini")
[ ! -f conf/workloads.ini ] || config+=(--workloads "$top/conf/workloads.ini")

trap finish EXIT
trap 'exit $status' INT TERM HUP
mount_what_is_missing
unload_all # what a killed run may have left
[ "$status" = 0 ] || exit "$status"
for name in $services; do
	start_service "$name"
done
sample
started=1

end=$((SECONDS + ${seconds:-0}))
while [ -z "$seconds" ] || [ "$SECONDS" -lt "$end" ]; do
	[ ! -t 1 ] || printf '\033[H\033[2J'
	echo "meshtap watches this host; Ctrl-C stops and unloads everything."
	where
	echo
	summary
	pause
	sample
done
