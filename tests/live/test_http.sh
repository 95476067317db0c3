#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# http_requests and access_log against real nginx, curl, wrk and netcat; the truth is nginx's own log and files of
# known size. Servers and clients run in units and a network namespace of the test's own. Run as root.
# shellcheck disable=SC1091,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"

net=meshtap-http-$$
server=meshtap-test-nginx-$$.service
client=meshtap-test-curl-$$.service
requests=${MESHTAP_TEST_REQUESTS:-200000}
port=$((20000 + $$ % 10000)) # the log is of the whole host: only our own lines have it

write_nginx_conf() {
	cat >"$dir/nginx.conf" <<-EOF
		daemon off; pid $dir/nginx.pid; worker_processes 2; error_log $dir/error.log;
		events { worker_connections 1024; }
		http {
			log_format exact '\$status \$request_length \$bytes_sent \$body_bytes_sent \$request_method \$request_uri';
			access_log $dir/nginx.log exact;
			keepalive_requests 1000000; client_body_temp_path $dir/body; client_max_body_size 100m;
			proxy_temp_path $dir/p; fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
			server {
				listen $port; listen [::]:$port; root $dir/www; sendfile on;
				location /empty { return 204; }
				location /chunked { ssi on; ssi_types *; alias $dir/www/chunked; }
				location /put { return 200 "got it"; }
				location /missing { return 404 "no\n"; }
			}
		}
	EOF
}

start_nginx() {
	write_nginx_conf
	here "$server" nginx -c "$dir/nginx.conf" -e "$dir/error.log" &
	wait_for here "$client" curl -sf -o /dev/null http://127.0.0.1:$port/small
}

oneTimeSetUp() {
	live_begin http
	units_add "$server" "$client"
	netns_add "$net"
	mkdir "$dir/www"
	head -c 1000 /dev/urandom >"$dir/www/small"
	head -c 3000000 /dev/urandom >"$dir/www/large"
	truncate -s 4500000000 "$dir/www/huge"
	echo hello >"$dir/www/chunked"
	start_metrics
	start_log
	start_nginx
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	stop_services
	live_end
}

# log_lines REPORTER: of HTTP requests to this test's server
log_lines() {
	local cluster=" inbound|$port|| "

	[ "$1" = destination ] || cluster=":$port\" PassthroughCluster "
	grep 'HTTP/1\.[01]"' "$dir/access.log" | grep -cF "$cluster"
}

# Forgets what was logged and counted so far.
setUp() {
	wait_for no_connection
	mark
	barrier "$net"
	: >"$dir/nginx.log"
	: >"$dir/access.log"
}

# With its last connection nginx has logged all that there was.
no_connection() {
	[ -z "$(ip netns exec "$net" ss -Htn state connected exclude time-wait sport = ":$port")" ]
}

# requests_rose METRIC REPORTER [LABEL=VALUE]: to this test's server
requests_rose() {
	local metric="$1" reporter="$2"

	shift 2
	rise "$metric" "reporter=$reporter" "destination_workload=$server" "$@"
}

# nginx_sum FIELD
nginx_sum() {
	awk -v f="$1" '{ n += $f } END { printf "%.0f\n", n }' "$dir/nginx.log"
}

# settle N: nginx has logged N requests, and our log and metrics have what they will ever have of them
settle() {
	wait_for nginx_has "$1" || fail "nginx logged $(wc -l <"$dir/nginx.log") of $1 requests"
	barrier "$net"
	sample
}

nginx_has() {
	[ "$(wc -l <"$dir/nginx.log")" = "$1" ]
}

get() {
	here "$client" curl -s -o /dev/null "$@"
}

# What both reporters counted equals what nginx logged.
assert_equals_nginx() {
	local reporter

	for reporter in source destination; do
		assertEquals "requests, $reporter" "$1" "$(requests_rose istio_requests_total $reporter)"
		assertEquals "durations, $reporter" "$1" "$(requests_rose istio_request_duration_milliseconds_count $reporter)"
		assertEquals "request bytes, $reporter" "$(nginx_sum 2)" "$(requests_rose istio_request_bytes_sum $reporter)"
		assertEquals "response bytes, $reporter" "$(nginx_sum 3)" "$(requests_rose istio_response_bytes_sum $reporter)"
		assertEquals "log lines, $reporter" "$1" "$(log_lines $reporter)"
	done
	assertEquals "inexact" 0 "$(rise meshtap_http_requests_inexact_messages_total)"
}

