#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# HTTP/2 without TLS against nginx, nghttpd, haproxy and Node.js, by h2load, curl and Node.js: every line of the log and every
# counter is what the server's log and the client say, which know nothing of each other. MESHTAP_TEST_REQUESTS=1000000
# (MESHTAP_LONG=1) for a long run: so many by h2load; MESHTAP_TEST_SEED for another one. Run as root.
# shellcheck disable=SC1091,SC2034,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_log.sh"
. "$(dirname "$0")/lib_http2.sh"

net=meshtap-http2-$$
server=meshtap-test-h2-server-$$.service
proxy=meshtap-test-h2-proxy-$$.service
client=meshtap-test-h2-client-$$.service
[ -z "${MESHTAP_LONG:-}" ] || : "${MESHTAP_TEST_REQUESTS:=1000000}"
requests=${MESHTAP_TEST_REQUESTS:-12000} # by h2load against nginx
mixed=$((requests / 12))                 # by Node.js against each server, which takes its time
[ $mixed -le 20000 ] || mixed=20000
seed=${MESHTAP_TEST_SEED:-1}
port=$((20000 + $$ % 5000 * 2)) # the log is of the whole host: only our own lines have it and the next one
behind=$((port + 1))

oneTimeSetUp() {
	live_begin http2
	units_add "$server" "$proxy" "$client"
	netns_add "$net"
	write_h2_files
	: >"$dir/server.log"
	write_paths >"$dir/paths"
	start_collectors
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	stop_collectors
	live_end
}

tearDown() {
	[ -n "$dir" ] || return 0 # shunit2 calls this once more at its end
	end_unit_processes "$proxy"
	end_unit_processes "$server"
}

# Twenty of them: each as often as the others
write_paths() {
	local n

	for n in 200 204 302 304 404 500 503; do
		echo "/s/$n?a"
	done
	for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
		echo "/f/small?n=$n"
	done
	echo "/f/medium?$(head -c 3000 /dev/zero | tr '\0' q)"
}

start_node() {
	: >"$dir/said"
	here "$server" node "$http2_helpers/node_server.js" "$port" "$dir/server.log" >"$dir/said" 2>&1 &
	wait_for grep -q ready "$dir/said"
}

start_nghttpd() {
	here "$server" nghttpd --no-tls -d "$dir/www" "$port" >"$dir/said" 2>&1 &
	wait_for listens "$net" "$port"
}

# HTTP/2 on both of its sides
start_haproxy() {
	start_nginx_h2 "$behind"
	cat >"$dir/haproxy.cfg" <<-EOT
		defaults
			mode http
			timeout connect 5s
			timeout client 60s
			timeout server 60s
		listen proxy
			bind 127.0.0.1:$port proto h2
			server nginx 127.0.0.1:$behind proto h2
	EOT
	here "$proxy" haproxy -db -f "$dir/haproxy.cfg" 2>"$dir/said" &
	wait_for listens "$net" "$port"
}

# settle N: all that is closed, and the server has logged N requests
settle() {
	wait_for no_connection "$net" "$port" || fail "connections are still open"
	wait_for has_lines "$dir/server.log" "$1" || fail "the server logged $(wc -l <"$dir/server.log") of $1 requests"
	synced
}

# load N CLIENTS STREAMS: by h2load to a server that logs
load() {
	forget_lines
	: >"$dir/bytes.log"
	h2load_to "$1" "$2" "$3" "$dir/paths" -H "user-agent: load-$2-$3" -H ":authority: load.test" -H "x-turn: $seed"
	assertEquals "requests that h2load made" "$1" "$(h2load_done)"
	settle "$1"
	assert_h2load_equals "$dir/server.log"
	assert_lines_equal "$dir/server.log" "$port"
	assert_requests_equal "$dir/server.log" "$client" "$server"
	assert_nothing_declared
}

sent_by_nginx() {
	awk '{ sum += $1 } END { printf "%.0f\n", sum }' "$dir/bytes.log"
}

