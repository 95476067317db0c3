#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What the collectors take in user space: CPU of the services for each request, CPU of a sample of many series, memory,
# and time until they are ready. Run as root; "make bench BENCH=user_cost" prints the table.
# shellcheck disable=SC1091,SC2154,SC3043 # lib.sh sets variables; dash has local
set -eu
. "$(dirname "$0")/../live/lib.sh"
. "$(dirname "$0")/lib.sh"

rounds=$(quick 5 2)
requests=$(quick 200000 50000)
peers=500

# cpu_ms COMMAND...: user and system
cpu_ms() {
	# shellcheck disable=SC2016
	bash -c 'TIMEFORMAT="%3U %3S"; time "$@"' time "$@" 2>&1 | awk '{ print ($1 + $2) * 1000 }'
}

# peak_mb COMMAND...
peak_mb() {
	/usr/bin/time -f %M "$@" 2>&1 | awk '{ printf "%.2f\n", $1 / 1024 }'
}

# wall_ms COMMAND...: until it ends
wall_ms() {
	local began

	began=$(date +%s%N)
	"$@" >&2
	echo $((($(date +%s%N) - began) / 1000000))
}

# rss_mb PID
rss_mb() {
	awk '/^VmRSS/ { printf "%.2f\n", $2 / 1024 }' "/proc/$1/status"
}

# ring_mb PID: what of its RSS are pages of the ring, which are counted as a map as well
ring_mb() {
	awk '/^[0-9a-f]+-/ { ring = /bpf-map/ } /^Rss:/ && ring { sum += $2 } END { printf "%.2f\n", sum / 1024 }' "/proc/$1/smaps"
}

# map_mb COLLECTOR: what the kernel has taken for its maps
map_mb() {
	local map

	for map in "$pins/$(echo "$1" | tr - _)"/*; do
		bpftool -j map show pinned "$map" 2>/dev/null || true
	done | grep -o '"bytes_memlock":[0-9]*' | awk -F : '{ sum += $2 } END { printf "%.2f\n", sum / 1048576 }'
}

# A connection of its own from each of so many addresses, which workloads.ini names.
write_workloads() {
	local i

	for i in $(seq 0 $((peers - 1))); do
		printf '[workload peer-%d]\naddress = 127.1.%d.%d\n' "$i" $((i / 250)) $((1 + i % 250))
	done
}

# lines COLLECTOR: of its .prom file
lines() {
	grep -vc '^#' "$dir/textfile/meshtap_$(echo "$1" | tr - _).prom"
}

# round_sample COLLECTOR MILLISECONDS [SERIES]
round_sample() {
	round "$1: a sample of 1,000 ${3:-series}" "ms CPU" "$(awk -v ms="$2" -v n="$(lines "$1")" 'BEGIN { printf "%.2f\n", ms * 1000 / n }')"
}

talk_from_peers() {
	on_client python3 "$top/tests/live/many_names.py" "$port" "$peers" || die "a peer was not answered"
}

# oneshot NAME: it is run twice, because the first one loads its programs
oneshot() {
	local name="$1" run

	run="$build/meshtap-$name -c $dir/meshtap.ini --pin-dir $pins --textfile-dir $dir/textfile"
	# shellcheck disable=SC2086 # words
	{
		round "$name: start to ready" ms "$(wall_ms $run)"
		round "$name: peak RSS, first run" MB "$(collector "$name" --unload && peak_mb $run)"
		round "$name: maps in the kernel" MB "$(map_mb "$name")"
		talk_from_peers
		round_sample "$name" "$(cpu_ms $run)" "new series"
		round_sample "$name" "$(cpu_ms $run)"
		[ "$(lines "$name")" -ge "$peers" ] || die "$name: $(lines "$name") series of $peers peers"
		round "$name: peak RSS, $peers peers" MB "$(peak_mb $run)"
	}
	collector "$name" --unload
}

# ask: so many requests, exactly
ask() {
	on_client h2load --h1 -n "$requests" -c 16 "http://127.0.0.1:$port/" >"$dir/h2load"
	grep -q "$requests succeeded" "$dir/h2load" || die "h2load: $(cat "$dir/h2load")"
}

# per_request PID N
per_request() {
	awk -v ns=$(($(cpu_ns "$1") - cpu_before)) -v n="$2" 'BEGIN { printf "%.1f\n", ns / n }'
}

# begin_service NAME
begin_service() {
	local began

	began=$(date +%s%N)
	start_collector "$1"
	round "$1: start to ready" ms $((($(date +%s%N) - began) / 1000000))
	round "$1: RSS, idle" MB "$(rss_mb "$service_pid")"
	round "$1: maps in the kernel" MB "$(map_mb "$1")"
}

http_requests() {
	local before

	begin_service http-requests
	before=$(counted http-requests)
	wait_for is_idle "$metrics_pid" || die "http-requests does not rest"
	cpu_before=$(cpu_ns "$metrics_pid")
	ask
	round "http-requests: HTTP/1 request" "ns CPU" "$(per_request "$metrics_pid" $((2 * requests)))"
	[ $(($(counted http-requests) - before)) = $((2 * requests)) ] || die "http-requests has not counted all"
	talk_from_peers
	sample
	cpu_before=$(cpu_ns "$metrics_pid")
	sample
	round_sample http-requests "$(per_request "$metrics_pid" 1000000)"
	[ "$(lines http-requests)" -ge "$peers" ] || die "http-requests: $(lines http-requests) series of $peers peers"
	round "http-requests: RSS, $peers peers" MB "$(rss_mb "$metrics_pid")"
	round "http-requests: of it the ring" MB "$(ring_mb "$metrics_pid")"
	stop_collectors
}

# Memory is that of the default configuration, which drops lines of such a load. Lines are counted with a ring that has
# room for them.
access_log() {
	begin_service access-log
	ask
	sample
	round "access-log: RSS, after $requests requests" MB "$(rss_mb "$log_pid")"
	round "access-log: of it the ring" MB "$(ring_mb "$log_pid")"
	stop_collectors
	write_conf 64M
	start_collector access-log
	cpu_before=$(cpu_ns "$log_pid")
	ask
	wait_for has_lines "$dir/access.log" $((2 * requests)) || die "access-log: $(wc -l <"$dir/access.log") lines"
	round "access-log: line" "ns CPU" "$(per_request "$log_pid" $((2 * requests)))"
	[ "$(counted access-log)" = $((2 * requests)) ] || die "access-log: $(counted access-log) lines"
	stop_collectors
	write_conf 4M
}

# write_conf RING_BYTES
write_conf() {
	printf '[meshtap]\nworkloads = %s\n[access_log]\nring_bytes = %s\n' "$dir/workloads.ini" "$1" >"$dir/meshtap.ini"
}

one_core
bench_begin user_cost
start_nginx
write_workloads >"$dir/workloads.ini"
write_conf 4M
for _ in $(seq "$rounds"); do
	for name in $collectors; do
		case $name in
		tcp-*) oneshot "$name" ;;
		http-requests) http_requests ;;
		access-log) access_log ;;
		esac
	done
done