# Method, path, status and body bytes of each server-side line, as nginx says them.
assert_lines_equal_nginx() {
	# nginx counts chunk framing in $body_bytes_sent, Envoy's BYTES_SENT does not: "hello\n" is 6.
	awk '{ print $5, $6, $1, $6 == "/chunked" ? 6 : $4 }' "$dir/nginx.log" | sort >"$dir/expected"
	grep " inbound|$port|| " "$dir/access.log" |
		sed -E 's/^\[[^]]*\] "([A-Z]+) ([^ ]+) HTTP\/1\.[01]" ([0-9]+) [^ ]+ [^ ]+ [^ ]+ "[^"]*" [0-9]+ ([0-9]+) .*/\1 \2 \3 \4/' |
		sort >"$dir/actual"
	assertTrue "lines differ: $(diff "$dir/expected" "$dir/actual" | head -5)" "cmp -s $dir/expected $dir/actual"
}

test_framings() {
	get http://127.0.0.1:$port/small -o /dev/null http://127.0.0.1:$port/large -o /dev/null http://127.0.0.1:$port/chunked
	get -I http://127.0.0.1:$port/large
	get http://127.0.0.1:$port/empty http://127.0.0.1:$port/missing?q=1
	get --http1.0 http://127.0.0.1:$port/small
	get -H 'Connection: close' http://127.0.0.1:$port/large
	get -r 10-19 http://127.0.0.1:$port/large
	get -z "$dir/www/small" http://127.0.0.1:$port/small
	get "http://[::1]:$port/small"
	settle 11
	assert_equals_nginx 11
	assert_lines_equal_nginx
	assertEquals 1 "$(requests_rose istio_requests_total destination response_code=404)"
	assertEquals 1 "$(requests_rose istio_requests_total source response_code=206)"
	assertEquals 1 "$(requests_rose istio_requests_total destination response_code=304)"
}

# Sequence numbers wrap, and no count is of 32 bits.
test_more_than_four_gigabytes() {
	get http://127.0.0.1:$port/huge -o /dev/null http://127.0.0.1:$port/small
	settle 2
	assert_equals_nginx 2
	assert_lines_equal_nginx
}

# nginx does not count in $request_length a body that it discards: the truth is the files' sizes.
test_body_bytes_of_a_request() {
	get -H 'Transfer-Encoding: chunked' --data-binary @"$dir/www/small" http://127.0.0.1:$port/put
	get --data-binary @"$dir/www/large" http://127.0.0.1:$port/put
	settle 2
	assertEquals "BYTES_RECEIVED, chunked" 2 "$(awk '$10 == 1000' "$dir/access.log" | wc -l)"
	assertEquals "BYTES_RECEIVED" 2 "$(awk '$10 == 3000000' "$dir/access.log" | wc -l)"
}

test_workload_names() {
	get http://127.0.0.1:$port/small
	settle 1
	assertEquals 1 "$(requests_rose istio_requests_total source "source_workload=$client")"
	assertEquals 1 "$(requests_rose istio_requests_total destination "source_workload=$client")"
}

test_pipelining() {
	for n in 1 2 3 4 5 6 7 8 9 10 11; do
		printf 'GET /small?%s HTTP/1.1\r\nHost: a\r\n\r\n' $n
	done >"$dir/pipeline"
	printf 'HEAD /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' >>"$dir/pipeline"
	here "$client" nc -N 127.0.0.1 $port <"$dir/pipeline" >/dev/null
	settle 12
	assert_equals_nginx 12
	assert_lines_equal_nginx
}

test_long_head_over_many_segments() {
	get -H "Cookie: $(head -c 3000 /dev/zero | tr '\0' x)" -H "X-More: $(head -c 3000 /dev/zero | tr '\0' y)" \
		-H 'X-Request-Id: long-head' http://127.0.0.1:$port/small
	settle 1
	assert_equals_nginx 1
	assertEquals 2 "$(grep -c '"long-head"' "$dir/access.log")"
}

