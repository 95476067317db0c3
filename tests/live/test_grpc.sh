#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# gRPC, by the distribution's Python and C++: calls, their status, messages in both directions, and lines of the log are what
# client and server counted, which know nothing of each other. MESHTAP_TEST_REQUESTS=100000 (MESHTAP_LONG=1) for a long
# run: so many calls; MESHTAP_TEST_SEED for another one. Run as root.
# shellcheck disable=SC1091,SC2034,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_log.sh"
. "$(dirname "$0")/lib_http2.sh"

grpc=$top/tests/live/grpc
net=meshtap-grpc-$$
server=meshtap-test-grpc-server-$$.service
client=meshtap-test-grpc-client-$$.service
[ -z "${MESHTAP_LONG:-}" ] || : "${MESHTAP_TEST_REQUESTS:=100000}"
calls=${MESHTAP_TEST_REQUESTS:-2000}
seed=${MESHTAP_TEST_SEED:-1}
port=$((20000 + $$ % 10000)) # the log is of the whole host: only our own lines have it

oneTimeSetUp() {
	live_begin grpc
	units_add "$server" "$client"
	netns_add "$net"
	: >"$dir/server.log"
	printf '[http_requests]\nring_bytes = 64M\n' >"$dir/meshtap.ini"
	start_metrics
	start_named_log lines <<-EOT
		ring_bytes = 64M
		text_format = %REPORTER% %UPSTREAM_HOST% %RESPONSE_FLAGS% %REQ(:PATH)% %RESPONSE_CODE% %GRPC_STATUS_NUMBER%
		  %TRAILER(GRPC-STATUS)% %BYTES_RECEIVED% %BYTES_SENT% "%REQ(X-CALL)%" %GRPC_STATUS%
	EOT
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	stop_collectors
	live_end
}

# Debian's packages are of its own Python.
start_server() {
	: >"$dir/server.json"
	here "$server" /usr/bin/python3 "$grpc/server.py" "127.0.0.1:$port" >"$dir/server.json" 2>"$dir/server.err" &
	wait_for grep -q ready "$dir/server.json" || fail "server: $(tail -n 3 "$dir/server.err")"
	forget_lines
}

# The server says what it counted, all is closed, metrics and log are of now.
stop_server() {
	wait_for no_connection "$net" "$port"
	end_unit_processes "$server"
	sed -i '/ready/d' "$dir/server.json"
	synced
}

# counted FILE KEY: in the JSON of client or server
counted() {
	python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$1" "$2"
}

# statuses_of FILE: "STATUS CALLS" a line
statuses_of() {
	python3 -c 'import json, sys
for status, n in json.load(open(sys.argv[1]))["calls"].items(): print(status, n)' "$1"
}

# of_calls [LABEL=VALUE]...: (source destination)
of_calls() {
	of_both istio_requests_total "$client" "$server" request_protocol=grpc "$@"
}

# assert_messages FILE [MORE]: in both directions, as one of the two has counted, and so many more requests
assert_messages() {
	local side n

	for side in request response; do
		n=$(counted "$1" "${side}s")
		[ $side = response ] || n=$((n + ${2:-0}))
		assertEquals "istio_${side}_messages_total (source destination)" "$n $n" \
			"$(of_both istio_${side}_messages_total "$client" "$server")"
		assertEquals "labels of istio_${side}_messages_total" "" "$(grep "^istio_${side}_messages_total{" \
			"$dir/textfile/meshtap_http_requests.prom" | grep -E 'request_protocol|response_code|response_flags')"
	done
}

# lines_in_form REPORTER: what is in the log of a call whose deadline passed depends on which side was first: the client
# resets the stream, or the server does, or sends status 4, even both at once. And compressed messages have other sizes.
lines_in_form() {
	sed -n "s/^$1 [^ ]*:$port //p" "$dir/lines.log" | sed -E 's/ [A-Za-z-]+$//' | sed -E \
		-e 's|^[^ ]+ (/test.Echo/deadline) .* ("[0-9]+")$|- \1 - - - - - \2|' \
		-e 's|^(.* /test.Echo/[a-z]+-gzip .*) [0-9]+ [0-9]+ (".*)|\1 - - \2|'
}

assert_lines_of_calls() {
	local reporter

	for reporter in source destination; do
		lines_in_form $reporter >"$dir/lines.$reporter"
		assert_same "lines, $reporter" "$dir/client.lines" "$dir/lines.$reporter"
	done
	assertEquals "deadlines" "" "$(grep ":$port [^ ]* /test.Echo/deadline" "$dir/lines.log" |
		grep -vE ' ([DU]R [^ ]* 0 - - 5 0|(-|DR) [^ ]* 200 4 [4-] 5 0) "')"
}

