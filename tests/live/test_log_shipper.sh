#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The log on its way to receivers that are strict, absent, or behave badly. log_shipper/otlp.py and als.py decode what arrives by the
# published definitions and write the line that each record was; the truth is what log_shipper/writer.py has written.
# MESHTAP_TEST_REQUESTS: lines of the long lives. Loopback only, without BPF.
# shellcheck disable=SC1091,SC2154,SC2317 # lib.sh sets variables; shunit2 calls the functions
set -u
. "$(dirname "$0")/lib.sh"

helpers=$top/tests/live/log_shipper
lines=${MESHTAP_TEST_REQUESTS:-8000}
fewer=$((lines > 30000 ? lines / 10 : 3000)) # the receivers are slower than the shipper
python=/usr/bin/python3 # grpc and protobuf are the distribution's
batch=500
receiver_pid='' shipper_pid='' writer_pid='' port=0

setUp() {
	dir=$(mktemp -d)
	chmod 755 "$dir"
	mkdir "$dir/state" "$dir/textfile" "$dir/log"
	log=$dir/log/access.log
	port=0
	: >"$dir/received"
	: >"$dir/notes"
	: >"$dir/truth"
	: >"$dir/errors"
}

stop() { # PID
	[ -z "$1" ] || {
		kill "$1"
		wait "$1"
	} 2>/dev/null
}

tearDown() {
	[ -n "${dir:-}" ] || return 0
	stop "$writer_pid"
	stop "$shipper_pid"
	stop "$receiver_pid"
	writer_pid='' shipper_pid='' receiver_pid=''
	assertNull "bad requests" "$(grep ^bad "$dir/notes" | head -n 3)"
	rm -rf "$dir"
	dir=''
}

configure() { # PROTOCOL [KEY=VALUE]...
	local protocol=$1 scheme=http

	shift
	[[ "$*" != *ca_file* ]] || scheme=https
	cat >"$dir/meshtap.ini" <<-END
		[meshtap]
		textfile_dir = $dir/textfile
		[access_log]
		log_file = $log
		[log_shipper]
		endpoint = $scheme://127.0.0.1:$port
		protocol = $protocol
		state_dir = $dir/state
		service_name = shop
		host_name = web-1
		batch_records = $batch
		batch_age = 100
		retry_min = 20
		retry_max = 200
	END
	printf '%s\n' "$@" >>"$dir/meshtap.ini"
}

# receive otlp|als OPTION...: the first time at any port, then at the same
receive() {
	local kind=$1

	shift
	: >"$dir/said"
	"$python" "$helpers/$kind.py" "$port" "$dir/received" "$dir/notes" "$@" >"$dir/said" 2>>"$dir/receiver.err" &
	receiver_pid=$!
	wait_for grep -q ready "$dir/said" || fail "receiver: $(cat "$dir/receiver.err")"
	port=$(sed -n 's/^ready //p' "$dir/said")
}

ship() {
	"$top/build/meshtap-log-shipper" -c "$dir/meshtap.ini" 2>>"$dir/errors" &
	shipper_pid=$!
}

# write FIRST COUNT FORMAT: at once
write() {
	"$python" "$helpers/writer.py" "$log" "$dir/truth" "$1" "$2" "$3" >/dev/null
}

at_least_received() {
	has_lines "$dir/received" "$1"
}

# wait_long COMMAND...: as wait_for, while there is progress
wait_long() {
	local before=-1 now

	until wait_for "$@"; do
		now=$(wc -l <"$dir/received")
		[ "$now" != "$before" ] || return 1
		before=$now
	done
}

# metric NAME [LABEL=VALUE]...
metric() {
	rm -f "$dir/textfile/meshtap_log_shipper.prom"
	kill -USR1 "$shipper_pid"
	wait_for test -e "$dir/textfile/meshtap_log_shipper.prom"
	total "meshtap_log_shipper_$1" "${@:2}" <"$dir/textfile/meshtap_log_shipper.prom"
}

assert_memory() {
	local kb

	kb=$(awk '/VmHWM/ { print $2 }' "/proc/$shipper_pid/status")
	assertTrue "$kb kB" "[ $kb -le 16384 ]"
}

all_is_delivered() {
	[ "$(sed -n 's/^offset //p' "$dir/state/cursor")" = "$(stat -c %s "$log")" ]
}

# assert_arrived WHAT LINES: all of them, once, in their order
assert_arrived() {
	wait_long at_least_received "$2" || fail "$1: $(wc -l <"$dir/received") lines arrived: $(cat "$dir/errors")"
	wait_for all_is_delivered || fail "$1: cursor: $(cat "$dir/state/cursor")"
	assertEquals "$1" "lines $2 repeats 0 longest 0" "$("$python" "$helpers/compare.py" "$dir/truth" "$dir/received" $batch)"
	assertEquals "$1: sent" "$2" "$(metric records_sent_total)"
	assertEquals "$1: read" "$2" "$(metric records_read_total)"
	assertEquals "$1: lag" 0 "$(metric lag_bytes)"
	assert_memory
}

# arrives PROTOCOL RECEIVER FORMAT [KEY=VALUE]...
arrives() {
	local protocol=$1 receiver=$2 form=$3

	shift 3
	write 1 3000 "$form"
	receive "$receiver"
	configure "$protocol" "$@"
	ship
	assert_arrived "$protocol, $form, $*" 3000
	assertEquals "unparsed" 0 "$(metric unparsed_records_total)"
	tearDown
	setUp
}

