#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Which records have a line: mode, filter and sampling, each in a collector of its own, all on the same traffic. The
# truth is nginx's log. Counters are of the whole host, so what they say is bounded by what a log without a filter
# counted at the same time; on a host where nothing else happens the bounds are one number. Run as root.
# shellcheck disable=SC1091,SC2016,SC2154,SC2317,SC3043 # lib.sh sets variables; awk has $; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_log.sh"

net=meshtap-filter-$$
server=meshtap-test-nginx-$$.service
client=meshtap-test-curl-$$.service
other=meshtap-test-other-$$.service
port=$((20000 + $$ % 2000 * 5)) # the log is of the whole host: only our own lines have it and the next four
tcp=$((port + 1)) refused=$((port + 2))
requests=${MESHTAP_TEST_REQUESTS:-10000}
filtered='client server errors failures paths headers units numbers kernel'

write_nginx_conf() {
	cat >"$dir/nginx.conf" <<-EOT
		daemon off; pid $dir/nginx.pid; worker_processes 1; error_log $dir/error.log;
		events { worker_connections 64; }
		http {
			log_format exact '\$status \$request_uri \$http_x_team \$http_x_number';
			access_log $dir/nginx.log exact; client_body_temp_path $dir/body; keepalive_requests 1000000;
			proxy_temp_path $dir/p; fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
			server {
				listen $port; root $dir/www;
				location /moved { return 301 /; }
				location /forbidden { return 403; }
				location /broken { return 500; }
				location /legal { return 451; }
				location / { return 200 "ok"; }
			}
		}
	EOT
}

# filtered_log NAME KEY VALUE [LINE]: KEY = VALUE, and the format that all of them have
filtered_log() {
	start_named_log "$1" <<-EOT
		$2 = $3
		${4-}
		text_format = %REPORTER% %RESPONSE_CODE% %REQ(:PATH)% %REQ(X-TEAM)% %REQ(X-NUMBER)% to=:%DOWNSTREAM_LOCAL_PORT% %UNIT%
	EOT
}

oneTimeSetUp() {
	live_begin filter
	units_add "$server" "$client" "$other"
	netns_add "$net"
	write_nginx_conf
	here "$server" nginx -c "$dir/nginx.conf" -e "$dir/error.log" &
	wait_for listens "$net" $port
	filtered_log all mode both
	filtered_log client mode client
	filtered_log server mode server
	filtered_log errors filter 'response.code >= 400'
	filtered_log failures filter '!has(response.code) || response.code >= 400'
	filtered_log paths filter 'request.url_path.startsWith("/a/") && request.query != ""'
	filtered_log headers filter 'request.headers["x-team"] == "blue" || request.path.matches("^/moved.*")'
	filtered_log units filter "meshtap.unit == \"$other\""
	filtered_log numbers filter 'int(request.headers["x-number"]) >= 7'
	filtered_log kernel filter 'response.code == 403 || response.code == 500' 'ring_bytes = 256K'
	filtered_log sampled sampling 25
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	unload_named_logs
	live_end
}

get() {
	here "$client" curl -s -o /dev/null "$@"
}

traffic() {
	local path

	for path in /a/1?q=1 /a/2 /b/a/3?q=3 /moved /forbidden /broken /legal /moved?a; do
		get "http://127.0.0.1:$port$path"
	done
	get -H 'X-Team: blue' -H 'X-Number: 7' http://127.0.0.1:$port/a/blue
	get -H 'X-Team: red' -H 'X-Number: 6' http://127.0.0.1:$port/legal
	get -H 'X-Team: blue' -H 'X-Number: seven' http://127.0.0.1:$port/broken
	here "$other" curl -s -o /dev/null -H 'X-Number: 70' "http://127.0.0.1:$port/a/other?q"
	here "$client" python3 "$log_helpers/tcp_peer.py" exchange 127.0.0.1 $tcp 10 10 1 >/dev/null
	get http://127.0.0.1:$refused/
}

counted() { # NAME
	echo $(($(log_total "$1" lines_total) + $(log_total "$1" filtered_records_total)))
}

# before: the log without a filter first, so that its time is the longer one; after: last
count_before() {
	local name

	sync_logs all "$@"
	for name in all "$@"; do
		counted "$name" >"$dir/$name.before"
	done
}

# assert_counted NAME RECORDS: its lines and what it was spared are at least ours, at most the host's
assert_counted() {
	assert_between "lines and filtered records of $1" "$2" $(($(counted all) - $(cat "$dir/all.before"))) \
		$(($(counted "$1") - $(cat "$dir/$1.before")))
}

lines_of() { # NAME
	grep -E " to=:($port|$tcp|$refused) " "$dir/$1.log"
}

