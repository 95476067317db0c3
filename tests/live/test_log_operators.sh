#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Operators of the access log's format, each against what nginx's log, a server that says it, the client's clock or the
# kernel's counters say. Run as root.
# shellcheck disable=SC1091,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_log.sh"

net=meshtap-ops-$$ link=meshtap-link-$$ far=meshtap-far-$$
server=meshtap-test-nginx-$$.service
client=meshtap-test-curl-$$.service
port=$((20000 + $$ % 2000 * 5)) # the log is of the whole host: only our own lines have it and the next four
answers=$((port + 1)) timed=$((port + 2)) bulk=$((port + 3))

write_nginx_conf() {
	cat >"$dir/nginx.conf" <<-EOT
		daemon off; pid $dir/nginx.pid; worker_processes 1; error_log $dir/error.log;
		events { worker_connections 64; }
		http {
			log_format exact 'uri="\$request_uri" port="\$remote_port" wire_up="\$request_length" wire_down="\$bytes_sent" '
				'body_down="\$body_bytes_sent" protocol="\$server_protocol" status="\$status" '
				'client="\$remote_addr" address="\$server_addr"';
			access_log $dir/nginx.log exact; client_body_temp_path $dir/body;
			proxy_temp_path $dir/p; fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
			server {
				listen $port; listen [::]:$port; root $dir/www;
				location /put { client_max_body_size 10m; dav_methods PUT; root $dir; }
			}
		}
	EOT
}

write_format() {
	cat <<-EOT
		text_format = reporter="%REPORTER%" uri="%REQ(:PATH)%" method="%REQ(:METHOD)%" status="%RESPONSE_CODE%"
		  protocol="%PROTOCOL%" alternative="%REQ(X-A?X-B)%" cut="%REQ(X-A):5%" server="%RESP(Server)%"
		  time="%RESP(X-TIME)%" sum="%TRAILER(X-SUM)%" body_up="%BYTES_RECEIVED%" body_down="%BYTES_SENT%"
		  head_up="%DOWNSTREAM_HEADER_BYTES_RECEIVED%" head_down="%DOWNSTREAM_HEADER_BYTES_SENT%"
		  wire_up="%DOWNSTREAM_WIRE_BYTES_RECEIVED%" wire_down="%DOWNSTREAM_WIRE_BYTES_SENT%"
		  upstream_head_up="%UPSTREAM_HEADER_BYTES_SENT%" upstream_head_down="%UPSTREAM_HEADER_BYTES_RECEIVED%"
		  upstream_wire_up="%UPSTREAM_WIRE_BYTES_SENT%" upstream_wire_down="%UPSTREAM_WIRE_BYTES_RECEIVED%"
		  duration="%DURATION%" request_duration="%REQUEST_DURATION%" request_tx_duration="%REQUEST_TX_DURATION%"
		  response_duration="%RESPONSE_DURATION%" response_tx_duration="%RESPONSE_TX_DURATION%"
		  common_duration="%COMMON_DURATION(DS_RX_END:DS_TX_BEG:ms)%" start="%START_TIME(%s%6f)%"
		  stamp="%START_TIME(%s.%6f)%" connection="%CONNECTION_ID%" stream="%STREAM_ID%"
		  unit="%UNIT%" peer_unit="%PEER_UNIT%" pid="%PID%" comm="%COMM%" rtt="%TCP_RTT%" again="%TCP_RETRANSMITS%"
		  variable="%ENVIRONMENT(MESHTAP_TEST)%" no_variable="%ENVIRONMENT(MESHTAP_TEST_MISSING)%" host="%HOSTNAME%"
		  client="%DOWNSTREAM_REMOTE_ADDRESS%" client_address="%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"
		  client_port="%DOWNSTREAM_REMOTE_PORT%" direct="%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%"
		  called="%DOWNSTREAM_LOCAL_ADDRESS%" called_address="%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%"
		  called_port="%DOWNSTREAM_LOCAL_PORT%" upstream="%UPSTREAM_HOST%" upstream_remote="%UPSTREAM_REMOTE_ADDRESS%"
		  upstream_address="%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%" upstream_port="%UPSTREAM_REMOTE_PORT%"
		  upstream_local="%UPSTREAM_LOCAL_ADDRESS%" upstream_local_port="%UPSTREAM_LOCAL_PORT%"
		  grpc="%GRPC_STATUS%" grpc_snake="%GRPC_STATUS(SNAKE_STRING)%" grpc_argument="%GRPC_STATUS(NUMBER)%"
		  grpc_number="%GRPC_STATUS_NUMBER%" flags="%RESPONSE_FLAGS_LONG%" type="%ACCESS_LOG_TYPE%" percent="100%%"
	EOT
}

