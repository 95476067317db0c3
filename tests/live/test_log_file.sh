#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The access log's file when it cannot be written, and while it is rotated. The truth is nginx's own log: every request
# is two lines (client and server), or lines dropped and counted. Run as root.
# shellcheck disable=SC1091,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"

net=meshtap-log-$$
server=meshtap-test-nginx-$$.service
client=meshtap-test-client-$$.service
port=$((20000 + $$ % 10000)) # the log is of the whole host: only our own lines have it
small='' reader_pid=''

oneTimeSetUp() {
	live_begin log
	units_add "$server" "$client"
	netns_add "$net"
	serve_hello "\$request_uri"
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	live_end
}

setUp() {
	wait_for no_connection
	: >"$dir/nginx.log"
	mkdir "$dir/log"
}

# What a test started and mounted, also one that failed. Counters outlive the process.
tearDown() {
	[ -z "$log_pid" ] || stop_log
	[ -z "$dir" ] || collector access-log --unload
	[ -z "$reader_pid" ] || wait "$reader_pid"
	reader_pid=''
	[ -z "$small" ] || umount "$small"
	small=''
	[ -z "$dir" ] || rm -rf "$dir/log"
}

# start_log OPTION...: its standard output is $dir/log/pipe, if that is there
start_log() {
	local out=/dev/null

	[ ! -e "$dir/log/pipe" ] || out=$dir/log/pipe
	: >"$dir/log.err"
	become_collector access-log --interval 3600 "$@" 2>"$dir/log.err" >"$out" &
	log_pid=$!
	wait_for grep -q ready "$dir/log.err"
}

stop_log() {
	kill "$log_pid"
	wait "$log_pid"
	assertEquals "exit code" 0 $?
	log_pid=''
}

# With its last connection nginx has logged all that there was.
no_connection() {
	[ -z "$(ip netns exec "$net" ss -Htn state connected exclude time-wait sport = ":$port")" ]
}

# get N: on one connection, each with a path of its own
get() {
	here "$client" curl -s -o /dev/null "http://127.0.0.1:$port/[1-$1]" || fail "curl"
	wait_for no_connection
}

# expected: the lines that nginx's log calls for, written or dropped
expected() {
	echo $((2 * $(wc -l <"$dir/nginx.log")))
}

# counted METRIC [LABEL=VALUE]: what the service says
counted() {
	local metric="meshtap_access_log_$1"

	shift
	total "$metric" "$@" <"$dir/textfile/meshtap_access_log.prom"
}

# ours FILE: the lines of requests to our server; wrk also has a connection without any
ours() {
	grep -E "^[^\"]*\"GET [^\"]*\" .* \"127\.0\.0\.1:$port\"" "$1"
}

# assert_all_here_or DROPPED FILE: each line of ours is there, whole, or dropped. What others have on the host may be
# dropped too; only where the log has nothing of theirs this is exact.
assert_all_here_or() {
	local ours over

	ours=$(ours "$2" | wc -l)
	over=$((ours + $1 - $(expected)))
	assertTrue "$over too many" "[ $over -eq 0 ] || [ $over -gt 0 -a $ours -ne $(wc -l <"$2") ]"
	assert_whole "$2" "$ours"
}

# assert_all_counted FILE: as the service counts
assert_all_counted() {
	assertEquals "ring drops" 0 "$(counted dropped_records_total)"
	assertEquals "written lines" "$(wc -l <"$1")" "$(counted lines_total)"
	assert_all_here_or "$(counted dropped_lines_total)" "$1"
}

# assert_whole FILE LINES: that many of our server, each as it is to be; what others have is whole too
assert_whole() {
	local address='127\.0\.0\.1:[0-9]+' begin='^\[[-0-9T:.]{23}Z\] ' line any

	any="$begin\"[^\"]*\" [0-9]+ ([^ \"]+ ){3}\"[^\"]*\" ([0-9]+ ){3}[^ ]+ (\"[^\"]*\" ){5}([^ \"]+ ){5}[^ \"]+\$"
	assertEquals "not whole: $(grep -vE "$any" "$1" | head -n 3)" 0 "$(grep -cvE "$any" "$1")"
	line="$begin\"GET /[-0-9]+ HTTP/1\\.1\" (200 - via_upstream|0 DC downstream_remote_disconnect)"
	line="$line - \"-\" 0 [0-9]+ [0-9]+ - \"-\" \"[^\"]*\" \"-\" \"127\\.0\\.0\\.1(:$port)?\" \"127\\.0\\.0\\.1:$port\""
	line="$line (PassthroughCluster $address|inbound\\|$port\\|\\| -) $address $address - -\$"
	assertEquals "our lines" "$2" "$(grep -cE "$line" "$1")"
	assertEquals "our lines" "$2" "$(ours "$1" | wc -l)"
}

