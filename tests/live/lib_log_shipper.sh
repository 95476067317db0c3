#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What the tests of the log shipper share; sourced after lib.sh. log_shipper/otlp.py and als.py decode what arrives by the published
# definitions and write the line that each record was; the truth is what log_shipper/writer.py has written. Loopback only, without BPF.
# shellcheck disable=SC2034,SC2154,SC2317 # the tests use the variables, lib.sh sets some; shunit2 calls the functions

helpers=$top/tests/live/log_shipper
python=/usr/bin/python3 # grpc and protobuf are the distribution's
batch=500
receiver_pid='' shipper_pid='' writer_pid='' port=0 kills=0

setUp() {
	dir=$(mktemp -d)
	chmod 755 "$dir"
	mkdir "$dir/state" "$dir/textfile" "$dir/log"
	log=$dir/log/access.log
	port=0 kills=0
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
	assertEquals "bad requests" "" "$(grep ^bad "$dir/notes" | head -n 3)"
	assertTrue "requests that did not come whole: more than kills" "[ $(grep -c ^cut "$dir/notes") -le $kills ]"
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
	assertEquals "$1" "lines $2 repeats 0 longest 0" "$("$python" "$helpers/compare.py" "$dir/truth" "$dir/received" "$batch")"
	assertEquals "$1: sent" "$2" "$(metric records_sent_total)"
	assertEquals "$1: read" "$2" "$(metric records_read_total)"
	assertEquals "$1: lag" 0 "$(metric lag_bytes)"
	assert_memory
}