# Calls that nobody answered have no status; those that the client cut short have the one that HTTP's 200 stands for.
expected_statuses() {
	awk '$4 != "-" { n[$4]++ } END { for (status in n) print status, n[status] }' "$dir/client.lines"
}

test_python() {
	start_server
	here "$client" /usr/bin/python3 "$grpc/client.py" "127.0.0.1:$port" "$calls" 4 16 "$seed" "$dir/client.lines" \
		>"$dir/client.json" 2>"$dir/client.err"
	assertEquals "exit code of the client: $(tail -n 1 "$dir/client.err")" 0 $?
	stop_server
	assertEquals "the client's truth, and the server's" "$(sed 's/, "unanswered.*/}/' "$dir/client.json")" \
		"$(cat "$dir/server.json")"
	assertEquals "calls (source destination)" "$calls $calls" "$(of_calls)"
	assert_messages "$dir/server.json" "$(counted "$dir/client.json" unanswered)"
	assert_lines_of_calls
	assert_python_statuses
	assert_nothing_declared
}

# of_reporter REPORTER [LABEL=VALUE]...
of_reporter() {
	local reporter="$1"

	shift
	rise istio_requests_total request_protocol=grpc source_workload="$client" destination_workload="$server" \
		reporter="$reporter" "$@"
}

# Calls whose deadline passes end with status 4, or with a reset before it: both can cross each other on the way, so each
# reporter, and each collector, may have seen the other one first.
assert_python_statuses() {
	local reporter status n silent cut deadline

	silent=$(grep -c /test.Echo/silent "$dir/client.lines")
	cut=$(grep -c /test.Echo/cut "$dir/client.lines")
	deadline=$(grep -c /test.Echo/deadline "$dir/client.lines")
	expected_statuses >"$dir/statuses"
	for reporter in source destination; do
		while read -r status n; do
			[ "$status" != 4 ] || continue
			assertEquals "calls with status $status, $reporter" "$n" "$(of_reporter $reporter grpc_response_status="$status")"
		done <"$dir/statuses"
		assertEquals "calls that the client cut, $reporter" "$cut" \
			"$(of_reporter $reporter response_flags=DR response_code=200 grpc_response_status=2)"
		n=$((silent + deadline + $(awk '$1 == 4 { print $2 }' "$dir/statuses")))
		assertEquals "calls reset before an answer, or with status 4, $reporter" "$n" \
			$(($(of_reporter $reporter response_code=0 grpc_response_status=) + $(of_reporter $reporter grpc_response_status=4)))
	done
}

test_cpp() {
	# shellcheck disable=SC2046 # one word an option
	${CXX:-g++} -std=c++17 -O1 -o "$dir/many_calls" "$grpc/many_calls.cc" $(pkg-config --cflags --libs grpc++) ||
		fail "g++"
	start_server
	here "$client" "$dir/many_calls" "127.0.0.1:$port" "$calls" 100 >"$dir/client.counts"
	assertEquals "exit code of the client" 0 $?
	stop_server
	statuses_of "$dir/server.json" >"$dir/server.counts"
	echo "responses $(counted "$dir/server.json" responses)" >>"$dir/server.counts"
	assert_same "the client's truth, and the server's" "$dir/client.counts" "$dir/server.counts"
	grep -v responses "$dir/client.counts" >"$dir/statuses"
	while read -r status n; do
		assertEquals "calls with status $status (source destination)" "$n $n" \
			"$(of_calls response_code=200 grpc_response_status="$status")"
	done <"$dir/statuses"
	assert_messages "$dir/server.json"
	assertEquals "lines" $((calls * 2)) "$(grep -c ":$port - /test.Echo/unary 200 " "$dir/lines.log")"
	assertEquals "lines with status 16" $((2 * $(sed -n 's/^16 //p' "$dir/statuses"))) \
		"$(grep -c ":$port - /test.Echo/unary 200 16 .* Unauthenticated$" "$dir/lines.log")"
	assert_nothing_declared
}

. shunit2
