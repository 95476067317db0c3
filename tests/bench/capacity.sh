#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# How many lines per second the access log writes before it drops any: requests come faster and faster. Client, server and
# log share the host's cores. Run as root; "make bench BENCH=capacity" prints the table.
# shellcheck disable=SC1091,SC2154,SC3043 # lib.sh sets variables; dash has local
set -eu
. "$(dirname "$0")/../live/lib.sh"
. "$(dirname "$0")/lib.sh"

rounds=$(quick 3 1)
seconds=$(quick 2 1)
requests=$(quick 400000 100000)
# wrk's connections, of which each asks a thousand times a second at most, or as fast as it can; or h2load's requests in flight on each
# of 16 connections, which cost client and server less than one at a time
steps='paced-32 paced-96 fast-32 pipelined-4 pipelined-16 pipelined-64'

# now: seconds
now() {
	date +%s.%N
}

# idle: seconds of all cores
idle() {
	cut -d ' ' -f 2 /proc/uptime
}

# load STEP
load() {
	local url="http://127.0.0.1:$port/" number="${1#*-}"

	case $1 in
	pipelined-*)
		on_client h2load --h1 -n "$requests" -c 16 -m "$number" "$url" >"$dir/load"
		grep -q "$requests succeeded" "$dir/load" || die "h2load: $(cat "$dir/load")"
		;;
	*)
		on_client wrk -t 1 -c "$number" -d "$seconds" -s "$top/tests/live/log/numbered.lua" "$url" -- 0 "${1%-*}" >"$dir/load"
		! grep -E 'Socket errors|Non-2xx' "$dir/load" >&2 || die "wrk had errors"
		;;
	esac
}

# dropped: lines, since the programs were loaded
dropped() {
	total meshtap_access_log_dropped_records_total <"$dir/textfile/meshtap_access_log.prom"
}

# figures: lines per second, percent dropped, cores that the log took, cores that were idle
figures() {
	awk -v lines="$1" -v dropped="$2" -v cpu="$3" -v idle="$4" -v seconds="$5" 'BEGIN {
		print lines / seconds, 100 * dropped / (lines + dropped), cpu / 1e9 / seconds, idle / seconds }'
}

# step WHO LINES_A_REQUEST STEP
step() {
	local began idle_before had cpu wrote passed idled

	start_collector access-log
	had=$(served)
	cpu=$(cpu_ns "$log_pid") idle_before=$(idle) began=$(now)
	load "$3"
	passed=$(less "$(now)" "$began") idled=$(less "$(idle)" "$idle_before")
	await_quiet
	wrote=$(counted access-log)
	cpu=$(($(cpu_ns "$log_pid") - cpu))
	had=$(($(served | cut -d ' ' -f 2) - ${had#* } - 1))
	check_all_logged $(($2 * (had + 1))) $((wrote + $(dropped)))
	report_step "log lines, $1, $(echo "$3" | tr - ' ')" "$(figures "$wrote" "$(dropped)" "$cpu" "$idled" "$passed")"
	stop_collectors
}

# less A B
less() {
	echo "$1 $2" | awk '{ print $1 - $2 }'
}

# check_all_logged EXPECTED LINES: wrk leaves a request behind on each of its connections
check_all_logged() {
	local over=$(($2 - $1))

	[ ${over#-} -le 192 ] || die "$2 lines, written or dropped, where $1 are expected"
}

report_step() { # WHAT FIGURES
	local what="$1"

	# shellcheck disable=SC2086 # words
	set -- $2
	round "$what" "lines/s" "$1"
	round "$what" "% dropped" "$2"
	round "$what" "cores, log" "$3"
	round "$what" "cores, idle" "$4"
	[ "$2" != 0 ] || echo "$1" >>"$dir/none_dropped"
}

# steps_of MODE NAME LINES_A_REQUEST: all rates
steps_of() {
	local one

	printf '[access_log]\nmode = %s\n' "$1" >"$dir/meshtap.ini"
	echo 0 >"$dir/none_dropped"
	for one in $steps; do
		step "$2" "$3" "$one"
	done
	round "log lines, $2, none dropped" "lines/s" "$(sort -n "$dir/none_dropped" | tail -n 1)"
}

bench_begin capacity
start_nginx
for _ in $(seq "$rounds"); do
	steps_of both "both ends" 2
	steps_of server "the server's end" 1
done
