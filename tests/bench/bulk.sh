#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What is left of the throughput of a large download and of a stream that is not HTTP. One core sends, one receives.
# Run as root; "make bench BENCH=bulk" prints the table.
# shellcheck disable=SC1091,SC2086,SC2154,SC3043 # lib.sh sets variables; words; dash has local
set -eu
. "$(dirname "$0")/../live/lib.sh"
. "$(dirname "$0")/lib.sh"

rounds=$(quick 5 1)
seconds=$(quick 2 1)

# download: gigabytes per second of a large file that nginx sends
download() {
	local gigabytes url="http://127.0.0.1:$port/bulk"

	gigabytes=$(quick 3 2)
	# shellcheck disable=SC2046 # a word an option
	on_client curl -sSf $(printf -- "-o /dev/null $url %.0s" $(seq "$gigabytes")) -w '%{size_download} %{time_total}\n' >"$dir/curl"
	[ "$(wc -l <"$dir/curl")" = "$gigabytes" ] || die "curl: $(cat "$dir/curl")"
	awk '{ bytes += $1; seconds += $2 } END { printf "%.3f\n", bytes / seconds / 1e9 }' "$dir/curl"
}

# stream: gigabytes per second of what is not HTTP
stream() {
	on_client iperf3 -c 127.0.0.1 -p $((port + 3)) -t "$seconds" -J >"$dir/iperf3.json"
	python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["end"]["sum_received"]["bits_per_second"] / 8e9)' \
		"$dir/iperf3.json"
}

# bulk SCENARIO: of the first scenario of a round the others are a part
bulk() {
	local kind speed base

	for kind in download stream; do
		speed=$($kind)
		[ "$1" != nothing ] || echo "$speed" >"$dir/$kind.base"
		base=$(cat "$dir/$kind.base")
		round "$1: bulk $kind" "GB/s" "$speed"
		round "$1: bulk $kind" "of nothing's" "$(ratio "$speed" "$base")"
	done
}

# watched_bulk SCENARIO COLLECTOR...
watched_bulk() {
	local scenario="$1"

	shift
	load_collectors "$@"
	bulk "$scenario"
	stop_collectors
}


one_core
bench_begin bulk
start_nginx
start_iperf3
download >/dev/null # its file is in the page cache
for _ in $(seq "$rounds"); do
	bulk nothing
	watched_bulk http-requests http-requests
	watched_bulk access-log access-log
	watched_bulk "all collectors" $collectors
done
