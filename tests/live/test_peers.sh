#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Peers on one host know each other: in one network namespace, in two of them over a bridge, through a published port
# (DNAT and masquerade), by all four collectors and at both ends. A namespace of the test's own is the host. Run as root.
# shellcheck disable=SC1091,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"

talk=$top/tests/live/peers/talk.py
host=peers-host-$$ a=peers-a-$$ b=peers-b-$$
server=peers-server-$$.service
client=peers-client-$$.service

# container NETNS NUMBER: as docker does it
container() {
	ip -n $host link add "c$2" type veth peer name eth0 netns "$1"
	ip -n $host link set "c$2" up master br0
	ip -n "$1" addr add "10.97.0.$2/24" dev eth0
	ip -n "$1" addr add "fd97::$2/64" dev eth0 nodad
	ip -n "$1" link set eth0 up
	ip -n "$1" route add default via 10.97.0.1
}

make_networks() {
	netns_add $host $a $b
	ip -n $host link add br0 type bridge
	ip -n $host addr add 10.97.0.1/24 dev br0
	ip -n $host addr add fd97::1/64 dev br0 nodad
	ip -n $host link set br0 up
	container $a 2
	container $b 3
	for ns in $host $a $b; do
		ip netns exec "$ns" sysctl -qw net.ipv4.tcp_fastopen=3 net.ipv4.ip_forward=1
	done
}

# Port 8080 of the host is port 8000 of b.
publish() {
	ip netns exec $host nft -f - <<-END
		table inet peers {
			chain prerouting {
				type nat hook prerouting priority -100;
				ip daddr 10.97.0.1 tcp dport 8080 dnat ip to 10.97.0.3:8000
				ip6 daddr fd97::1 tcp dport 8080 dnat ip6 to [fd97::3]:8000
			}
			chain output {
				type nat hook output priority -100;
				ip daddr 10.97.0.1 tcp dport 8080 dnat ip to 10.97.0.3:8000
				ip6 daddr fd97::1 tcp dport 8080 dnat ip6 to [fd97::3]:8000
			}
			chain postrouting {
				type nat hook postrouting priority 100;
				ip daddr 10.97.0.3 tcp dport 8000 masquerade
				ip6 daddr fd97::3 tcp dport 8000 masquerade
			}
		}
	END
}

