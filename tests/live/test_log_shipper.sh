#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The log on its way to strict receivers, in each protocol: over rotations, outages and crashes.
# MESHTAP_TEST_REQUESTS: lines of the long lives.
# shellcheck disable=SC1091,SC2034,SC2154,SC2317 # lib.sh sets and uses variables; shunit2 calls the functions
set -u
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_log_shipper.sh"

lines=${MESHTAP_TEST_REQUESTS:-8000}

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
	kills=1
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
	compared=$("$python" "$helpers/compare.py" "$dir/truth" "$dir/received" "$batch")
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
	live http/json otlp json
}

test_life_als() {
	live als/grpc als als
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
	assertEquals "lines 10000 repeats 0 longest 0" "$("$python" "$helpers/compare.py" "$dir/truth" "$dir/received" "$batch")"
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
	assertEquals "lines 7000 repeats 0 longest 0" "$("$python" "$helpers/compare.py" "$dir/since" "$dir/received" "$batch")"
}

# shellcheck source=/dev/null
. shunit2