test_protocols() {
	arrives http/protobuf otlp text
	arrives http/protobuf otlp json 'compression = none'
	arrives http/json otlp text 'compression = none'
	arrives http/json otlp json
	arrives als/grpc als als
	arrives http/protobuf otlp text 'batch_bytes = 4096'
}

# A text format of one's own: the line, and nothing else is known.
test_custom_text() {
	write 1 1000 custom
	receive otlp --custom
	configure http/protobuf '[access_log]' "text_format = %PROTOCOL% %REQ(USER-AGENT)%"
	sed -i '0,/^\[access_log\]/{/^\[access_log\]/d}; /^log_file/d' "$dir/meshtap.ini"
	echo "log_file = $log" >>"$dir/meshtap.ini"
	ship
	assert_arrived "custom" 1000
	assertEquals "unparsed" 1000 "$(metric unparsed_records_total)"
}

written() {
	[ "$(tail -n 1 "$dir/progress")" -ge "$1" ] 2>/dev/null
}

# As the package's policy does it: compressed at the second rotation.
rotate() {
	cat >"$dir/logrotate" <<-END
		$log {
			rotate 14
			missingok
			notifempty
			compress
			delaycompress
			create 0640 root root
			postrotate
				kill -HUP $writer_pid
			endscript
		}
	END
	/usr/sbin/logrotate -f -s "$dir/logrotate.state" "$dir/logrotate" || fail "logrotate"
}

# live PROTOCOL RECEIVER FORMAT: three rotations, two outages, one kill -9
live() {
	local compared

	receive "$2"
	configure "$1"
	: >"$log"
	"$python" "$helpers/writer.py" "$log" "$dir/truth" 1 "$lines" "$3" 3 >"$dir/progress" &
	writer_pid=$!
	ship
	wait_long at_least_received $((lines / 10)) || fail "nothing arrives: $(cat "$dir/errors")"
	stop "$receiver_pid"
	wait_long written $((lines / 4))
	rotate
	receive "$2"
	wait_long at_least_received $((lines / 5))
	kill -9 "$shipper_pid"
	wait "$shipper_pid" 2>/dev/null
	wait_long written $((lines / 2))
	rotate
	ship
	wait_long at_least_received $((lines / 3))
	stop "$receiver_pid"
	wait_long written $((lines * 3 / 4))
	rotate
	wait "$writer_pid"
	writer_pid=''
	receive "$2"
	wait_long at_least_received "$lines"
	wait_for all_is_delivered || fail "cursor: $(cat "$dir/state/cursor")"
	compared=$("$python" "$helpers/compare.py" "$dir/truth" "$dir/received" $batch)
	echo "$1, $3: $compared"
	assertTrue "$1: $compared" "grep -qE '^lines $lines repeats [01] longest [0-9]+$' <<<'$compared'"
	assertEquals "files" 4 "$(find "$dir/log" -type f | wc -l)"
	assertEquals "gaps" 0 "$(metric gaps_total)"
	assertEquals "rejected" 0 "$(metric records_rejected_total)"
	assertTrue "retries" "[ $(metric retries_total) -gt 0 ]"
	assert_memory
}

test_life_otlp() {
	live http/protobuf otlp text
}

test_life_otlp_json() {
	local lines=$fewer

	live http/json otlp json
}

test_life_als() {
	local lines=$fewer

	live als/grpc als als
}

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
		"$("$python" "$helpers/compare.py" "$dir/truth" "$dir/received" $batch)"
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
	echo "Authorization: Bearer second" >"$dir/headers"
	assert_arrived "token, again" 2000
}

# Stopped and started in the middle of it: nothing comes twice.
test_restarts() {
	local i

	write 1 10000 text
	receive otlp
	configure http/protobuf
	for i in 1 2 3 4; do
		ship
		wait_for at_least_received $((i * 2000))
		kill "$shipper_pid"
		wait "$shipper_pid"
		assertEquals "exit code" 0 $?
	done
	ship
	wait_for at_least_received 10000
	wait_for all_is_delivered
	assertEquals "lines 10000 repeats 0 longest 0" "$("$python" "$helpers/compare.py" "$dir/truth" "$dir/received" $batch)"
}

# Logs that are copied and truncated, what the policy of the package does not do.
test_copytruncate() {
	receive otlp
	configure http/protobuf
	write 1 3000 text
	cp "$log" "$log.1" && : >"$log"
	ship
	write 3001 3000 text
	wait_for at_least_received 3000 || fail "$(cat "$dir/errors")"
	wait_for all_is_delivered
	mv "$log.1" "$log.2"
	write 6001 3000 text
	stop "$receiver_pid"
	cp "$log" "$log.1" && : >"$log"
	write 9001 1000 text
	receive otlp
	wait_for at_least_received 7000 || fail "$(wc -l <"$dir/received"): $(cat "$dir/errors")"
	tail -n +3001 "$dir/truth" >"$dir/since"
	assertEquals "lines 7000 repeats 0 longest 0" "$("$python" "$helpers/compare.py" "$dir/since" "$dir/received" $batch)"
}

# shellcheck source=/dev/null
. shunit2