# said TEXT: how often the service did
said() {
	grep -c "$1" "$dir/log.err"
}

has_said() {
	[ "$(said "$1")" -gt 0 ]
}

test_full_disk() {
	local size

	small=$dir/log
	mount -t tmpfs -o size=256k none "$small"
	start_log --log-file "$small/access.log"
	get 10000
	assertEquals "nginx" 10000 "$(wc -l <"$dir/nginx.log")"
	sample
	assertNotEquals "dropped" 0 "$(counted dropped_lines_total reason=no_space)"
	assertEquals 1 "$(said 'cannot write the log: No space left on device')"
	size=$(wc -l <"$small/access.log")
	mount -o remount,size=64m "$small"
	wait_for has_said 'written again, [1-9][0-9]* lines were dropped' || fail "does not resume"
	assertTrue "resumed" "[ $(wc -l <"$small/access.log") -gt $size ]"
	sample
	assert_all_counted "$small/access.log"
	assertEquals "all for one reason" "$(counted dropped_lines_total reason=no_space)" "$(counted dropped_lines_total)"
}

# What was dropped is declared by the next process: lines that the killed one still had in hand, too.
test_killed_on_a_full_disk() {
	small=$dir/log
	mount -t tmpfs -o size=256k none "$small"
	start_log --log-file "$small/access.log"
	get 10000
	sample
	assertNotEquals "dropped" 0 "$(counted dropped_lines_total reason=no_space)"
	kill -KILL "$log_pid"
	wait "$log_pid"
	mount -o remount,size=64m "$small"
	start_log --log-file "$small/access.log"
	get 10
	sample
	assertNotEquals "dropped before" 0 "$(counted dropped_lines_total reason=no_space)"
	assertNotEquals "in hand" 0 "$(counted dropped_lines_total reason=killed)"
	assertTrue "halves of lines" "[ $(grep -c '[^-]$' "$small/access.log") -le 1 ]"
	sed -i '/[^-]$/d' "$small/access.log" # the line that was being written
	assert_all_counted "$small/access.log"
}

test_vanished_directory() {
	start_log --log-file "$dir/log/access.log"
	get 1
	wait_for has_lines "$dir/log/access.log" 2
	rm -rf "$dir/log"
	get 2
	wait_for has_said 'cannot write the log: No such file or directory' || fail "does not say it"
	assertFalse "made the directory" "[ -e $dir/log ]"
	mkdir "$dir/log"
	wait_for has_said 'written again, [0-9]* lines were dropped' || fail "does not resume"
	assert_whole "$dir/log/access.log" 4
}

# A FIFO without a reader, with one that does not read, and with one that does
test_fifo() {
	mkfifo "$dir/log/fifo"
	start_log --log-file "$dir/log/fifo"
	get 10
	wait_for has_said 'cannot write the log: No such device or address' || fail "does not say it"
	sample
	assertEquals 0 "$(counted lines_total)"
	cat "$dir/log/fifo" >"$dir/read" &
	reader_pid=$!
	wait_for has_lines "$dir/read" 20 || fail "does not resume"
	kill -STOP $reader_pid
	get 10000
	sample || fail "no metrics while it is blocked"
	assertNotEquals "dropped" 0 "$(counted dropped_lines_total reason=blocked)"
	assertEquals 1 "$(said 'cannot write the log: a write does not come back')"
	kill -CONT $reader_pid
	wait_for has_said 'written again, [1-9][0-9]* lines were dropped' || fail "does not resume again"
	get 1
	sample
	stop_log
	wait $reader_pid
	assert_all_counted "$dir/read"
}

# read_slowly: a MiB a second
read_slowly() {
	python3 -c '
import sys, time
while piece := sys.stdin.buffer.raw.read(16384):
    sys.stdout.buffer.write(piece)
    time.sleep(1 / 64)'
}

