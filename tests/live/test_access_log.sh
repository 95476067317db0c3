#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The access log in Istio's default formats, text and JSON at once on the same traffic, and lines of what is not HTTP:
# the specification's example, connects that fail, periodic lines. The truth is what nginx, curl and the clients' clocks
# say. Run as root.
# shellcheck disable=SC1091,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_log.sh"

net=meshtap-log-$$
server=meshtap-test-nginx-$$.service
client=meshtap-test-curl-$$.service
port=$((20000 + $$ % 2000 * 5)) # the log is of the whole host: only our own lines have it and the next four
silent=$((port + 1)) refused=$((port + 2)) tcp=$((port + 3)) crowd=$((port + 4))

write_nginx_conf() {
	cat >"$dir/nginx.conf" <<-EOT
		daemon off; pid $dir/nginx.pid; worker_processes 1; error_log $dir/error.log;
		events { worker_connections 64; }
		http {
			log_format exact '\$request_method \$request_uri \$status \$remote_port';
			access_log $dir/nginx.log exact; client_body_temp_path $dir/body;
			proxy_temp_path $dir/p; fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
			server {
				listen $port; listen [::]:$port; root $dir/www;
				location /empty { return 204; }
				location /chunked { ssi on; ssi_types *; alias $dir/www/small; }
				location /put { return 200 "got it"; }
				location /timed { add_header X-Envoy-Upstream-Service-Time 12; return 200 "ok"; }
			}
		}
	EOT
}

# A device whose peer is down swallows what is sent to this address.
make_blackhole() {
	ip -n "$net" link add veth0 type veth peer name veth1
	ip -n "$net" addr add 10.97.0.1/24 dev veth0
	ip -n "$net" link set veth0 up
	ip -n "$net" link set veth1 up
	ip -n "$net" neigh add 10.97.0.2 lladdr 02:00:00:00:00:01 dev veth0
	ip netns exec "$net" sysctl -qw net.ipv4.tcp_syn_retries=1
	ip netns exec "$net" sysctl -qw net.ipv4.tcp_syn_linear_timeouts=0 2>/dev/null
	true
}

oneTimeSetUp() {
	live_begin log
	units_add "$server" "$client"
	netns_add "$net"
	make_blackhole
	mkdir "$dir/www"
	head -c 1000 /dev/urandom >"$dir/www/small"
	head -c 3000000 /dev/urandom >"$dir/www/large"
	start_named_log text <<-EOT
		format = text
	EOT
	start_named_log json <<-EOT
		format = json
	EOT
	start_named_log periodic <<-EOT
		tcp_interval = 1
		text_format = reporter="%REPORTER%" type="%ACCESS_LOG_TYPE%" from="%DOWNSTREAM_REMOTE_ADDRESS%"
		  duration="%DURATION%" received="%BYTES_RECEIVED%" sent="%BYTES_SENT%"
	EOT
	write_nginx_conf
	here "$server" nginx -c "$dir/nginx.conf" -e "$dir/error.log" &
	wait_for listens "$net" "$port"
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	unload_named_logs
	live_end
}

get() {
	here "$client" curl -s -o /dev/null "$@"
}

traffic_of_http() {
	get http://127.0.0.1:$port/small -o /dev/null "http://127.0.0.1:$port/large?a=b"
	get "http://[::1]:$port/small" -H 'X-Forwarded-For: 10.0.0.1, ::1' -H 'X-Request-Id: 7' -A 'a "quoted\ agent"'
	get -d "$(head -c 5000 /dev/zero | tr '\0' x)" http://127.0.0.1:$port/put
	get -T "$dir/www/small" -H 'Transfer-Encoding: chunked' -X POST http://127.0.0.1:$port/put
	get -I http://127.0.0.1:$port/large
	get http://127.0.0.1:$port/missing -o /dev/null http://127.0.0.1:$port/empty -o /dev/null http://127.0.0.1:$port/chunked
	get --http1.0 http://127.0.0.1:$port/timed
}

# A request that is not answered, and a connect() that is refused
traffic_without_answer() {
	local pid

	here "$server" nc -l 127.0.0.1 $silent >/dev/null &
	pid=$!
	wait_for listens "$net" $silent
	get --max-time 0.2 http://127.0.0.1:$silent/never
	wait "$pid"
	get http://127.0.0.1:$refused/
}

# collect PORT...: NAME.own are the lines of text and JSON that name these ports
collect() {
	local each

	for each; do
		wait_for no_connection "$net" "$each"
	done
	sync_logs
	own_lines text "$@" >"$dir/text.own"
	own_lines json "$@" >"$dir/json.own"
}