# assert_lines NAME AWK-CONDITION OTHERS: what nginx logged and the condition picks, by both reporters; and OTHERS lines
# that are not HTTP
assert_lines() {
	awk "$2"' { print "source", $0; print "destination", $0 }' "$dir/nginx.log" | sort >"$dir/expected"
	lines_of "$1" | grep -v ' 0 - - - ' | sed 's/ to=.*//' | sort >"$dir/actual"
	assertEquals "lines of $1" "" "$(diff "$dir/expected" "$dir/actual")"
	assertEquals "lines of $1 that are not HTTP" "$3" "$(lines_of "$1" | grep -c ' 0 - - - ')"
}

test_filters() {
	# shellcheck disable=SC2086 # names
	count_before $filtered
	traffic
	wait_for no_connection "$net" $port
	wait_for no_connection "$net" $tcp
	# shellcheck disable=SC2086
	sync_logs $filtered all
	assertEquals "requests" 12 "$(wc -l <"$dir/nginx.log")"
	assert_lines all 1 3
	assert_lines errors '$1 >= 400' 0
	assert_lines failures '$1 >= 400' 3
	assert_lines paths 'index($2, "/a/") == 1 && index($2, "?")' 0
	assert_lines headers '$3 == "blue" || index($2, "/moved") == 1' 0
	assert_lines kernel '$1 == 403 || $1 == 500' 0
	# A request without the header, or with another word in it, is an error: it has no line.
	assert_lines numbers '$4 == 7 || $4 == 70' 0
	assertEquals "lines of units" "source 200 /a/other?q" "$(lines_of units | cut -d ' ' -f 1-3)"
	for name in errors failures paths headers kernel numbers units; do
		assert_counted $name $((12 * 2 + 3))
	done
}

# Prometheus takes a counter that goes down for one that began anew.
test_restart() {
	local before

	sync_logs headers
	before=$(log_total headers filtered_records_total)
	end_named_log headers
	run_named_log headers
	sync_logs headers
	assertTrue "filtered before the restart: $before" "[ $before -gt 0 ]"
	assertTrue "filtered after the restart, and $before before" "[ $(log_total headers filtered_records_total) -ge $before ]"
}

test_modes() {
	sync_logs client server
	awk '{ print "source", $0 }' "$dir/nginx.log" | sort >"$dir/expected"
	lines_of client | grep -v ' 0 - - - ' | sed 's/ to=.*//' | sort >"$dir/actual"
	assertEquals "client" "" "$(diff "$dir/expected" "$dir/actual")"
	sed -i s/^source/destination/ "$dir/expected"
	lines_of server | grep -v ' 0 - - - ' | sed 's/ to=.*//' | sort >"$dir/actual"
	assertEquals "server" "" "$(diff "$dir/expected" "$dir/actual")"
	assertEquals "client, not HTTP" 2 "$(lines_of client | grep -c '^source 0 - - - ')"
	assertEquals "server, not HTTP" 1 "$(lines_of server | grep -c '^destination 0 - - - ')"
	assertEquals "filtered by mode" 0 "$(($(log_total client filtered_records_total) + $(log_total server filtered_records_total)))"
}

# A quarter, as far as chance can tell: six standard deviations of a binomial distribution, one in 500 million
test_sampling() {
	local lines sigma

	: >"$dir/nginx.log"
	count_before sampled
	lines=$(lines_of sampled | wc -l)
	get "http://127.0.0.1:$port/sampled?[1-$requests]"
	wait_for no_connection "$net" $port
	sync_logs sampled all
	assertEquals "requests" "$requests" "$(wc -l <"$dir/nginx.log")"
	lines=$(($(lines_of sampled | wc -l) - lines))
	sigma=$(awk -v n=$((requests * 2)) 'BEGIN { printf "%.0f", 6 * sqrt(n * 0.25 * 0.75) }')
	assert_between "sampled lines" $((requests / 2 - sigma)) $((requests / 2 + sigma)) "$lines"
	assert_counted sampled $((requests * 2))
	assertEquals "dropped" 0 "$(log_total sampled dropped_records_total)"
	assertEquals "filtered, not sampled" 0 "$(log_total sampled filtered_records_total reason=filter)"
	assertEquals "without sampling" $((requests * 2)) "$(lines_of all | grep -c /sampled)"
}

# What can be told by status and flag alone never leaves the kernel: a collector that stands still, and has a small ring,
# drops nothing.
test_kernel_refuses() {
	local before

	sync_logs kernel
	before=$(lines_of kernel | wc -l)
	count_before kernel
	kill -STOP "$(cat "$dir/kernel.pid")"
	get "http://127.0.0.1:$port/kernel?[1-5000]" -o /dev/null "http://127.0.0.1:$port/forbidden?[1-100]"
	wait_for no_connection "$net" $port
	kill -CONT "$(cat "$dir/kernel.pid")"
	sync_logs kernel all
	assertEquals "dropped" 0 "$(log_total kernel dropped_records_total)"
	assertEquals "lines" $((before + 200)) "$(lines_of kernel | wc -l)"
	assert_counted kernel $((5100 * 2))
}

. shunit2