start_all() {
	rm -f "$dir"/*.err
	both
	start_metrics 9>&- # what hold() opens is not theirs
	start_log 9>&-
}

stop_all() {
	stop_services
	collector tcp-connections --unload
	collector tcp-bytes --unload
	rm -f "$dir"/textfile/*.prom
}

both() {
	collector tcp-connections && collector tcp-bytes
}

oneTimeSetUp() {
	live_begin peers
	printf '[access_log]\ntext_format = %s\n' \
		'%REPORTER% %UNIT% %PEER_UNIT% %RESPONSE_CODE%' >"$dir/meshtap.ini"
	units_add "$server" "$client"
	make_networks
	publish || echo "no NAT here"
	start_all
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	stop_all
	live_end
}

setUp() {
	: >"$dir/access.log"
	mark_all
}

tearDown() {
	[ -n "$dir" ] || return 0 # shunit2 calls this once more at its end
	end_unit_processes "$server"
	end_unit_processes "$client"
}

mark_all() {
	both && mark
}

# serve NETNS ADDRESS [MODE]
serve() {
	: >"$dir/server"
	in_unit "$server" "$1" python3 "$talk" server "$2" 8000 ${3:+"$3"} >"$dir/server" 2>&1 &
	wait_for grep -q ready "$dir/server"
}

# between METRIC REPORTER: what rose between the two units, as that reporter says
between() {
	rise "$1" "reporter=$2" "source_workload=$client" "destination_workload=$server"
}

# of METRIC REPORTER: what rose at that reporter's own unit, whoever the peer is
of() {
	if [ "$2" = source ]; then
		rise "$1" reporter=source "source_workload=$client"
	else
		rise "$1" reporter=destination "destination_workload=$server"
	fi
}

is_counted() {
	both && sample && [ "$(of istio_tcp_connections_closed_total source)" = "$1" ] &&
		[ "$(of istio_tcp_connections_closed_total destination)" = "$1" ]
}

# assert_metric EXPECTED METRIC: both reporters, with both names, and nothing under another name
assert_metric() {
	local reporter

	for reporter in source destination; do
		assertEquals "$2 $reporter" "$1" "$(between "$2" $reporter)"
		assertEquals "$2 $reporter, any peer" "$1" "$(of "$2" $reporter)"
	done
}

logged() {
	grep -cxF "$1 $2 $3 200" "$dir/access.log"
}

has_lines_of_both() {
	[ "$(logged source "$client" "$server")" = "$1" ] && [ "$(logged destination "$server" "$client")" = "$1" ]
}

# assert_exact CONNECTIONS REQUESTS SENT RECEIVED: by the client
assert_exact() {
	wait_for is_counted "$1"
	assert_metric "$1" istio_tcp_connections_opened_total
	assert_metric "$1" istio_tcp_connections_closed_total
	assert_metric "$3" istio_tcp_received_bytes_total
	assert_metric "$4" istio_tcp_sent_bytes_total
	assert_metric "$2" istio_requests_total
	wait_for has_lines_of_both "$2"
	assertEquals "lines with both names: $(cat "$dir/access.log")" $(($2 * 2)) \
		"$(grep -cE "($client $server|$server $client) 200" "$dir/access.log")"
	assertEquals "lines" $(($2 * 2)) "$(grep -cE "$client|$server" "$dir/access.log")"
}

# talk_to NETNS ADDRESS PORT: ten requests on a connection
talk_to() {
	in_unit "$client" "$1" python3 "$talk" client "$2" "$3" 10 >"$dir/said" || fail "client"
	# shellcheck disable=SC2046 # two words
	assert_exact 1 10 $(cat "$dir/said")
}

skip_without_nat() {
	ip netns exec $host nft list table inet peers >/dev/null 2>&1 && return 1
	echo "SKIP: no NAT"
}

test_one_namespace() {
	serve $a 127.0.0.1
	talk_to $a 127.0.0.1 8000
}

test_host_to_container() {
	serve $b 10.97.0.3
	talk_to $host 10.97.0.3 8000
}

test_container_to_host() {
	serve $host 10.97.0.1
	talk_to $a 10.97.0.1 8000
}

test_container_to_container() {
	serve $b 10.97.0.3
	talk_to $a 10.97.0.3 8000
}

test_container_to_container_ipv6() {
	serve $b fd97::3
	talk_to $a fd97::3 8000
}

test_published_port_from_a_container() {
	skip_without_nat && return
	serve $b 10.97.0.3
	talk_to $a 10.97.0.1 8080
}

test_published_port_from_the_host() {
	skip_without_nat && return
	serve $b 10.97.0.3
	talk_to $host 10.97.0.1 8080
}

test_published_port_ipv6() {
	skip_without_nat && return
	serve $b fd97::3
	talk_to $a fd97::1 8080
}

# The first has no cookie, the others' requests come in their SYN.
test_fast_open() {
	serve $b 10.97.0.3
	in_unit "$client" $a python3 "$talk" fastopen 10.97.0.3 8000 10 >"$dir/said" || fail "client"
	# shellcheck disable=SC2046 # two words
	assert_exact 10 10 $(cat "$dir/said")
	assertTrue "no Fast Open" "ip netns exec $b nstat -asz TcpExtTCPFastOpenPassive | grep -q 'Passive *9 '"
}

# The server has answered, and its response is sent, before its client hears of it: the SYN-ACK is lost.
test_fast_open_answered_early() {
	skip_without_nat && return # no nft
	serve $b 10.97.0.3
	in_unit "$client" $a python3 "$talk" fastopen 10.97.0.3 8000 1 >"$dir/said" || fail "no cookie"
	wait_for is_counted 1
	wait_for has_lines_of_both 1
	mark_all
	: >"$dir/access.log"
	ip netns exec $a nft -f - <<-END || fail "nft"
		table inet lossy {
			chain input {
				type filter hook input priority 0;
				tcp sport 8000 tcp flags & (syn | ack) == syn | ack counter drop
			}
		}
	END
	in_unit "$client" $a python3 "$talk" fastopen 10.97.0.3 8000 1 >"$dir/said" &
	wait_for syn_ack_is_lost || fail "no SYN-ACK"
	wait_for has_answered || fail "no response"
	ip netns exec $a nft delete table inet lossy
	wait $! || fail "client"
	assert_exact 1 1 36 43
}

syn_ack_is_lost() {
	ip netns exec $a nft list table inet lossy | grep -q 'counter packets [1-9]'
}

# In SYN_RECV, with unacknowledged bytes in its queue
has_answered() {
	ip netns exec $b ss -Htn state syn-recv | awk '$2 > 0 && /:8000 / { n++ } END { exit !n }'
}

# Its unit is gone before anyone samples.
test_client_that_lives_briefly() {
	serve $b 10.97.0.3
	mkdir "$cgroup/peers-brief-$$.service"
	in_unit "peers-brief-$$.service" $a curl -s -o "$dir/answer" -H 'Host: peers' -H 'User-Agent:' -H 'Accept:' \
		http://10.97.0.3:8000/hello
	wait_for rmdir "$cgroup/peers-brief-$$.service" || fail "the unit is still there"
	client=peers-brief-$$.service
	assert_exact 1 1 36 43
	client=peers-client-$$.service
}

# hold MODE NETNS ADDRESS PORT: a connection that stays; say N: one more request, N in all; hang_up ends it.
hold() {
	hold_in "$client" "$2" python3 "$talk" "$1" "$3" "$4"
}

assert_open() {
	both
	sample
	assertEquals source "$1" "$(between meshtap_tcp_connections_open source)"
	assertEquals destination "$1" "$(between meshtap_tcp_connections_open destination)"
}

assert_long_connection() {
	local n

	for n in 1 2 3; do
		say $n
		assert_open 1
		assert_metric 1 istio_tcp_connections_opened_total
		assert_metric 0 istio_tcp_connections_closed_total
		assert_metric $((n * 36)) istio_tcp_received_bytes_total
		assert_metric $((n * 43)) istio_tcp_sent_bytes_total
		assert_metric $n istio_requests_total
	done
	hang_up
	assert_exact 1 3 108 129
	assert_open 0
}

test_long_connection() {
	serve $b 10.97.0.3
	hold hold $a 10.97.0.3 8000
	assert_open 1
	assert_long_connection
}

# attach_late NETNS ADDRESS PORT: one request before the collectors come, two after
attach_late() {
	serve $b 10.97.0.3
	hold hold "$1" "$2" "$3"
	say 1
	stop_all
	start_all
	: >"$dir/access.log"
	rm -rf "$dir/before"
	mkdir "$dir/before"
	: >"$dir/before/nothing.prom"
	assert_open 1
	say 2
	say 3
	both
	sample
	assert_metric 0 istio_tcp_connections_opened_total
	assert_metric 72 istio_tcp_received_bytes_total
	assert_metric 86 istio_tcp_sent_bytes_total
	assert_metric 2 istio_requests_total
	hang_up
	wait_for is_closed
	assert_open 0
	assert_metric 0 istio_tcp_connections_closed_total
	assert_metric 72 istio_tcp_received_bytes_total
	wait_for has_lines_of_both 2
	assertTrue "lines: $(cat "$dir/access.log")" "has_lines_of_both 2"
}

is_closed() {
	both && [ "$(between meshtap_tcp_connections_open source)$(between meshtap_tcp_connections_open destination)" = 00 ]
}

test_older_connection_between_containers() {
	attach_late $a 10.97.0.3 8000
}

test_older_connection_to_a_published_port() {
	skip_without_nat && return
	attach_late $host 10.97.0.1 8080
}

# The numbers are right after a FIN, too.
test_older_connection_half_closed() {
	serve $b 10.97.0.3 defer
	hold half $a 10.97.0.3 8000
	kill -STOP "$(head -n 1 "$cgroup/$server/cgroup.procs")"
	wait_for is_stopped || fail "the server runs"
	echo go >&9
	wait_for half_closed || fail "not half closed"
	stop_all
	start_all
	rm -rf "$dir/before"
	mkdir "$dir/before"
	: >"$dir/before/nothing.prom"
	assert_open 1
	kill -CONT "$(head -n 1 "$cgroup/$server/cgroup.procs")"
	hang_up
	wait_for is_closed
	assert_open 0
}

# Each of its threads: one that is not yet stopped would close its connection at the FIN.
is_stopped() {
	! grep -h '^State:' "/proc/$(head -n 1 "$cgroup/$server/cgroup.procs")"/task/*/status | grep -qv 'T (stopped)'
}

