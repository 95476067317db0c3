#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Connections that are followed, by port and unit: what is counted and logged equals nginx's own log of these, and
# names do not depend on what is followed. Run as root.
# shellcheck disable=SC1091,SC2034,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"

near=meshtap-selection-near-$$ far=meshtap-selection-far-$$
client=meshtap-selection-client-$$.service
wanted=meshtap-selection-wanted-$$.service
other=meshtap-selection-other-$$.service
port=7100 # of the wanted server; the other one has the next

# configure LINE...: of all collectors' sections
configure() {
	local section

	for section in tcp_connections tcp_bytes http_requests access_log; do
		printf '[%s]\n' "$section"
		printf '%s\n' "$@"
	done >"$dir/meshtap.ini"
}

# start_nginx UNIT PORT: its log has a line for each request: bytes of the connection, request and response
start_nginx() {
	mkdir "$dir/$2"
	cat >"$dir/$2/nginx.conf" <<-CONF
		daemon off; pid $dir/$2/pid; error_log $dir/$2/error.log; events { }
		http {
			log_format sizes '\$request_length \$bytes_sent';
			access_log $dir/$2/access.log sizes;
			server { listen 10.97.0.2:$2; location / { return 200 "some text\n"; } }
		}
	CONF
	in_unit "$1" "$far" nginx -c "$dir/$2/nginx.conf" -e "$dir/$2/error.log" &
	wait_for ip netns exec "$far" nc -z 10.97.0.2 "$2"
}

# get PORT N: requests on a connection
get() {
	in_unit "$client" "$near" curl -s -o /dev/null "http://10.97.0.2:$1/[1-$2]"
}

oneTimeSetUp() {
	live_begin selection
	netns_add "$near" "$far"
	ip -n "$near" link add veth0 type veth peer name veth0 netns "$far"
	ip -n "$near" addr add 10.97.0.1/24 dev veth0
	ip -n "$far" addr add 10.97.0.2/24 dev veth0
	ip -n "$near" link set veth0 up
	ip -n "$far" link set veth0 up
	units_add "$client" "$wanted" "$other"
	start_nginx "$wanted" $port
	start_nginx "$other" $((port + 1))
}

oneTimeTearDown() {
	[ -z "$dir" ] || live_end
}

oneshots() {
	collector tcp-connections && collector tcp-bytes
}

# follow LINE...: the collectors as configured, and traffic to both servers
follow() {
	configure "$@"
	oneshots || fail "the oneshots do not start"
	rm -f "$dir/access.log"
	start_metrics
	start_log
	mark
	: >"$dir/$port/access.log"
	: >"$dir/$((port + 1))/access.log"
	get $port 5
	get $((port + 1)) 7
	wait_for has_lines "$dir/$((port + 1))/access.log" 7
	sample
	wait_for oneshots_saw_the_end
}

# Both ends of what is followed are closed.
oneshots_saw_the_end() {
	oneshots && [ "$(rise istio_tcp_connections_opened_total)" = "$(rise istio_tcp_connections_closed_total)" ]
}

