#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Hostile bytes in every field that the access log shows, in text and JSON at once: each request is one line a reporter,
# the very bytes can be had back, nothing is of another request, and no head makes the collector grow. Run as root.
# shellcheck disable=SC1091,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_log.sh"

net=meshtap-forge-$$
server=meshtap-test-server-$$.service
client=meshtap-test-forge-$$.service
port=$((20000 + $$ % 2000 * 5)) # the log is of the whole host: only our own lines have it
endless=$((port + 1))

oneTimeSetUp() {
	live_begin forging
	units_add "$server" "$client"
	netns_add "$net"
	start_named_log text <<-EOT
		format = text
	EOT
	start_named_log json <<-EOT
		format = json
	EOT
	here "$server" python3 "$log_helpers/forge_server.py" 127.0.0.1 $port >/dev/null 2>&1 &
	wait_for listens "$net" $port
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	unload_named_logs
	live_end
}

test_every_field() {
	here "$client" python3 "$log_helpers/forge.py" 127.0.0.1 $port >"$dir/cases"
	wait_for no_connection "$net" $port
	sync_logs
	for format in text json; do
		own_lines $format $port >"$dir/$format.own"
		assertEquals "$format" "lines $(($(wc -l <"$dir/cases") * 2)) bad 0" \
			"$(python3 "$log_helpers/check_$format.py" "$dir/$format.own")"
		python3 "$log_helpers/check_forging.py" "$dir/cases" $format "$dir/$format.own" >"$dir/forged"
		assertEquals "$format: $(cat "$dir/forged")" "cases $(wc -l <"$dir/cases") wrong 0" "$(head -n 1 "$dir/forged")"
		assertEquals "$format: dropped" 0 "$(log_total $format dropped_records_total)"
	done
	assert_between "cut fields" 1 1000000 "$(log_total text cut_fields_total)"
	assert_between "damaged heads" 1 1000000 "$(log_total text damaged_heads_total)"
}

rss() { # NAME
	awk '$1 == "VmRSS:" { print $2 }' "/proc/$(cat "$dir/$1.pid")/status"
}

endless_heads() {
	here "$client" python3 "$log_helpers/endless.py" 127.0.0.1 $endless "$1" >>"$dir/endless"
}

no_pieces() {
	sync_logs
	[ "$(log_total text head_pieces)" = 0 ] && [ "$(log_total json head_pieces)" = 0 ]
}

# A request whose head never ends is one line when it is given up, and costs nothing in between. Some thirty of these lines fill
# the ring: what a collector does not come to read in time is declared.
test_endless_heads() {
	local dropped

	endless_heads 20
	sync_logs
	for format in text json; do
		rss $format >"$dir/$format.rss"
	done
	endless_heads 200
	wait_for no_connection "$net" $endless
	sync_logs
	for format in text json; do
		assert_between "resident kilobytes of $format" 0 $(($(cat "$dir/$format.rss") + 1024)) "$(rss $format)"
		own_lines $format $endless >"$dir/$format.own"
		dropped=$(log_total $format dropped_records_total)
		assert_between "dropped of $format" 0 44 "$dropped"
		assertEquals "$format" "lines $((220 * 2 - dropped)) bad 0" "$(python3 "$log_helpers/check_$format.py" "$dir/$format.own")"
	done
	# A host on which others work has requests in flight, but not always.
	assertTrue "pieces that are kept: $(log_total text head_pieces)" "wait_for no_pieces"
}

. shunit2
