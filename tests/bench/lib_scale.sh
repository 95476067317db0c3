#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What scale.sh measures with; sourced after tests/live/lib.sh. Server and clients are units of their own in a network
# namespace of their own.
# shellcheck disable=SC2034,SC2154,SC3043 # scale.sh uses the variables; dash has local

tools=$top/build/tests
net=meshtap-scale-$$
server=meshtap-scale-server-$$.service
client=meshtap-scale-client-$$.service
names='tcp_connections tcp_bytes http_requests access_log'
many=meshtap-scale-$$.slice # of the units that units_of.py makes
seconds=''

scale_begin() {
	if bpftool prog show | grep -qE 'name (tcp_bytes_state|tcp_connections_state|http_ingress) '; then
		echo "# collectors are loaded on this host: what they cost counts too" >&2
	fi
	live_begin scale
	trap scale_end EXIT
	trap 'exit 130' INT TERM
	units_add "$server" "$client"
	netns_add "$net"
	printf '%s\t%s\t%s\t%s\n' n what unit figure
}

scale_end() {
	local status=$?

	trap - EXIT
	set +e # all of it is ended
	empty_unit "$client"
	empty_unit "$server"
	remove_many
	unload_all
	live_end
	exit "$status"
}

# As lib.sh's, but a million connections take their time: 1 after ten minutes
wait_for() {
	local tries=12000

	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

# row N WHAT UNIT FIGURE
row() {
	printf '%s\t%s\t%s\t%s\n' "$@"
}

# compare WHAT EXPECTED ACTUAL
compare() {
	[ "$2" != "$3" ] || return 0
	echo "# WRONG: $1: $3 where $2 are expected"
	exact=no
}

# per SECONDS N DIGITS: 10^DIGITS times the quotient
per() {
	awk -v s="$1" -v n="$2" -v digits="$3" 'BEGIN { printf "%.2f\n", s * 10 ^ digits / n }'
}

per_second() { # N SECONDS
	awk -v n="$1" -v s="$2" 'BEGIN { printf "%.0f\n", n / s }'
}

# configure MAX_CONNECTIONS [LINE]: the line is for those with series
configure() {
	cat <<-END >"$dir/meshtap.ini"
		[tcp_connections]
		max_connections = $1
		${2:-}
		[tcp_bytes]
		max_connections = $1
		${2:-}
		[http_requests]
		max_connections = $1
		${2:-}
		[access_log]
		max_connections = $1
	END
}

start_all() {
	collector tcp-connections
	collector tcp-bytes
	start_metrics
	start_log
}

end_service() {
	[ -z "$1" ] || ! kill "$1" 2>/dev/null || wait "$1" 2>/dev/null || true
}

unload_services() {
	end_service "$metrics_pid"
	end_service "$log_pid"
	metrics_pid='' log_pid=''
	collector http-requests --unload
	collector access-log --unload
	rm -f "$dir/access.log"
}

unload_all() {
	unload_services
	collector tcp-connections --unload
	collector tcp-bytes --unload
	rm -f "$dir"/textfile/*
}

# run_crowd UNIT ARGUMENT...: until it is ready; seconds is what it took
run_crowd() {
	local unit="$1"

	shift
	: >"$dir/crowd"
	in_unit "$unit" "$net" "$tools/crowd" "$@" >"$dir/crowd" &
	until grep -q ready "$dir/crowd"; do
		kill -0 $! || return 1
		sleep 0.05
	done
	seconds=$(cut -d ' ' -f 2 "$dir/crowd")
}

# empty_unit UNIT: closing takes its time with a million connections
empty_unit() {
	# shellcheck disable=SC2046 # one word a process
	unit_is_empty "$1" || kill $(cat "$cgroup/$1/cgroup.procs") 2>/dev/null || true
	until unit_is_empty "$1"; do
		sleep 0.05
	done
}

# take_figures: the median of three runs' wall-clock time, CPU time, and peak RSS
take_figures() {
	sort -n | awk '{ wall[NR] = $1; cpu[NR] = $2; rss[NR] = $3 } END { i = int((NR + 1) / 2); print wall[i], cpu[i], rss[i] }'
}

# measure_oneshots N
measure_oneshots() {
	local name wall cpu peak

	for name in tcp-connections tcp-bytes; do
		for _ in 1 2 3; do
			"$tools/measure" "$top/build/meshtap-$name" -c "$dir/meshtap.ini" --pin-dir "$pins" --textfile-dir "$dir/textfile" 3>&1
		done | take_figures >"$dir/figures"
		read -r wall cpu peak <"$dir/figures"
		row "$1" "$name, a sample" "ms" "$wall"
		row "$1" "$name, its CPU" "ms" "$cpu"
		row "$1" "$name, peak RSS" "KiB" "$peak"
	done
}

# maps_of COLLECTOR: bytes of all its pinned maps
maps_of() {
	local map

	for map in "$pins/$1"/*; do
		bpftool -j map show pinned "$map" 2>/dev/null || true # links, programs
	done | grep -o '"bytes_memlock":[0-9]*' | awk -F : '{ sum += $2 } END { printf "%.0f\n", sum }'
}

measure_maps() { # N
	local name

	for name in $names; do
		row "$1" "$name, maps" "MiB" $(($(maps_of "$name") / 1048576))
	done
	row "$1" "http-requests, RSS" "KiB" "$(rss "$metrics_pid")"
	row "$1" "access-log, RSS" "KiB" "$(rss "$log_pid")"
}

rss() { # PID
	awk '/^VmRSS/ { print $2 }' "/proc/$1/status"
}

cpu_ms() { # PID
	cat "/proc/$1/task"/*/schedstat | awk '{ sum += $1 } END { printf "%.1f\n", sum / 1e6 }'
}

# measure_starts N: of services that are younger than N connections
measure_starts() {
	local began

	began=$(date +%s%N)
	start_metrics
	row "$1" "http-requests, start to ready" "ms" $((($(date +%s%N) - began) / 1000000))
	row "$1" "http-requests, CPU of it" "ms" "$(cpu_ms "$metrics_pid")"
	began=$(date +%s%N)
	start_log
	row "$1" "access-log, start to ready" "ms" $((($(date +%s%N) - began) / 1000000))
	row "$1" "access-log, CPU of it" "ms" "$(cpu_ms "$log_pid")"
	sample
	compare "older connections untracked" "0 0" "$(health http_requests untracked_connections_total) $(health access_log \
		untracked_connections_total)"
}

# health COLLECTOR METRIC: in its last file
health() {
	total "meshtap_$1_$2" <"$dir/textfile/meshtap_$1.prom"
}

sample_all() {
	collector tcp-connections
	collector tcp-bytes
	sample
}

# ours METRIC REPORTER [LABEL=VALUE]: of what the test's units report
ours() {
	cat "$dir"/textfile/*.prom | total "$1" "reporter=$2" "$(own_workload "$2")" "${3:-}"
}

own_workload() {
	if [ "$1" = source ]; then echo "source_workload=$client"; else echo "destination_workload=$server"; fi
}

no_end_open() {
	sample_all
	[ "$(ours meshtap_tcp_connections_open source) $(ours meshtap_tcp_connections_open destination)" = "0 0" ]
}

# show_connections: all that is counted, by both workloads, and state changes that a program met amid itself
show_connections() {
	sed -nE 's/^(istio|meshtap)_tcp_connections_([a-z_]+)\{reporter="([a-z]+)",source_workload="([^"]*)".*,destination_workload="([^"]*)".* ([0-9]+)$/# \2 \3 \4 \5 \6/p' \
		"$dir/textfile/meshtap_tcp_connections.prom"
	echo "# entries $(health tcp_connections map_entries)"
	bpftool prog show | grep -E 'name tcp_connections_(state|missed) ' | sed 's/^/# /'
}

remove_many() {
	[ ! -d "$cgroup/$many" ] || find "$cgroup/$many" -depth -type d -exec rmdir {} +
}

# check_untracked [NAME...]: of these collectors, or of all
check_untracked() {
	local name

	# shellcheck disable=SC2086 # words
	[ $# -gt 0 ] || set -- $names
	for name; do
		compare "$name: untracked within the capacity" 0 "$(health "$name" untracked_connections_total)"
	done
}
