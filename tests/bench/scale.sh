#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# How costs grow with the number of connections, namespaces and units; prints tables, see docs/scale.md. Run as root by
# "make bench-scale"; SCALE="connections churn" chooses, SCALE_CONNECTIONS="10000 100000" says how many. What is declared is
# compared with what was made: a difference ends it with 1.
# shellcheck disable=SC1091,SC2034,SC2154,SC3043 # lib.sh sets variables; dash has local
set -eu
. "$(dirname "$0")/../live/lib.sh"
. "$(dirname "$0")/lib_scale.sh"

crowds=${SCALE_CONNECTIONS:-10000 100000 1000000}
parts=${SCALE:-connections capacity churn namespaces units}
per_process=15000 # connections
kib_each=20       # of both ends in the kernel, and in the tables of four collectors
exact=yes

# pairs_for N: of processes
pairs_for() {
	echo $((($1 + per_process - 1) / per_process))
}

has_memory_for() {
	[ "$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)" -gt $(($1 * kib_each)) ]
}

# connections N: held open
connections() {
	local end

	configure $((2 * $1 + 5000)) # both ends are here, and the host has some of its own
	start_all
	run_crowd "$server" serve "$(pairs_for "$1")"
	run_crowd "$client" hold "$1" "$(pairs_for "$1")"
	row "$1" "opening, all collectors" "us each" "$(per "$seconds" "$1" 6)"
	measure_oneshots "$1"
	measure_maps "$1"
	sample_all
	check_untracked
	for end in source destination; do
		compare "open, $end" "$1" "$(ours meshtap_tcp_connections_open $end)"
		compare "bytes, $end" "$1" "$(ours istio_tcp_sent_bytes_total $end)"
	done
	row "$1" "clients that the server's end names" "" "$(ours meshtap_tcp_connections_open destination "source_workload=$client")"
	unload_services
	measure_starts "$1"
	empty_unit "$client"
	empty_unit "$server"
	unload_all
}

# capacity N: of the 2N ends of N connections there is room for half
capacity() {
	local name before

	configure "$1"
	start_all
	run_crowd "$server" serve "$(pairs_for "$1")"
	sample_all
	rm -rf "$dir/before"
	cp -r "$dir/textfile" "$dir/before"
	run_crowd "$client" hold "$1" "$(pairs_for "$1")"
	sample_all
	for name in $names; do
		row "$1" "$name, followed" "ends" "$(health "$name" map_entries)"
		row "$1" "$name, declared as untracked" "ends" "$(health "$name" untracked_connections_total)"
		compare "$name: ends, followed and declared" $((2 * $1)) $(($(rise "meshtap_${name}_map_entries") +
			$(rise "meshtap_${name}_untracked_connections_total")))
	done
	empty_unit "$client"
	empty_unit "$server"
	unload_all
}

# churn N: as fast as it goes, without collectors and with all
churn() {
	local pairs=4 way end

	run_crowd "$server" serve $pairs close
	run_crowd "$client" churn "$1" $pairs
	row "$1" "opened and closed, no collector" "per second" "$(per_second "$1" "$seconds")"
	empty_unit "$client"
	configure 65536
	start_all
	run_crowd "$client" churn "$1" $pairs
	row "$1" "opened and closed, all collectors" "per second" "$(per_second "$1" "$seconds")"
	wait_for no_end_open
	for way in opened closed; do
		for end in source destination; do
			compare "$way, $end" "$1" "$(ours istio_tcp_connections_${way}_total $end)"
		done
	done
	[ $exact = yes ] || show_connections
	row "$1" "tcp-bytes, declared as untracked" "" "$(health tcp_bytes untracked_connections_total)" # docs/scale.md says why
	check_untracked tcp_connections http_requests access_log
	empty_unit "$client"
	empty_unit "$server"
	unload_all
}

# namespaces N: in each a connection to itself, a thousand more at a time
namespaces() {
	local n=0 more

	configure 65536
	collector tcp-connections
	collector tcp-bytes
	measure_oneshots 0
	while [ "$n" -lt "$1" ]; do
		more=$(($1 - n))
		[ $more -le 1000 ] || more=1000
		run_crowd "$client" namespaces $more
		n=$((n + more))
		row "$n" "making $more namespaces" "s" "$seconds"
		measure_oneshots "$n"
		compare "open in $n namespaces, source" "$n" "$(ours meshtap_tcp_connections_open source)"
	done
	empty_unit "$client"
	unload_all
}

# units N: in each a request on a connection of its own
units() {
	local name

	configure 65536 "max_series = 16384"
	start_all
	in_unit "$server" "$net" python3 "$top/tests/bench/units_of.py" serve &
	wait_for ip netns exec "$net" nc -z 127.0.0.1 7001
	nsenter --net="/run/netns/$net" python3 "$top/tests/bench/units_of.py" make "$1" "$cgroup/$many" "$$"
	wait_for no_end_open
	measure_oneshots "$1"
	for name in istio_requests_total istio_tcp_connections_opened_total; do
		compare "$name, source" "$1" "$(cat "$dir"/textfile/*.prom | grep 'source_workload="meshtap-many-' | total $name reporter=source)"
	done
	for name in tcp_connections tcp_bytes http_requests; do
		row "$1" "$name, .prom" "KiB" $(($(stat -c %s "$dir/textfile/meshtap_$name.prom") / 1024))
		row "$1" "$name, series overflow" "" "$(health $name series_overflow_total)"
	done
	row "$1" "http_requests, a sample" "s" "$(sed -n 's/^meshtap_http_requests_sample_seconds //p' "$dir/textfile/meshtap_http_requests.prom")"
	row "$1" "http_requests, RSS" "KiB" "$(rss "$metrics_pid")"
	empty_unit "$server"
	remove_many
	unload_all
}

scale_begin
for part in $parts; do
	case $part in
	connections)
		for crowd in $crowds; do
			if has_memory_for "$crowd"; then
				connections "$crowd"
			else
				echo "# $crowd connections: too little memory"
			fi
		done
		;;
	capacity) capacity "${SCALE_CAPACITY:-20000}" ;;
	churn) churn "${SCALE_CHURN:-500000}" ;;
	namespaces) namespaces "${SCALE_NAMESPACES:-10000}" ;;
	units) units "${SCALE_UNITS:-5000}" ;;
	*) echo "scale.sh: no such part: $part" >&2 && exit 2 ;;
	esac
done
[ $exact = yes ]