half_closed() {
	ip netns exec $b ss -Htn state close-wait | grep -q ':8000 '
}

# The server's socket is made when data comes, after the client's connection was counted.
test_server_that_comes_late() {
	serve $b 10.97.0.3 defer
	hold hold $a 10.97.0.3 8000
	wait_for opened_by_client
	assertEquals "opened, unknown" 1 "$(rise istio_tcp_connections_opened_total reporter=source \
		"source_workload=$client" destination_workload=unknown)"
	assertEquals 0 "$(between istio_tcp_connections_opened_total destination)"
	say 1
	hang_up
	wait_for is_counted 1
	assertEquals "closed, unknown" 1 "$(rise istio_tcp_connections_closed_total reporter=source \
		"source_workload=$client" destination_workload=unknown)"
	assertEquals 1 "$(between istio_tcp_connections_opened_total destination)"
	assertEquals 1 "$(between istio_tcp_connections_closed_total destination)"
	assert_metric 36 istio_tcp_received_bytes_total
	assert_metric 43 istio_tcp_sent_bytes_total
	assert_metric 1 istio_requests_total
}

opened_by_client() {
	both && [ "$(of istio_tcp_connections_opened_total source)" = 1 ]
}

# The first fails in a timer's interrupt, of which the one kernel that docs/scale.md names may miss one: only there it is tried again.
test_nobody_there_is_unknown() {
	has_failed_at 10.97.0.99 1 || { misses_interrupts && has_failed_at 10.97.0.99 1; } || fail "unreachable"
	has_failed_at 10.97.0.3 2 || fail "refused"
	assertEquals 2 "$(rise istio_tcp_connections_failed_total reporter=source "source_workload=$client" \
		destination_workload=unknown)"
	assertEquals 2 "$(of istio_tcp_connections_failed_total source)"
}