# mix SERVER [SERVER_LOG]: by Node.js, each request another
mix() {
	forget_lines
	here "$client" node "$http2_helpers/node_client.js" 127.0.0.1 "$port" "$mixed" 5 20 "$seed" "$1" >"$dir/client.log" 2>"$dir/said"
	assertEquals "exit code of the client: $(head -n 3 "$dir/said")" 0 $?
	assertEquals "requests made" "$mixed" "$(wc -l <"$dir/client.log")"
	[ $# = 1 ] || settle "$mixed"
	[ $# = 1 ] || assert_same "the client's truth, and the server's" "$dir/client.log" "$2"
	settle 0
	assert_nothing_declared
}

assert_mix() {
	assert_lines_equal "$dir/client.log" "$port"
	assert_requests_equal "$dir/client.log" "$client" "$server"
}

test_nginx_h2load() {
	local streams

	start_nginx_h2 "$port"
	for streams in 1 10 100; do
		load $((requests / 3 / 100 * 100)) 10 $streams
		assert_bytes_equal istio_response_bytes "$(sent_by_nginx)" "$client" "$server"
	done
}

test_nginx_mixed() {
	start_nginx_h2 "$port"
	: >"$dir/bytes.log"
	mix nginx "$dir/server.log"
	assert_mix
	assert_bytes_equal istio_response_bytes "$(sent_by_nginx)" "$client" "$server"
}

# curl_one CURL_OPTION... PATH: its own line is in client.log
curl_one() {
	local path

	for path; do :; done
	here "$client" curl -sS --http2-prior-knowledge -o "$dir/got" -H 'Host: curl.test' -A "an agent" -H "X-Turn: $seed" \
		-w "- HTTP/2 %{method} $path %{http_code} 0 %{size_download} \"an agent\" \"curl.test\" \"$seed\"\n" \
		"$@" >>"$dir/client.log"
}

test_nginx_curl() {
	start_nginx_h2 "$port"
	forget_lines
	: >"$dir/client.log"
	curl_one "http://127.0.0.1:$port/f/large"
	curl_one "http://127.0.0.1:$port/s/503"
	curl_one "http://127.0.0.1:$port/missing"
	curl_one -z "$dir/www/f/small" "http://127.0.0.1:$port/f/small"
	curl_one -I "http://127.0.0.1:$port/f/large"
	sed -i -e "s|http://127.0.0.1:$port||" -e '/ HEAD /s/ 0 [0-9]* "/ 0 0 "/' "$dir/client.log"
	settle 5
	assert_same "the client's truth, and the server's" "$dir/client.log" "$dir/server.log"
	assert_lines_equal "$dir/server.log" "$port"
	assert_requests_equal "$dir/server.log" "$client" "$server"
}

# It has no log: h2load's paths are used in turn, each as often as the others.
test_nghttpd() {
	start_nghttpd
	forget_lines
	grep '^/f/' "$dir/paths" >"$dir/files"
	h2load_to 1300 10 10 "$dir/files" -H ":authority: load.test" -H "user-agent: load"
	settle 0
	assertEquals "2xx" 1300 "$(h2load_said 2xx)"
	while read -r path; do
		size=1000
		[ "$path" = "${path#/f/medium}" ] || size=20000
		yes -- "- HTTP/2 GET $path 200 0 $size \"load\" \"load.test\" \"-\"" | head -n 100
	done <"$dir/files" >"$dir/expected"
	assert_lines_equal "$dir/expected" "$port"
	assert_requests_equal "$dir/expected" "$client" "$server"
	mix nghttpd
	assert_mix
}

# h2c, by nghttpx: the first request, and its answer on stream 1, are on either side of the upgrade.
test_upgrade() {
	start_nginx_h2 "$behind"
	here "$proxy" nghttpx --conf=/dev/null --single-process -f "127.0.0.1,$port;no-tls" \
		-b "127.0.0.1,$behind;;proto=h2" >"$dir/said" 2>&1 &
	wait_for listens "$net" "$port"
	forget_lines
	here "$client" nghttp -nu -H 'user-agent: upgrade' "http://127.0.0.1:$port/f/small?1" "http://127.0.0.1:$port/f/medium?2" \
		>"$dir/client.log" 2>&1
	assertEquals "nghttp: $(head -n 3 "$dir/client.log")" 0 $?
	settle 2
	assertEquals "lines of the second request" 2 \
		"$(grep -c ":$port - HTTP/2 GET /f/medium?2 200 0 20000 \"upgrade\"" "$dir/lines.log")"
	assertEquals "requests that ended with 200 (source destination)" "2 2" "$(of_both istio_requests_total \
		"$client" "$proxy" response_code=200)"
	assert_nothing_declared
}

test_node() {
	start_node
	load $((requests / 12 / 100 * 100)) 5 20
	mix node "$dir/server.log"
	assert_mix
}

# Four lines a request: the client's and the proxy's, the proxy's and the server's.
test_haproxy() {
	start_haproxy
	mix haproxy "$dir/server.log"

	end_unit_processes "$proxy" # its connections to nginx
	synced
	assert_lines_equal "$dir/client.log" "$port"
	assert_lines_equal "$dir/server.log" "$behind"
	assert_requests_equal "$dir/client.log" "$client" "$proxy"
	assert_requests_equal "$dir/server.log" "$proxy" "$server"
}

. shunit2
