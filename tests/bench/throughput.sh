#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What a busy host has left: nginx and its client take all the CPU that there is, alone, with collectors, with nginx's own
# log, behind sidecars, beside bpftrace. Scenarios take turns within a round; ratios are those of one round.
# Run as root; "make bench BENCH=throughput" prints the table.
# shellcheck disable=SC1091,SC2154,SC3043 # lib.sh sets variables; dash has local
set -eu
. "$(dirname "$0")/../live/lib.sh"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_proxies.sh"

rounds=$(quick 7 1)
seconds=$(quick 2 1)
connections=16
watcher=meshtap-bench-watcher-$$.service # what looks on: collectors, bpftrace

# cpu_us: of everything that took part. Softirqs are charged to who was interrupted, on loopback the sender: client
# or server.
cpu_us() {
	local unit

	for unit in "$server" "$client" "$proxy" "$watcher"; do
		cat "$cgroup/$unit/cpu.stat"
	done | awk '$1 == "usage_usec" { sum += $2 } END { print sum }'
}

# load PORT: $dir/load has requests per second, p50 and p99 (microseconds), requests
load() {
	on_client wrk -t 1 -c $connections -d "$seconds" --latency "http://127.0.0.1:$1/" >"$dir/wrk"
	! grep -E 'Socket errors|Non-2xx' "$dir/wrk" >&2 || die "port $1"
	awk '
		function us(text) { return text * (text ~ /us$/ ? 1 : text ~ /ms$/ ? 1000 : 1000000) }
		$1 == "50%" { p50 = us($2) }
		$1 == "99%" { p99 = us($2) }
		$2 == "requests" { n = $1 }
		$1 == "Requests/sec:" { rate = $2 }
		END { print rate, p50, p99, n }' "$dir/wrk" >"$dir/load"
}

# measure SCENARIO PORT
measure() {
	local scenario="$1" before cpu

	before=$(cpu_us)
	load "$2"
	sample # a log's last lines are written
	cpu=$(($(cpu_us) - before))
	read -r rate p50 p99 n <"$dir/load"
	cpu=$(ratio "$cpu" "$n")
	[ "$scenario" != nothing ] || { base_rate=$rate base_cpu=$cpu; }
	round "$scenario" "requests/s" "$rate"
	round "$scenario" "of nothing's" "$(ratio "$rate" "$base_rate")"
	round "$scenario" "p50 µs" "$p50"
	round "$scenario" "p99 µs" "$p99"
	round "$scenario" "CPU µs/request" "$cpu"
	added=$(echo "$cpu" "$base_cpu" | awk '{ printf "%.3f\n", $1 - $2 }')
	round "$scenario" "added" "$added"
}

# compare_sidecars COLLECTORS HAPROXY NGINX: what they add. The collectors watch both ends of each connection here, a
# sidecar serves one.
compare_sidecars() {
	local of

	of=$(awk -v a="$1" -v b="$2" -v c="$3" 'BEGIN { printf "%.4f\n", a / (b < c ? b : c) }')
	round "CPU of all collectors, both ends" "of the cheapest sidecar's" "$of"
	round "CPU of all collectors, an end" "of the cheapest sidecar's" "$(ratio "$of" 2)"
}

# watched SCENARIO COLLECTOR...
watched() {
	local scenario="$1" name pid

	shift
	load_collectors "$@"
	for pid in $metrics_pid $log_pid; do
		echo "$pid" >"$cgroup/$watcher/cgroup.procs"
	done
	measure "$scenario" "$port"
	await_quiet
	for name; do
		check_counted "$name"
	done
	stop_collectors
}

# check_counted COLLECTOR: all requests, at both ends, or it says what it has dropped. wrk leaves one behind on each
# connection.
check_counted() {
	local over

	case $1 in
	tcp-*) return ;;
	esac
	over=$(($(counted "$1") - 2 * n))
	[ "$1" != access-log ] || over=$((over + $(dropped)))
	over=$((over - connections)) # between 0 and two a connection
	[ ${over#-} -le $connections ] || die "$1: $((over + connections)) more requests than wrk made"
}

dropped() {
	total meshtap_access_log_dropped_records_total <"$dir/textfile/meshtap_access_log.prom"
}

# beside_bpftrace: tracefs, which it needs, is mounted where only it sees it
beside_bpftrace() {
	# shellcheck disable=SC2016
	in_unit "$watcher" "$net" unshare -m sh -c 'mount -t tracefs tracefs /sys/kernel/tracing; exec bpftrace "$1"' \
		sh "$bench/count_requests.bt" >"$dir/bpftrace" 2>&1 &
	if ! wait_for grep -q ready "$dir/bpftrace"; then
		echo "not measured: bpftrace does not run here: $(cat "$dir/bpftrace")" >&2
		return
	fi
	measure "beside bpftrace" "$port"
	end_unit_processes "$watcher"
	awk -v n="$n" '/^@served/ { if ($2 >= n) ok = 1 } END { exit !ok }' "$dir/bpftrace" ||
		die "bpftrace: $(grep '^@' "$dir/bpftrace") of $n"
}

# with_empty_programs: what being called costs, whatever a program does
with_empty_programs() {
	attach_empty
	measure "empty programs" "$port"
	detach_empty
}

# has_logged LOG SCENARIO: the sidecar, or nginx, has a line of every request
has_logged() {
	[ "$(wc -l <"$1")" -ge "$n" ] || die "$2: $(wc -l <"$1") lines of $n requests"
	: >"$1"
}

# What each round goes through; idle servers and sidecars cost nothing.
one_round() {
	local name all haproxy

	measure nothing "$port"
	with_empty_programs
	for name in $collectors; do
		watched "$name" "$name"
	done
	# shellcheck disable=SC2086 # words
	watched "all collectors" $collectors
	all=$added
	measure "nginx's own log" "$own_log_port"
	has_logged "$dir/nginx_own.log" "nginx's own log"
	measure "behind haproxy" "$haproxy_port"
	haproxy=$added
	has_logged "$dir/haproxy.log" haproxy
	measure "behind nginx" "$nginx_proxy_port"
	compare_sidecars "$all" "$haproxy" "$added"
	has_logged "$dir/nginx_proxy.log" "nginx as a sidecar"
	beside_bpftrace
}

one_core
bench_begin throughput
units_add "$watcher"
start_nginx
start_proxies
load "$port" # nothing is cold
for _ in $(seq "$rounds"); do
	one_round
done