tcp_lines_are() {
	[ "$(grep -c ':9090" ' "$dir/access.log")" = "$1" ]
}

test_tcp_line_for_other_protocols() {
	here "$server" sh -c 'printf "hello world\n" | exec nc -N -l 127.0.0.1 9090' >/dev/null &
	wait_for here "$client" sh -c 'ss -ltn | grep -q :9090'
	printf 'not http at all\n' | here "$client" nc -N 127.0.0.1 9090 >/dev/null
	wait_for tcp_lines_are 2
	assertEquals 2 "$(grep -c '"- - -" 0 - - - "-" 16 12 ' "$dir/access.log")"
}

test_refused_connect() {
	here "$client" nc -w 1 127.0.0.1 9191 </dev/null
	wait_for grep -q ':9191' "$dir/access.log"
	assertEquals 1 "$(grep -c '"- - -" 0 UF - - "delayed_connect_error:_Connection_refused" 0 0 0 ' "$dir/access.log")"
}

test_client_abort() {
	here "$server" nc -l 127.0.0.1 8081 >/dev/null &
	local silent=$!

	wait_for here "$client" sh -c 'ss -ltn | grep -q :8081'
	get --max-time 0.2 http://127.0.0.1:8081/never
	wait "$silent"
	wait_for grep -q '/never' "$dir/access.log"
	sample
	assertEquals 1 "$(requests_rose istio_requests_total source response_code=0)"
	assertEquals 2 "$(grep -c '"GET /never HTTP/1.1" 0 DC downstream_remote_disconnect' "$dir/access.log")"
}

test_many_keepalive_requests() {
	local rounds=20 done_requests=0

	while [ "$done_requests" -lt "$requests" ] && [ $rounds -gt 0 ]; do
		here "$client" wrk -t 2 -c 16 -d 2 http://127.0.0.1:$port/small >"$dir/wrk"
		wait_for no_connection
		done_requests=$(wc -l <"$dir/nginx.log")
		rounds=$((rounds - 1))
	done
	assertTrue "$done_requests requests in all" "[ $done_requests -ge $requests ]"
	settle "$done_requests"
	assert_equals_nginx "$done_requests"
	assertEquals "ring drops" 0 "$(rise meshtap_access_log_dropped_records_total)"
}

test_killed_collector_loses_no_count() {
	get http://127.0.0.1:$port/small
	kill -9 "$metrics_pid"
	wait "$metrics_pid" 2>/dev/null
	get http://127.0.0.1:$port/small
	start_metrics
	get http://127.0.0.1:$port/small
	settle 3
	assert_equals_nginx 3
}

# One line a request where only the server's side is asked for; another instance with pins of its own.
test_reporter_destination() {
	printf '[access_log]\nreporter = destination\n' >"$dir/destination.ini"
	become_collector access-log -c "$dir/destination.ini" --pin-dir "$pins-2" --interval 3600 --log-file "$dir/destination.log" 2>"$dir/destination.err" &
	local second=$!

	wait_for grep -q ready "$dir/destination.err"
	get "http://127.0.0.1:$port/only-destination"
	wait_for grep -q only-destination "$dir/destination.log"
	settle 1
	kill "$second"
	wait "$second"
	assertEquals "exit code on SIGTERM" 0 $?
	assertEquals 1 "$(grep -c only-destination "$dir/destination.log")"
	assertEquals 1 "$(grep only-destination "$dir/destination.log" | grep -c " inbound|$port|| ")"
	collector access-log --pin-dir "$pins-2" --unload
	assertFalse "no pin is left" "[ -e $pins-2 ]"
}

test_rotation() {
	mv "$dir/access.log" "$dir/access.log.1"
	kill -HUP "$log_pid"
	wait_for test -e "$dir/access.log"
	get http://127.0.0.1:$port/small
	settle 1
	assertEquals 2 "$(grep -c "127.0.0.1:$port " "$dir/access.log")"
	rm "$dir/access.log.1"
}

test_exposition_is_clean() {
	get http://127.0.0.1:$port/small
	settle 1
	for file in "$dir"/textfile/*.prom; do
		promtool check metrics <"$file" >"$dir/promtool" 2>&1
		[ $? = 1 ] && fail "$file cannot be parsed"
		# Istio's own name, whose unit promtool's linter does not like
		grep -v 'istio_request_duration_milliseconds use base unit "seconds"' "$dir/promtool" >"$dir/findings"
		assertEquals "$file" "" "$(cat "$dir/findings")"
	done
}

. shunit2