oneTimeSetUp() {
	live_begin operators
	units_add "$server" "$client"
	netns_add "$net"
	mkdir "$dir/www" "$dir/put"
	chmod 777 "$dir/put" # nginx's workers are not root
	head -c 100000 /dev/urandom >"$dir/www/file"
	write_format >"$dir/format"
	MESHTAP_TEST='a value'
	export MESHTAP_TEST
	start_named_log text <"$dir/format"
	write_nginx_conf
	here "$server" nginx -c "$dir/nginx.conf" -e "$dir/error.log" &
	here "$server" python3 "$log_helpers/answers.py" 127.0.0.1 $answers &
	wait_for listens "$net" $port
	wait_for listens "$net" $answers
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	unload_named_logs
	live_end
}

get() {
	here "$client" curl -s -o /dev/null "$@"
}

# sync PORT: what has gone to it is in the log
sync() {
	wait_for no_connection "$net" "$1"
	sync_logs
}

# line REPORTER URI: the one line of a request
line() {
	grep "^reporter=\"$1\" uri=\"$2\" .* called_port=\"\\($port\\|$answers\\|$timed\\|$bulk\\)\" " "$dir/text.log"
}

# assert_value KEY EXPECTED URI: of both reporters
assert_value() {
	local reporter

	for reporter in source destination; do
		assertEquals "$1 of $3, $reporter" "$2" "$(line $reporter "$3" | value_of "$1")"
	done
}

# of_nginx KEY URI: what its log says
of_nginx() {
	grep -F "uri=\"$2\" " "$dir/nginx.log" | value_of "$1"
}

test_headers() {
	get -H 'X-A: 123456789' -H 'X-B: b' http://127.0.0.1:$port/file?a
	get -H 'X-B: only b' http://127.0.0.1:$port/file?b
	get http://127.0.0.1:$port/file?neither
	sync $port
	assert_value alternative 123456789 /file?a
	assert_value cut 12345 /file?a
	assert_value alternative 'only b' /file?b
	assert_value cut - /file?b
	assert_value alternative - /file?neither
	assert_value server "$(nginx -v 2>&1 | sed 's/.*: //')" /file?a
	assert_value time - /file?a
	assert_value sum - /file?a
	assert_value percent '100%' /file?a
	assert_value type DownstreamEnd /file?a
	assert_value flags - /file?a
}

test_trailers() {
	get http://127.0.0.1:$answers/trailer
	sync $answers
	assert_value sum 5d41402a /trailer
	assert_value time noon /trailer
	assert_value body_down 5 /trailer
}

test_grpc_status() {
	local case

	for case in grpc/0:OK:OK:0 grpc/5:NotFound:NOT_FOUND:5 grpc/99:99:99:99 grpc-head/16:Unauthenticated:UNAUTHENTICATED:16 \
		grpc-none/503:Unavailable:UNAVAILABLE:14 grpc-none/200:Unknown:UNKNOWN:2; do
		get -H 'Content-Type: application/grpc' -d x "http://127.0.0.1:$answers/${case%%:*}"
	done
	get -d x http://127.0.0.1:$answers/grpc/1
	sync $answers
	for case in grpc/0:OK:OK:0 grpc/5:NotFound:NOT_FOUND:5 grpc/99:99:99:99 grpc-head/16:Unauthenticated:UNAUTHENTICATED:16 \
		grpc-none/503:Unavailable:UNAVAILABLE:14 grpc-none/200:Unknown:UNKNOWN:2 grpc/1:-:-:-; do
		assert_grpc "/${case%%:*}" "${case#*:}"
	done
}

