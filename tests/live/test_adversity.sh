#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Mixed requests to real nginx over a link that drops, reorders, duplicates and delays: every line equals what client and
# nginx know, and what is missing is declared. MESHTAP_TEST_REQUESTS=100000 for a long run, MESHTAP_TEST_SEED=N for
# another one. Run as root.
# shellcheck disable=SC1091,SC2034,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_requests.sh"

client_netns=meshtap-near-$$ link=meshtap-link-$$ server_netns=meshtap-far-$$
server=meshtap-test-nginx-$$.service
client=meshtap-test-requests-$$.service
requests=${MESHTAP_TEST_REQUESTS:-3000}
seed=${MESHTAP_TEST_SEED:-1}
port=$((20000 + $$ % 10000))
impair_pid=''

start_nginx() {
	write_www
	nginx_conf "listen $port; listen [::]:$port; sendfile on;" >"$dir/nginx.conf"
	in_unit "$server" "$server_netns" nginx -c "$dir/nginx.conf" -e "$dir/error.log" &
	wait_for in_unit "$client" "$client_netns" curl -sf -o /dev/null "http://10.98.0.2:$port/small"
}

# Two hosts whose veths end in a third network namespace, without an address there.
make_link() {
	netns_add "$client_netns" "$link" "$server_netns"
	ip netns exec "$link" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	for end in "$client_netns 1" "$server_netns 2"; do
		ns=${end% *} host=${end#* }
		ip -n "$ns" link add veth0 type veth peer name "veth$host" netns "$link"
		ip netns exec "$ns" sysctl -qw net.ipv6.conf.veth0.accept_dad=0
		ip -n "$ns" addr add "10.98.0.$host/24" dev veth0
		ip -n "$ns" addr add "fd98::$host/64" dev veth0 nodad
		ip -n "$link" link set "veth$host" up
		ip -n "$ns" link set veth0 up
		# What is lost is soon sent again: the test is about order, not about time.
		ip -n "$ns" route change 10.98.0.0/24 dev veth0 rto_min 20ms
	done
}

# offloads on|off: off, frames have the MTU's size; on, segments of up to 64 KB pass as they are
offloads() {
	for ns in "$client_netns veth0" "$server_netns veth0" "$link veth1" "$link veth2"; do
		ip netns exec "${ns% *}" ethtool -K "${ns#* }" tso "$1" gso "$1" gro "$1" tx "$1" rx "$1" >/dev/null
	done
}

impair() {
	stop_impair
	MESHTAP_TEST_PAUSES=$(($# == 0))
	export MESHTAP_TEST_PAUSES
	: >"$dir/impair.err"
	ip netns exec "$link" "$dir/impair" veth1 veth2 "$@" >>"$dir/impaired" 2>"$dir/impair.err" &
	impair_pid=$!
	wait_for grep -q ready "$dir/impair.err"
}

stop_impair() {
	[ -z "$impair_pid" ] || { kill "$impair_pid" && wait "$impair_pid"; }
	impair_pid=''
}

oneTimeSetUp() {
	live_begin adversity
	units_add "$server" "$client"
	cc -O2 -D_GNU_SOURCE -o "$dir/impair" "$top/tests/live/adversity/impair.c"
	make_link
	impair
	start_metrics
	start_log
	start_nginx
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	stop_impair
	stop_services
	cat "$dir/impaired"
	live_end
}

test_good_link() {
	offloads on
	impair
	requests_to 10.98.0.2 "$port" nginx "$dir/server.log"
	assert_hardly_any_inexact
}

test_loss_and_reordering() {
	offloads off
	impair --seed "$seed" --drop 2 --reorder 5 --duplicate 1 --delay 1
	requests_to 10.98.0.2 "$port" nginx "$dir/server.log"
	assert_hardly_any_inexact
}

test_large_segments_over_ipv6() {
	offloads on
	impair --seed "$seed" --drop 1 --reorder 5 --duplicate 1 --delay 1
	requests_to fd98::2 "$port" nginx "$dir/server.log"
	assert_hardly_any_inexact
}

# More than anyone would keep in memory: what is lost is declared, nothing is invented.
test_utter_disorder() {
	offloads off
	impair --seed "$seed" --drop 5 --reorder 40 --hold-frames 60 --hold-ms 20 --duplicate 5 --delay 5
	requests_to 10.98.0.2 "$port" nginx "$dir/server.log"
}

# Both ends of a connection are in TIME_WAIT only when its FINs have crossed.
test_simultaneous_close() {
	local server="$client" requests=20 crossed

	offloads on
	impair --seed "$seed" --delay 100 --delay-ms 50
	forget
	in_unit "$client" "$client_netns" python3 "$top/tests/live/adversity/simultaneous_close.py" "$client_netns" \
		"$server_netns" 10.98.0.2 $((port + 1)) $requests >"$dir/truth" || fail "client"
	assert_truth $((port + 1)) -
	assert_hardly_any_inexact
	crossed=$(ip netns exec "$server_netns" ss -Htn state time-wait sport = ":$((port + 1))" | wc -l)
	assertTrue "$crossed crossed" "[ $crossed -gt 0 ]"
	crossed=$(ip netns exec "$client_netns" ss -Htn state time-wait dport = ":$((port + 1))" | wc -l)
	assertEquals "closed by the client too" $requests "$crossed"
}

. shunit2