misses_interrupts() {
	uname -r | grep -q -- -fc- && echo "a failed connect was missed"
}

# has_failed_at ADDRESS N: nobody answers there, which makes N in all
has_failed_at() {
	in_unit "$client" $a nc -z -w 10 "$1" 8000
	both
	[ "$(of istio_tcp_connections_failed_total source)" = "$2" ]
}

# Resets at once: many connections end while their servers are being established.
test_connections_that_are_reset_at_once() {
	local reporter

	serve $b 10.97.0.3
	in_unit "$client" $a python3 - <<-END
		import socket, struct
		for _ in range(1000):
		    s = socket.create_connection(("10.97.0.3", 8000))
		    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		    s.close()
	END
	wait_for is_counted 1000
	assert_metric 1000 istio_tcp_connections_opened_total
	assert_metric 1000 istio_tcp_connections_closed_total
	for reporter in source destination; do
		assertEquals 0 "$(of meshtap_tcp_connections_open $reporter)"
	done
}

test_nothing_is_left_in_the_tables() {
	local map

	serve $b 10.97.0.3
	talk_to $a 10.97.0.3 8000
	for map in "$pins"/*/map_*; do
		case $map in
		*local_clients | *undecided | *decided)
			assertEquals "$map" "" "$(bpftool -j map dump pinned "$map" | grep -o '"key"')"
			;;
		esac
	done
}

# shellcheck source=/dev/null
. "${SHUNIT2:-/usr/bin/shunit2}"
