#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Mixed requests to real nginx over a link that drops, reorders, duplicates and delays: every line equals what client and
# nginx know, and what is missing is declared. MESHTAP_TEST_REQUESTS=100000 for a long run, MESHTAP_TEST_SEED=N for
# another one. Run as root.
# shellcheck disable=SC1091,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"

helpers=$top/tests/live/adversity
near=meshtap-near-$$ link=meshtap-link-$$ far=meshtap-far-$$
server=meshtap-test-nginx-$$.service
client=meshtap-test-requests-$$.service
requests=${MESHTAP_TEST_REQUESTS:-3000}
seed=${MESHTAP_TEST_SEED:-1}
port=$((20000 + $$ % 10000))
impair_pid='' counted_inexact='' logged_inexact=''

start_nginx() {
	mkdir "$dir/www" "$dir/put"
	chmod 777 "$dir/put" # nginx's workers are not root
	head -c 1000 /dev/urandom >"$dir/www/small"
	head -c 20000 /dev/urandom >"$dir/www/medium"
	head -c 400000 /dev/urandom >"$dir/www/large"
	for n in 1 2 3 4; do
		head -c "${n}0000" /dev/urandom | base64 >"$dir/www/part$n"
		echo "<!--# include virtual=\"/part$n\" -->"
	done >"$dir/www/page"
	cat >"$dir/nginx.conf" <<-EOF
		daemon off; pid $dir/nginx.pid; worker_processes 2; error_log $dir/error.log;
		events { worker_connections 1024; }
		http {
			log_format joined '\$http_x_request_id \$request_method \$request_uri \$status';
			access_log $dir/nginx.log joined; client_max_body_size 100m; keepalive_requests 1000000;
			client_body_temp_path $dir/b; proxy_temp_path $dir/p; fastcgi_temp_path $dir/f;
			uwsgi_temp_path $dir/u; scgi_temp_path $dir/s; default_type text/plain;
			server {
				listen $port; listen [::]:$port; root $dir/www; sendfile on; if_modified_since before;
				large_client_header_buffers 4 16k;
				location /empty { return 204; }
				location /missing { return 404 "no\n"; }
				location /echo { return 200 "got it"; }
				location /chunked/ { ssi on; ssi_types *; alias $dir/www/; }
				location /put/ { alias $dir/put/; dav_methods PUT; }
			}
		}
	EOF
	in_unit "$server" "$far" nginx -c "$dir/nginx.conf" -e "$dir/error.log" &
	wait_for in_unit "$client" "$near" curl -sf -o /dev/null "http://10.98.0.2:$port/small"
}

# Two hosts whose veths end in a third network namespace, without an address there.
make_link() {
	netns_add "$near" "$link" "$far"
	ip netns exec "$link" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	for end in "$near 1" "$far 2"; do
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
	for ns in "$near veth0" "$far veth0" "$link veth1" "$link veth2"; do
		ip netns exec "${ns% *}" ethtool -K "${ns#* }" tso "$1" gso "$1" gro "$1" tx "$1" rx "$1" >/dev/null
	done
}

impair() {
	stop_impair
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
	cc -O2 -D_GNU_SOURCE -o "$dir/impair" "$helpers/impair.c"
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

setUp() {
	wait_for all_closed
	mark
	: >"$dir/nginx.log"
	: >"$dir/access.log"
}

all_closed() {
	[ -z "$(ip netns exec "$far" ss -Htn state connected exclude time-wait)" ]
}

# of_truth FIELD: its sum over all requests
of_truth() {
	awk -F '\t' -v field="$1" '{ sum += $field } END { printf "%d\n", sum }' "$dir/truth"
}

# assert_counters DECLARED: what the metrics miss is declared, so without that they are equal
assert_counters() {
	local side

	assertEquals "requests counted and declared" $((requests * 2)) $(($(rise istio_requests_total \
		reporter=source source_workload="$client") + $(rise istio_requests_total reporter=destination \
		destination_workload="$server") + $1))
	[ "$1" = 0 ] || return 0
	for side in "source source_workload=$client" "destination destination_workload=$server"; do
		assertEquals "request bytes, $side" "$(of_truth 7)" \
			"$(rise istio_request_bytes_sum reporter="${side% *}" "${side#* }")"
		assertEquals "response bytes, $side" "$(of_truth 8)" \
			"$(rise istio_response_bytes_sum reporter="${side% *}" "${side#* }")"
	done
}

# requests_to ADDRESS: counted and logged as they were, or declared
requests_to() {
	in_unit "$client" "$near" python3 "$helpers/requests.py" "$1" "$port" "$requests" 32 "$seed" >"$dir/truth" ||
		fail "client"
	assertEquals "requests made" "$requests" "$(wc -l <"$dir/truth")"
	wait_for all_closed
	barrier "$near"
	sample
	counted_inexact=$(rise meshtap_http_requests_inexact_messages_total)
	logged_inexact=$(rise meshtap_access_log_inexact_messages_total)
	assert_counters "$counted_inexact"
	python3 "$helpers/compare.py" "$dir/truth" "$dir/nginx.log" "$dir/access.log" "$port" >"$dir/compared"
	assertEquals "lines: $(head -20 "$dir/compared")" "wrong 0 missing $logged_inexact" "$(tail -n 1 "$dir/compared")"
}

# Of 10,000 requests and reporters one.
assert_hardly_any_inexact() {
	assertTrue "$counted_inexact not counted" "[ $((counted_inexact * 10000)) -le $((requests * 2)) ]"
	assertTrue "$logged_inexact not logged" "[ $((logged_inexact * 10000)) -le $((requests * 2)) ]"
}

test_good_link() {
	offloads on
	impair
	requests_to 10.98.0.2
	assert_hardly_any_inexact
}

test_loss_and_reordering() {
	offloads off
	impair --seed "$seed" --drop 2 --reorder 5 --duplicate 1 --delay 1
	requests_to 10.98.0.2
	assert_hardly_any_inexact
}

test_large_segments_over_ipv6() {
	offloads on
	impair --seed "$seed" --drop 1 --reorder 5 --duplicate 1 --delay 1
	requests_to fd98::2
	assert_hardly_any_inexact
}

# More than anyone would keep in memory: what is lost is declared, nothing is invented.
test_utter_disorder() {
	offloads off
	impair --seed "$seed" --drop 5 --reorder 40 --hold-frames 60 --hold-ms 20 --duplicate 5 --delay 5
	requests_to 10.98.0.2
}

. shunit2