# There are no metrics then: the service says how many lines it dropped. What the ring has at its end is the next one's.
test_standard_output_is_slow() {
	local dropped

	printf '[access_log]\nring_bytes = 256K\n' >"$dir/meshtap.ini"
	mkfifo "$dir/log/pipe"
	read_slowly <"$dir/log/pipe" >"$dir/read" &
	reader_pid=$!
	start_log --stdout
	get 10000
	stop_log
	wait $reader_pid
	dropped=$(said_dropped)
	cat <"$dir/log/pipe" >>"$dir/read" &
	reader_pid=$!
	start_log --stdout
	stop_log
	wait $reader_pid
	: >"$dir/meshtap.ini"
	assertNotEquals "dropped" 0 "$dropped"
	assertEquals "dropped later" 0 "$(said_dropped)"
	assert_all_here_or "$dropped" "$dir/read"
}

said_dropped() {
	sed -nE 's/.*, ([0-9]+) lines were dropped$/\1/p' "$dir/log.err" | awk '{ n += $1 } END { print n + 0 }'
}

test_standard_output_is_closed() {
	mkfifo "$dir/log/pipe"
	head -n 1 <"$dir/log/pipe" >"$dir/read" &
	reader_pid=$!
	start_log --stdout
	get 1
	wait $reader_pid
	get 1
	wait_for ended "$log_pid" || fail "still there"
	wait "$log_pid"
	assertEquals "exit code" 1 $?
	log_pid=''
	assertEquals "messages: $(cat "$dir/log.err")" "meshtap-access-log: cannot write the log: Broken pipe" \
		"$(grep -v ready "$dir/log.err")"
}

test_latency_when_idle() {
	local took

	start_log --log-file "$dir/log/access.log"
	took=$(here "$client" python3 "$top/tests/live/log/latency.py" $port "$dir/log/access.log" 20)
	echo "latency to the file: $took"
	assertTrue "$took" "[ $(expr "$took" : 'median \([0-9]*\)') -le 200 ]"
}

# The shipped policy, but for what cannot be the test's own: the path, how many are kept, the service's name.
write_policy() {
	sed -e "s|^/var/log/meshtap/|$dir/log/|" -e 's/rotate 14/rotate 10000/' -e 's/-x meshtap-access-/-x meshtap-no-such/' \
		-e "s/systemctl kill .*meshtap-access-log.service/kill -HUP $log_pid/" \
		"$top/packaging/logrotate/meshtap" >"$dir/policy"
	assertEquals "policy" 3 "$(grep -cE "^$dir/log/access.log|rotate 10000|kill -HUP $log_pid" "$dir/policy")"
	chmod 644 "$dir/policy"
}

rotate() {
	logrotate -f -s "$dir/rotations" "$dir/policy"
}

# rotate_while PID: what rotates writes
rotate_while() {
	while ! ended "$1"; do
		rotate || fail "logrotate"
		sleep 0.3
	done
}

# all_lines: of all files, compressed or not
all_lines() {
	zcat -f "$dir"/log/access.log*
}

# assert_paths CLUSTER: the paths of one side's lines are those that nginx logged, each once
assert_paths() {
	ours "$dir/all" | grep -F " $1" | cut -d ' ' -f 3 | sort >"$dir/actual"
	assertTrue "$1: $(diff "$dir/paths" "$dir/actual" | head -5)" "cmp -s $dir/paths $dir/actual"
}

test_rotation_under_load() {
	local wrk_pid

	start_log --log-file "$dir/log/access.log"
	write_policy
	here "$client" wrk -t 1 -c 8 -d 15 -s "$top/tests/live/log/numbered.lua" http://127.0.0.1:$port/ >"$dir/wrk" &
	wrk_pid=$!
	rotate_while $wrk_pid
	wait_for no_connection
	sample
	stop_log
	assertTrue "rotations" "[ $(find "$dir/log" -name '*.gz' | wc -l) -gt 10 ]"
	all_lines >"$dir/all"
	echo "rotated: $(wc -l <"$dir/all") lines in $(find "$dir/log" -type f | wc -l) files"
	assertEquals "dropped" 0 "$(counted dropped_lines_total)"
	assert_all_counted "$dir/all"
	sort "$dir/nginx.log" >"$dir/paths"
	assert_paths PassthroughCluster
	assert_paths 'inbound|'
}

test_rotation_while_stopped() {
	start_log --log-file "$dir/log/access.log"
	write_policy
	get 1
	stop_log
	rotate
	assertEquals "exit code" 0 $?
	assert_whole "$dir/log/access.log.1" 2
}

. shunit2
