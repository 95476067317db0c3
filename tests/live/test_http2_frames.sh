#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# HTTP/2 frame by frame: a client and a server that send the bytes of a script (http2/cases.py): padding, CONTINUATION, interim
# responses, trailers, resets, GOAWAY, pushes, tunnels, gRPC, and a preface in single bytes. Bytes on the wire, of
# bodies, status and flags are the script's. Run as root.
# shellcheck disable=SC1091,SC2034,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_log.sh"
. "$(dirname "$0")/lib_http2.sh"

net=meshtap-frames-$$
server=meshtap-test-frames-server-$$.service
client=meshtap-test-frames-client-$$.service
cases=${MESHTAP_TEST_CASES:-} # all of them
port=$((20000 + $$ % 10000))  # the log is of the whole host: only our own lines have it

play() {
	: >"$dir/said"
	# shellcheck disable=SC2086 # one word a case
	here "$server" /usr/bin/python3 "$http2_helpers/frames.py" "$port" server $cases >"$dir/said" 2>&1 &
	local player=$!

	wait_for grep -q ready "$dir/said"
	# shellcheck disable=SC2086
	here "$client" /usr/bin/python3 "$http2_helpers/frames.py" "$port" client $cases >"$dir/client.log" 2>"$dir/client.err"
	assertEquals "exit code of the client: $(cat "$dir/client.err")" 0 $?
	wait "$player"
	assertEquals "exit code of the server: $(cat "$dir/said")" 0 $?
}

oneTimeSetUp() {
	live_begin frames
	units_add "$server" "$client"
	netns_add "$net"
	: >"$dir/server.log"
	start_metrics
	start_named_log lines <<-EOT
		text_format = %REPORTER% %UPSTREAM_HOST% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %PROTOCOL% %REQ(:METHOD)% %REQ(:PATH)%
		  %RESPONSE_CODE% %BYTES_RECEIVED% %BYTES_SENT% %DOWNSTREAM_WIRE_BYTES_RECEIVED% %DOWNSTREAM_WIRE_BYTES_SENT%
		  "%REQ(USER-AGENT)%" "%REQ(:AUTHORITY)%" "%TRAILER(X-SUM)%" %GRPC_STATUS_NUMBER% %DURATION%
	EOT
	forget_lines
	play
	wait_for no_connection "$net" "$port"
	synced
	sed '/^sums/d' "$dir/client.log" >"$dir/expected"
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	stop_collectors
	live_end
}

test_lines() {
	local reporter

	for reporter in source destination; do
		lines_of $reporter "$port" | sed 's/ [0-9]*$//' >"$dir/lines.$reporter"
		assert_same "lines, $reporter" "$dir/expected" "$dir/lines.$reporter"
	done
}

# Its answer is late by 200 ms.
test_duration() {
	local duration

	[ -z "$cases" ] || return 0
	sed -n "s/.*:$port .* \/slow .* //p" "$dir/lines.log" >"$dir/durations"
	assertEquals "lines of /slow" 2 "$(wc -l <"$dir/durations")"
	while read -r duration; do
		assert_between "milliseconds" 200 600 "$duration"
	done <"$dir/durations"
}

test_requests() {
	local n status flags

	n=$(wc -l <"$dir/expected")
	assertEquals "requests (source destination)" "$n $n" "$(of_both istio_requests_total "$client" "$server")"
	awk '{ n[$6 " " $1]++ } END { for (status in n) print status, n[status] }' "$dir/expected" >"$dir/statuses"
	while read -r status flags n; do
		assertEquals "requests with $status $flags (source destination)" "$n $n" "$(of_both istio_requests_total \
			"$client" "$server" response_code="$status" response_flags="$flags")"
	done <"$dir/statuses"
	n=$(awk '$NF != "-"' "$dir/expected" | wc -l)
	assertEquals "calls of gRPC (source destination)" "$n $n" "$(of_both istio_requests_total "$client" "$server" \
		request_protocol=grpc)"
}

test_bytes_and_messages() {
	local sums metric

	# shellcheck disable=SC2046 # numbers
	set -- $(sed -n 's/^sums //p' "$dir/client.log")
	for metric in istio_request_bytes_sum istio_response_bytes_sum istio_request_messages_total istio_response_messages_total; do
		assertEquals "$metric (source destination)" "$1 $1" "$(of_both $metric "$client" "$server")"
		shift
	done
}

test_nothing_is_declared() {
	assert_nothing_declared
}

. shunit2
