#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The log on its way to receivers that behave badly, do not want it, or are not who they should be.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh sets variables; shunit2 calls the functions
set -u
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_log_shipper.sh"

# What is no acceptance is tried again, and none of it brings a line twice. Where a connection that was used before is closed without
# a response, libcurl asks again by itself: these two are no retries of ours.
test_bad_behaviour() {
	write 1 5000 text
	receive otlp --plan 429,503,502,504,close,half,garbage,redirect,nonsense,huge,ok,close,slow:0.3
	configure http/protobuf
	ship
	assert_arrived "bad behaviour" 5000
	assertEquals "retries: $(cat "$dir/errors")" 7 "$(metric retries_total)"
	assertFalse "bytes of the receiver on stderr" "LC_ALL=C grep -q '[^[:print:]]' '$dir/errors'"
	assertTrue "says that it fails" "grep -q 'HTTP status 429; trying again' '$dir/errors'"
	assertTrue "and that it does not" "grep -q 'delivering again' '$dir/errors'"
}

test_bad_behaviour_json() {
	write 1 3000 json
	receive otlp --plan 503,close,half,garbage,nonsense,huge
	configure http/json
	ship
	assert_arrived "bad behaviour" 3000
	assertEquals "retries: $(cat "$dir/errors")" 3 "$(metric retries_total)"
}

test_retry_after() {
	write 1 1000 text
	receive otlp --plan 429:2,503:1
	configure http/protobuf
	ship
	assert_arrived "Retry-After" 1000
	assertTrue "$(cat "$dir/notes")" "awk '{ if (NR == 2 && \$3 - before < 2 || NR == 3 && \$3 - before < 1) exit 1; before = \$3 }' '$dir/notes'"
}

# Records that the receiver does not want are counted and passed over.
test_rejections() {
	write 1 2000 text
	receive otlp --plan 400,partial:3,ok,401
	configure http/protobuf
	ship
	wait_for at_least_received $((2 * batch - 3))
	wait_for all_is_delivered || fail "cursor: $(cat "$dir/errors")"
	assertEquals "lines" $((2 * batch - 3)) "$(wc -l <"$dir/received")"
	assertEquals "status" $((2 * batch)) "$(metric records_rejected_total reason=status)"
	assertEquals "partial" 3 "$(metric records_rejected_total reason=partial_success)"
	assertEquals "sent" $((2 * batch - 3)) "$(metric records_sent_total)"
	assertEquals "retries" 0 "$(metric retries_total)"
	assertTrue "$(cat "$dir/errors")" "grep -q 'records are rejected: HTTP status 400: why: ?\[31mred' '$dir/errors'"
}

test_grpc_status() {
	write 1 3000 als
	receive als --plan 14,8,early:14,3,ok,13,10
	configure als/grpc
	ship
	wait_for at_least_received $((3000 - 2 * batch))
	wait_for all_is_delivered || fail "cursor: $(cat "$dir/errors")"
	assertEquals "sent" $((3000 - 2 * batch)) "$(metric records_sent_total)"
	assertEquals "status" $((2 * batch)) "$(metric records_rejected_total reason=status)"
	assertEquals "retries: $(cat "$dir/errors")" 4 "$(metric retries_total)"
	assert_memory
}

# A response that comes after the timeout: the batch was taken, and comes again. Nobody can know.
test_timeout() {
	write 1 1000 text
	receive otlp --plan slow:3
	configure http/protobuf 'timeout = 2'
	ship
	wait_for at_least_received $((1000 + batch)) || fail "$(cat "$dir/errors")"
	wait_for all_is_delivered || fail "$(cat "$dir/errors")"
	assertEquals "lines 1000 repeats 1 longest $batch" \
		"$("$python" "$helpers/compare.py" "$dir/truth" "$dir/received" "$batch")"
}

# It is there, and is no file. What comes later in its place is delivered.
test_log_that_cannot_be_read() {
	mkdir "$log"
	receive otlp
	configure http/protobuf
	ship
	wait_for grep -q 'cannot read' "$dir/errors" || fail "$(cat "$dir/errors")"
	assertEquals "readable" 0 "$(metric log_readable)"
	rmdir "$log"
	write 1 1000 text
	assert_arrived "after it" 1000
	assertEquals "readable" 1 "$(metric log_readable)"
	assertTrue "$(cat "$dir/errors")" "grep -q 'reading .* again' '$dir/errors'"
}

make_certificates() {
	local name

	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout "$dir/ca.key" -out "$dir/ca.pem" 2>/dev/null
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout "$dir/other.key" -out "$dir/other.pem" 2>/dev/null
	echo 'subjectAltName=IP:127.0.0.1' >"$dir/extensions"
	for name in server client; do
		openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout "$dir/$name.key" -out "$dir/$name.csr" 2>/dev/null
		openssl x509 -req -in "$dir/$name.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days 2 \
			-extfile "$dir/extensions" -out "$dir/$name.pem" 2>/dev/null
	done
}

# is_refused KEY=VALUE...: nothing arrives, and the reason is said
is_refused() {
	configure "$protocol" "$@"
	: >"$dir/errors"
	ship
	wait_for grep -qi 'trying again' "$dir/errors" || fail "$protocol $*: $(cat "$dir/errors")"
	stop "$shipper_pid"
	assertEquals "$protocol $*" 0 "$(wc -l <"$dir/received")"
}

with_tls() { # PROTOCOL RECEIVER FORMAT
	protocol=$1
	make_certificates
	write 1 2000 "$3"
	receive "$2" --tls "$dir/server.pem" "$dir/server.key" "$dir/ca.pem"
	is_refused "ca_file = $dir/other.pem" "client_certificate = $dir/client.pem" "client_key = $dir/client.key"
	assertTrue "$protocol: $(cat "$dir/errors")" "grep -qi certificate '$dir/errors'"
	is_refused "ca_file = $dir/ca.pem"
	configure "$protocol" "ca_file = $dir/ca.pem" "client_certificate = $dir/client.pem" "client_key = $dir/client.key"
	ship
	assert_arrived "$protocol" 2000
}

test_tls() {
	with_tls http/protobuf otlp text
}

test_tls_grpc() {
	with_tls als/grpc als als
}

# The file is read again for each request.
test_token() {
	write 1 1000 text
	receive otlp --token second --plan ok
	echo "Authorization: Bearer second" >"$dir/headers"
	configure http/protobuf "headers_file = $dir/headers"
	ship
	assert_arrived "token" 1000
	echo "no header" >"$dir/headers"
	write 1001 1000 text
	wait_for grep -q 'headers: a line is no header' "$dir/errors" || fail "$(cat "$dir/errors")"
	: >"$dir/headers"
	wait_for asked_again || fail "no more tries"
	echo "Authorization: Bearer second" >"$dir/headers.new"
	mv "$dir/headers.new" "$dir/headers"
	assert_arrived "token, again" 2000
}

# Another try has begun and ended.
asked_again() {
	local before

	before=$(metric retries_total)
	wait_for more_retries_than $((before + 1))
}

more_retries_than() {
	[ "$(metric retries_total)" -gt "$1" ]
}

# shellcheck source=/dev/null
. shunit2