test_defaults_in_text_and_json() {
	traffic_of_http
	traffic_without_answer
	here "$client" python3 "$log_helpers/tcp_peer.py" exchange 127.0.0.1 $tcp 1000 2000 10 >/dev/null
	collect $port $silent $refused $tcp
	# One line a request and reporter, two for the one without an answer and the one that is not HTTP, one refused.
	lines=$(($(wc -l <"$dir/nginx.log") * 2 + 2 + 2 + 1))
	assertEquals "requests that nginx logged" 10 "$(wc -l <"$dir/nginx.log")"
	assertEquals "text" "lines $lines bad 0" "$(python3 "$log_helpers/check_text.py" "$dir/text.own")"
	assertEquals "JSON" "lines $lines bad 0" "$(python3 "$log_helpers/check_json.py" "$dir/json.own")"
	assertEquals "text and JSON" "records $lines differ 0" "$(python3 "$log_helpers/same.py" "$dir/text.own" "$dir/json.own")"
	sed -nE 's/^\[[^"]*"([A-Z]+ [^ ]+) HTTP[^"]*" ([0-9]+) .* inbound\|'$port'\|\| .*:([0-9]+) - -$/\1 \2 \3/p' \
		"$dir/text.own" | sort >"$dir/lines"
	assertEquals "nginx and text" "" "$(sort "$dir/nginx.log" | diff - "$dir/lines")"
	assertEquals "a header of the response" 2 "$(grep -c ' 12 "-" "curl' "$dir/text.own")"
}

# The specification's example of a connection that is not HTTP, 2.3
test_tcp_line() {
	here "$client" python3 "$log_helpers/tcp_peer.py" exchange 127.0.0.1 $tcp 844 5214 95 >"$dir/measured"
	read -r local_port low high <"$dir/measured"
	collect "$local_port"
	assertEquals "lines" 2 "$(grep -c '"- - -" 0 - - - "-" 844 5214 [0-9]* - "-" "-" "-" "-" "127.0.0.1:'$tcp'" ' "$dir/text.own")"
	for reporter in ' inbound|' ' PassthroughCluster '; do
		assert_between "duration of$reporter" "$low" "$high" \
			"$(grep -F "$reporter" "$dir/text.own" | sed -nE 's/.* 844 5214 ([0-9]+) .*/\1/p')"
	done
	assertEquals "text and JSON" "records 2 differ 0" "$(python3 "$log_helpers/same.py" "$dir/text.own" "$dir/json.own")"
}

# assert_connect_failed ADDRESS ERRNO REASON: one line, of the client's side, as long as connect() took
assert_connect_failed() {
	here "$client" python3 "$log_helpers/tcp_peer.py" connect "$1" $refused >"$dir/measured"
	read -r error low high <"$dir/measured"
	assertEquals "errno of connect()" "$2" "$error"
	sync_logs text json
	assertEquals "lines of $1" 1 "$(grep -c "\"- - -\" 0 UF - - \"$3\" 0 0 [0-9]* - .* \"$1:$refused\" PassthroughCluster " "$dir/text.log")"
	duration=$(sed -nE "s/.*\"$3\" 0 0 ([0-9]+) - .*\"$1:$refused\".*/\\1/p" "$dir/text.log")
	assert_between "duration of connect() to $1" "$low" "$high" "$duration"
	assertEquals "objects of $1" 1 "$(grep -F "\"upstream_host\":\"$1:$refused\"" "$dir/json.log" |
		grep -F '"response_flags":"UF"' | grep -cF "\"upstream_transport_failure_reason\":\"$3\"")"
}

test_connect_refused() {
	assert_connect_failed 127.0.0.9 111 delayed_connect_error:_Connection_refused
}

test_connect_timed_out() {
	assert_connect_failed 10.97.0.2 110 connection_timeout
}

test_periodic_lines() {
	here "$client" python3 "$log_helpers/tcp_peer.py" trickle 127.0.0.1 $tcp 3.5 >"$dir/trickle"
	read -r local_port <"$dir/trickle"
	collect "$local_port"
	for reporter in source destination; do
		grep "^reporter=\"$reporter\" .* from=\"127.0.0.1:$local_port\" " "$dir/periodic.log" |
			sed -E 's/.* type="(.*)" from=.* duration="(.*)" received="(.*)" sent="(.*)"/\1 \2 \3 \4/' >"$dir/periods"
		assertEquals "$reporter" "" "$(python3 "$log_helpers/check_trickle.py" "$dir/trickle" "$dir/periods")"
	done
	assertEquals "without tcp_interval" 2 "$(wc -l <"$dir/text.own")"
}

# More periodic lines at a time than the ring has room for: what is not in the log is counted. Others' requests stay out.
test_periodic_lines_without_room() {
	local before dropped

	start_named_log small <<-EOT
		tcp_interval = 1
		ring_bytes = 64K
		filter = !has(response.code)
		text_format = %ACCESS_LOG_TYPE% to=:%DOWNSTREAM_LOCAL_PORT%
	EOT
	sync_logs small
	before=$(log_total small dropped_records_total)
	here "$client" python3 "$log_helpers/tcp_peer.py" idle 127.0.0.1 $crowd 500 1.6
	wait_for no_connection "$net" $crowd
	sync_logs small
	dropped=$(($(log_total small dropped_records_total) - before))
	assert_between "periodic lines" 100 1000000 "$(grep -c "TcpPeriodic to=:$crowd$" "$dir/small.log")"
	assert_between "dropped" 1 1000000 "$dropped"
	# on a slow machine the connections live through more than one interval
	assert_between "lines, and records that were dropped" 2000 1000000 \
		$(($(grep -c " to=:$crowd$" "$dir/small.log") + dropped))
}

. shunit2