assert_grpc() { # URI CAMEL:SNAKE:NUMBER
	local rest="${2#*:}"

	assert_value grpc "${2%%:*}" "$1"
	assert_value grpc_snake "${rest%%:*}" "$1"
	assert_value grpc_argument "${rest#*:}" "$1"
	assert_value grpc_number "${rest#*:}" "$1"
}

test_bytes() {
	get http://127.0.0.1:$port/file?bytes
	# Where there is a body up: nginx counts a Location that it sends as if it were of the body.
	get -T "$dir/www/file" -w '%{size_header} %{size_download}' http://127.0.0.1:$port/put/bytes >"$dir/curl"
	get http://127.0.0.1:$port/missing
	sync $port
	for case in /file?bytes:0 /put/bytes:100000 /missing:0; do
		local uri="${case%:*}" body="${case#*:}" down head_down body_down

		down=$(of_nginx wire_down "$uri") body_down=$(of_nginx body_down "$uri")
		head_down=$((down - body_down))
		[ "$body" = 0 ] || read -r head_down body_down <"$dir/curl"
		for prefix in '' upstream_; do
			assert_value ${prefix}wire_up "$(of_nginx wire_up "$uri")" "$uri"
			assert_value ${prefix}wire_down "$down" "$uri"
			assert_value ${prefix}head_up $(($(of_nginx wire_up "$uri") - body)) "$uri"
			assert_value ${prefix}head_down "$head_down" "$uri"
		done
		assert_value body_up "$body" "$uri"
		assert_value body_down "$body_down" "$uri"
		assert_value status "$(of_nginx status "$uri")" "$uri"
	done
}

test_times() {
	here "$client" python3 "$log_helpers/timing.py" 127.0.0.1 $timed >"$dir/times"
	sync $timed
	for reporter in source destination; do
		while read -r key low high; do
			[ -z "$high" ] || assert_between "$key, $reporter" "$low" "$high" "$(line $reporter /timed | value_of "$key")"
		done <"$dir/times"
		assertEquals "the two forms of a time" "$(line $reporter /timed | value_of start)" \
			"$(line $reporter /timed | value_of stamp | tr -d .)"
	done
	assert_value client_port "$(head -n 1 "$dir/times")" /timed
}

test_connection_and_stream() {
	local first second other

	get http://127.0.0.1:$port/file?first -o /dev/null http://127.0.0.1:$port/file?second
	get -H 'X-Request-Id: mine' http://127.0.0.1:$port/file?other
	sync $port
	assertEquals "keep-alive" "$(of_nginx port /file?first)" "$(of_nginx port /file?second)"
	for reporter in source destination; do
		first=$(line $reporter /file?first | value_of connection) second=$(line $reporter /file?second | value_of connection)
		other=$(line $reporter /file?other | value_of connection)
		assertEquals "one connection, $reporter" "$first" "$second"
		assertNotEquals "another connection, $reporter" "$first" "$other"
		assertTrue "a number: $first $other" "[ $first -gt 0 ] && [ $other -gt 0 ]"
		assertNotEquals "streams, $reporter" "$(line $reporter /file?first | value_of stream)" \
			"$(line $reporter /file?second | value_of stream)"
	done
	assert_value stream mine /file?other
}

