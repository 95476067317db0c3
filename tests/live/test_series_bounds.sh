#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The number of series: bounded by max_series, what finds no room being summed in one, and not by what clients say.
# Everything that the host does counts, so the machine must be quiet. Run as root.
# shellcheck disable=SC1091,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"

net=meshtap-bounds-$$
server=meshtap-bounds-server-$$.service
client=meshtap-bounds-client-$$.service
port=7200
n=10000

oneTimeSetUp() {
	live_begin bounds
	netns_add $net
	units_add $server $client
	cat >"$dir/nginx.conf" <<-EOF
		daemon off; pid $dir/nginx.pid; error_log $dir/error.log;
		events { worker_connections 1024; }
		http {
			access_log off; client_body_temp_path $dir/b; proxy_temp_path $dir/p; fastcgi_temp_path $dir/f;
			uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
			server { listen $port; location / { return 200 "hello\n"; } }
		}
	EOF
	in_unit $server $net nginx -c "$dir/nginx.conf" -e "$dir/error.log" &
	wait_for ip netns exec $net nc -z 127.0.0.1 $port
}

oneTimeTearDown() {
	[ -z "$dir" ] || live_end
}

start_all() {
	collector tcp-connections && collector tcp-bytes && start_metrics
}

stop_all() {
	collector tcp-connections --unload
	collector tcp-bytes --unload
	kill "$metrics_pid"
	wait "$metrics_pid" 2>/dev/null
	collector http-requests --unload
	metrics_pid=''
}

sample_all() {
	sample
	collector tcp-connections
	collector tcp-bytes
}

# entries MAP COLLECTOR
entries() {
	bpftool -j map dump pinned "$pins/$2/$1" | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))'
}

# configured COLLECTOR: entries of its series whose key has the prefix 77
configured() {
	bpftool map dump pinned "$pins/$1/series" | grep -c '"prefix": 77'
}

# Samples of this test's server and clients
series() {
	cat "$dir"/textfile/*.prom | grep -c "=\"meshtap-bounds-[a-z0-9]*-$$.service\""
}

value() {
	cat "$dir"/textfile/*.prom | total "$@"
}

all_closed() {
	sample_all
	[ "$(value meshtap_tcp_connections_open)" = 0 ]
}

test_overflow() {
	local i reporter name own

	printf '[tcp_connections]\nmax_series = 4\n[tcp_bytes]\nmax_series = 4\n[http_requests]\nmax_series = 4\n' \
		>"$dir/meshtap.ini"
	start_all
	for i in $(seq 50); do
		units_add "meshtap-bounds-$i-$$.service"
		in_unit "meshtap-bounds-$i-$$.service" $net curl -s -o /dev/null "http://127.0.0.1:$port/"
	done
	wait_for all_closed
	for reporter in source destination; do
		assertEquals "requests, $reporter" 50 "$(value istio_requests_total reporter=$reporter)"
		assertEquals "opened, $reporter" 50 "$(value istio_tcp_connections_opened_total reporter=$reporter)"
		assertEquals "closed, $reporter" 50 "$(value istio_tcp_connections_closed_total reporter=$reporter)"
		assertEquals "bytes, $reporter" "$(value istio_response_bytes_sum reporter=$reporter)" \
			"$(value istio_tcp_sent_bytes_total reporter=$reporter)"
	done
	for name in tcp_connections tcp_bytes http_requests; do
		assertNotEquals "$name: what was summed is counted" 0 "$(value meshtap_${name}_series_overflow_total)"
		# max_series * SERIES_SHARDS + SERIES_OVERFLOW_ENTRIES; one shard more in http_requests
		assertTrue "$name: entries" "[ $(entries series $name) -le 54 ]"
		assertEquals "$name: untracked" 0 "$(value meshtap_${name}_untracked_connections_total)"
	done
	own=$(grep istio_requests_total "$dir/textfile/meshtap_http_requests.prom" | grep -c "=\"meshtap-bounds-[0-9]")
	assertTrue "$own have a series of their own" "[ $own -ge 1 ] && [ $own -le 36 ]"
	stop_all
}

# hexadecimal bytes of a number of four, the lowest first, as it is on the machines that are supported
number() {
	printf '0x%02x 0x%02x 0x%02x 0x%02x ' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255))
}

# As workloads.ini would: the prefix 127.0.0.0/8 and the server's port, for COLLECTOR.
configure() {
	local zeros='0 0 0 0 0 0 0 0 0 0' maps="$pins/$1" bit

	bit=$((port % 64))
	# shellcheck disable=SC2046,SC2086 # one word a byte
	bpftool map update pinned "$maps/prefixes" key $(number 104) $zeros 0xff 0xff 127 0 0 0 value $(number 77) &&
		bpftool map update pinned "$maps/ports" key $(number $((port / 64))) \
			value $(number $(((1 << bit) & 0xffffffff))) $(number $((1 << bit >> 32))) &&
		bpftool map update pinned "$maps/endpoints" key 0 0 0 0 value $(number 1) $(number 1)
}

# What clients say is no part of a key, but the prefix and port that are configured.
test_names() {
	local name before

	: >"$dir/meshtap.ini"
	start_all
	in_unit $client $net python3 "$top/tests/live/many_names.py" $port 1
	wait_for all_closed
	before=$(series)
	for name in tcp_connections tcp_bytes http_requests; do
		configure $name
	done
	in_unit $client $net python3 "$top/tests/live/many_names.py" $port $n
	assertEquals "all were answered" 0 $?
	for name in tcp_connections tcp_bytes http_requests; do
		# one series for each reporter, on as many shards as there are CPUs
		assertTrue "$name: keys with the prefix" \
			"[ $(configured $name) -ge 2 ] && [ $(configured $name) -le 16 ]"
	done
	wait_for all_closed
	assertEquals "requests" $((n + 1)) "$(value istio_requests_total reporter=destination "destination_workload=$server")"
	assertEquals "connections" $((n + 1)) \
		"$(value istio_tcp_connections_opened_total reporter=source "source_workload=$client")"
	assertEquals "no series more" "$before" "$(series)"
	for name in tcp_connections tcp_bytes; do # they fill the maps at each sample: from nothing
		assertEquals "$name: prefixes that are not configured" 0 "$(entries prefixes $name)"
	done
	stop_all
}

. shunit2