tearDown() {
	[ -n "$dir" ] || return 0
	[ -z "$metrics_pid" ] || stop_services
	metrics_pid='' log_pid=''
	collector tcp-connections --unload
	collector tcp-bytes --unload
	rm -f "$dir"/textfile/*.prom
}

# lines REPORTER PORT: of the access log; a client's have the server as upstream host
lines() {
	local host="10.97.0.2:$2"

	grep -c " \"$host\" $1 " "$dir/access.log"
}

sum() {
	awk -v column="$1" '{ n += $column } END { print n }' "$dir/$2/access.log"
}

# assert_followed PORT REPORTER REQUESTS: these and no others of the reporter
assert_followed() {
	local name="$wanted"

	[ "$1" = $port ] || name="$other"
	assertEquals "requests, $2" "$3" "$(rise istio_requests_total "reporter=$2")"
	assertEquals "connections, $2" 1 "$(rise istio_tcp_connections_opened_total "reporter=$2")"
	assertEquals "bytes up, $2" "$(sum 1 "$1")" "$(rise istio_tcp_received_bytes_total "reporter=$2")"
	assertEquals "bytes down, $2" "$(sum 2 "$1")" "$(rise istio_tcp_sent_bytes_total "reporter=$2")"
	# a peer is named though its own end may not be followed
	assertEquals "named, $2" "$3" \
		"$(rise istio_requests_total "reporter=$2" "source_workload=$client" "destination_workload=$name")"
	assertEquals "named connection, $2" 1 "$(rise istio_tcp_connections_opened_total "reporter=$2" \
		"source_workload=$client" "destination_workload=$name")"
}

assert_not_followed() {
	assertEquals "requests, $1" 0 "$(rise istio_requests_total "reporter=$1")"
	assertEquals "connections, $1" 0 "$(rise istio_tcp_connections_opened_total "reporter=$1")"
	assertEquals "bytes, $1" 0 "$(rise istio_tcp_received_bytes_total "reporter=$1")"
}

# assert_lines N: lines of the log that are requests
assert_lines() {
	wait_for log_has "$1"
	assertEquals "lines" "$1" "$(grep -c '"GET /' "$dir/access.log")"
	assertEquals "nothing is declared" 0 "$(rise meshtap_http_requests_inexact_messages_total)"
	assertEquals "nothing is declared" 0 "$(rise meshtap_access_log_inexact_messages_total)"
	assertEquals "nothing is untracked" 0 "$(rise meshtap_http_requests_untracked_connections_total)"
}

log_has() {
	[ "$(grep -c '"GET /' "$dir/access.log")" = "$1" ]
}

test_included_port() {
	follow "include_ports = 80 $port"
	assert_followed $port source 5
	assert_followed $port destination 5
	assert_lines 10
}

test_excluded_port() {
	follow "exclude_ports = 1-$port"
	assert_followed $((port + 1)) source 7
	assert_followed $((port + 1)) destination 7
	assert_lines 14
}

test_included_unit() {
	follow "include_units = nothing.service $wanted"
	assert_not_followed source
	assert_followed $port destination 5
	assert_lines 5
}

test_units_by_their_beginning() {
	follow "include_units = meshtap-selection-*" "exclude_units = ${other%.service}* meshtap-selection-client-*"
	assert_not_followed source
	assert_followed $port destination 5
	assert_lines 5
}

test_unit_and_port() {
	follow "include_units = $client" "include_ports = $((port + 1))"
	assert_followed $((port + 1)) source 7
	assert_not_followed destination
	assert_lines 7
}

# use_again PORT...: the same socket for a connection to each, one after the other, with 3 requests
use_again() {
	in_unit "$client" "$near" python3 - "$@" <<-END
		import ctypes, socket, sys
		s = socket.socket()
		libc = ctypes.CDLL(None, use_errno=True)
		for port in sys.argv[1:]:
		    s.connect(("10.97.0.2", int(port)))
		    for _ in range(3):
		        s.sendall(b"GET /again HTTP/1.1\\r\\nHost: again\\r\\n\\r\\n")
		        answer = b""
		        while not answer.endswith(b"some text\\n"):
		            answer += s.recv(4096)
		    if libc.connect(s.fileno(), bytes(16), 16): # AF_UNSPEC
		        raise OSError(ctypes.get_errno())
	END
}

# Whether it is followed is a connection's property, not its socket's.
test_socket_that_is_used_again() {
	configure "exclude_ports = $port"
	oneshots
	start_metrics
	start_log
	mark
	: >"$dir/access.log"
	use_again $port $((port + 1)) $port $((port + 1)) || fail "client"
	sample
	assertEquals "requests, source" 6 "$(rise istio_requests_total reporter=source "destination_workload=$other")"
	assertEquals "requests, destination" 6 "$(rise istio_requests_total reporter=destination)"
	assertEquals "requests" 12 "$(rise istio_requests_total)"
	assert_lines 12
}

known_clients() {
	bpftool map dump pinned "$pins/http_requests/local_clients" | grep -c '"key"'
}

# What is noted of a client for its server must go with the connection, also with one that never was.
test_refused_connects_leave_nothing() {
	local before i

	configure "include_units = nothing.service"
	start_metrics
	start_log
	before=$(known_clients)
	for i in 1 2 3 4 5; do
		assertFalse "refused $i" "in_unit $client $near nc -z 10.97.0.2 9"
	done
	assertEquals "clients" "$before" "$(known_clients)"
}

# hold PORT: a connection that says what is written to a pipe
hold() {
	rm -f "$dir/$1/said"
	mkfifo "$dir/$1/said"
	in_unit "$client" "$near" nc 10.97.0.2 "$1" <"$dir/$1/said" >"$dir/$1/heard" &
}

request() {
	printf 'GET /older HTTP/1.1\r\nHost: here\r\n\r\n'
}

# requests_are N: of both servers
requests_are() {
	[ "$(wc -l <"$dir/$port/access.log")" = "$1" ] && [ "$(wc -l <"$dir/$((port + 1))/access.log")" = "$1" ]
}

is_counted() {
	sample
	[ "$(rise istio_requests_total reporter=destination)" = 1 ]
}

test_older_connections() {
	: >"$dir/$port/access.log"
	: >"$dir/$((port + 1))/access.log"
	hold $port
	exec 7>"$dir/$port/said"
	hold $((port + 1))
	exec 8>"$dir/$((port + 1))/said"
	request >&7
	request >&8
	wait_for requests_are 1
	configure "include_units = $wanted"
	rm -f "$dir/access.log"
	start_metrics
	start_log
	mark
	request >&8
	request >&7
	wait_for requests_are 2
	wait_for is_counted
	assertEquals "counted" 1 "$(rise istio_requests_total reporter=destination "destination_workload=$wanted")"
	assertEquals "requests" 1 "$(rise istio_requests_total)"
	exec 7>&- 8>&-
	assert_lines 1
}

. shunit2