test_process_unit_and_host() {
	# shellcheck disable=SC2016
	here "$client" sh -c 'echo $$ >"$1"; exec curl -s -o /dev/null "$2"' sh "$dir/curl.pid" http://127.0.0.1:$port/file?who
	sync $port
	assertEquals "curl's pid" "$(cat "$dir/curl.pid")" "$(line source /file?who | value_of pid)"
	assertEquals "curl's name" curl "$(line source /file?who | value_of comm)"
	assertEquals "nginx's pid" "$(cat "$dir/nginx.pid")" "$(line destination /file?who | value_of pid)"
	assertEquals "nginx's name" nginx "$(line destination /file?who | value_of comm)"
	assertEquals "unit of curl" "$client" "$(line source /file?who | value_of unit)"
	assertEquals "peer of curl" "$server" "$(line source /file?who | value_of peer_unit)"
	assertEquals "unit of nginx" "$server" "$(line destination /file?who | value_of unit)"
	assertEquals "peer of nginx" "$client" "$(line destination /file?who | value_of peer_unit)"
	assert_value host "$(uname -n)" /file?who
	assert_value variable 'a value' /file?who
	assert_value no_variable - /file?who
	for reporter in source destination; do
		assert_between "round trip in microseconds, $reporter" 1 1000000 "$(line $reporter /file?who | value_of rtt)"
	done
	assert_value again 0 /file?who
}

# Segments that the network namespace has sent again
sent_again() {
	# shellcheck disable=SC2016 # awk's
	ip netns exec "$far" awk '$1 == "Tcp:" { value = $13 } END { print value }' /proc/net/snmp
}

# The far end's only connection: the kernel's own counter of its network namespace is the truth.
test_retransmits() {
	make_bad_link "$net" "$link" "$far" 10.96.0
	impair_link "$link" --drop 0,20 --seed 3
	head -c 2000000 /dev/zero | in_unit "$server" "$far" nc -N -l 10.96.0.2 $bulk >/dev/null &
	wait_for listens "$far" $bulk
	here "$client" nc -d 10.96.0.2 $bulk >/dev/null
	wait_for no_connection "$far" $bulk
	wait_for no_connection "$net" $bulk
	kill "$impair_pid"
	sync_logs
	assert_between "segments" 1 100000 "$(sent_again)"
	assertEquals "of who sends" "$(sent_again)" "$(line destination - | value_of again)"
	assert_value type TcpConnectionEnd -
	assert_value body_down 2000000 -
}

# assert_ends URI CLIENT SERVER: addresses as a port follows them
assert_ends() {
	local local_port

	local_port=$(of_nginx port "$1")
	assert_value client "$2:$local_port" "$1"
	assert_value direct "$2:$local_port" "$1"
	assert_value client_address "$(of_nginx client "$1")" "$1"
	assert_value client_port "$local_port" "$1"
	assert_value called "$3:$port" "$1"
	assert_value called_address "$(of_nginx address "$1")" "$1"
	assert_value called_port "$port" "$1"
	assert_value upstream "$3:$port" "$1"
	assert_value upstream_remote "$3:$port" "$1"
	assert_value upstream_address "$(of_nginx address "$1")" "$1"
	assert_value upstream_port "$port" "$1"
	assertEquals "of $1" "$2:$local_port" "$(line source "$1" | value_of upstream_local)"
	assertEquals "of $1" "$local_port" "$(line source "$1" | value_of upstream_local_port)"
	assertEquals "of $1" - "$(line destination "$1" | value_of upstream_local)"
	assertEquals "of $1" - "$(line destination "$1" | value_of upstream_local_port)"
}

test_addresses_and_protocol() {
	get --interface 127.0.0.7 http://127.0.0.8:$port/file?ipv4
	get "http://[::1]:$port/file?ipv6" --http1.0
	sync $port
	assert_ends /file?ipv4 127.0.0.7 127.0.0.8
	assert_ends /file?ipv6 '[::1]' '[::1]'
	assert_value protocol HTTP/1.1 /file?ipv4
	assert_value protocol HTTP/1.0 /file?ipv6
}

. shunit2
