#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# HTTP/2 over a link that drops, reorders, duplicates and delays: every line is what client and nginx know, and what is
# missing is declared. MESHTAP_TEST_REQUESTS=100000 (MESHTAP_LONG=1) for a long run, MESHTAP_TEST_SEED=N for another
# one. Run as root.
# shellcheck disable=SC1091,SC2034,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_log.sh"
. "$(dirname "$0")/lib_http2.sh"

net=meshtap-h2near-$$ link=meshtap-h2link-$$ far=meshtap-h2far-$$
network=10.97.6
server=meshtap-test-h2far-server-$$.service
client=meshtap-test-h2near-client-$$.service
[ -z "${MESHTAP_LONG:-}" ] || : "${MESHTAP_TEST_REQUESTS:=100000}"
requests=${MESHTAP_TEST_REQUESTS:-3000}
seed=${MESHTAP_TEST_SEED:-1}
port=$((20000 + $$ % 10000)) # the log is of the whole host: only our own lines have it

stop_impair() {
	[ -z "$impair_pid" ] || { kill "$impair_pid" && wait "$impair_pid"; }
	impair_pid=''
}

# impair OPTION...: what it did is said at the end
impair() {
	stop_impair
	: >"$dir/impair.err"
	ip netns exec "$link" "$dir/impair" --seed "$seed" "$@" veth1 veth2 >>"$dir/impaired" 2>"$dir/impair.err" &
	impair_pid=$!
	wait_for grep -q ready "$dir/impair.err"
}

# offloads on|off: off, frames have the MTU's size; on, segments of up to 64 KB pass as they are
offloads() {
	local where

	for where in "$net veth0" "$far veth0" "$link veth1" "$link veth2"; do
		ip netns exec "${where% *}" ethtool -K "${where#* }" tso "$1" gso "$1" gro "$1" tx "$1" rx "$1" >/dev/null
	done
}

oneTimeSetUp() {
	live_begin h2adversity
	units_add "$server" "$client"
	netns_add "$net"
	make_bad_link "$net" "$link" "$far" $network
	write_h2_files
	: >"$dir/server.log"
	start_collectors
	write_nginx_h2_conf "$port" >"$dir/nginx.conf"
	in_unit "$server" "$far" nginx -c "$dir/nginx.conf" -e "$dir/error.log" &
	wait_for listens "$far" "$port"
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	stop_impair
	stop_collectors
	cat "$dir/impaired"
	live_end
}

all_closed() {
	no_connection "$net" "$port" && no_connection "$far" "$port"
}

# requests_over OPTION...: of impair
requests_over() {
	impair "$@"
	forget_lines
	here "$client" node "$http2_helpers/node_client.js" $network.2 "$port" "$requests" 10 10 "$seed" nginx \
		>"$dir/client.log" 2>"$dir/client.err"
	assertEquals "exit code of the client: $(head -n 3 "$dir/client.err")" 0 $?
	assertEquals "requests made" "$requests" "$(wc -l <"$dir/client.log")"
	wait_for all_closed
	assert_same "the client's truth, and the server's" "$dir/client.log" "$dir/server.log"
	synced
	assert_declared
}

# Of both reporters
assert_declared() {
	counted_inexact=$(rise meshtap_http_requests_inexact_messages_total)
	logged_inexact=$(of_the_log inexact_messages_total)
	join_lines "$dir/client.log"
	echo "declared: $counted_inexact not counted, $logged_inexact not logged; $(grep -v '^wrong:' "$dir/joined" | paste -s -d ,)"
	assertEquals "requests counted and declared" $((requests * 2)) \
		$(($(made_by "$client" "$server") + counted_inexact))
	assert_no_wrong_line
	assertEquals "lines that are missing: declared" "$logged_inexact" "$(joined missing)"
	[ "$counted_inexact" != 0 ] || assert_requests_equal "$dir/client.log" "$client" "$server"
}

# Of 10,000 requests and reporters one; what came late or twice is put in order.
assert_hardly_any_inexact() {
	assertTrue "$counted_inexact not counted: $(inexact_of "$dir/textfile/meshtap_http_requests.prom")" \
		"[ $((counted_inexact * 10000)) -le $((requests * 2)) ]"
	assertTrue "$logged_inexact not logged: $(inexact_of "$dir/lines/meshtap_access_log.prom")" \
		"[ $((logged_inexact * 10000)) -le $((requests * 2)) ]"
}

test_good_link() {
	offloads on
	requests_over
	assert_hardly_any_inexact
}

test_loss_and_reordering() {
	offloads off
	requests_over --drop 2 --reorder 5 --duplicate 1 --delay 1
	assert_hardly_any_inexact
}

test_large_segments() {
	offloads on
	requests_over --drop 1 --reorder 5 --duplicate 1 --delay 1
	assert_hardly_any_inexact
}

# More than anyone would keep in memory: what is lost is declared, nothing is invented.
test_utter_disorder() {
	offloads off
	requests_over --drop 5 --reorder 40 --hold-frames 60 --hold-ms 20 --duplicate 5 --delay 5
}

. shunit2
