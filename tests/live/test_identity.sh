#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Who talks to whom: a client that lives for a moment -> a proxy -> an application, and a container in a network namespace
# of its own. All four collectors, both reporters, first without any configuration. Counts are compared with what the
# client did. Run as root.
# shellcheck disable=SC1091,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"

net=meshtap-who-$$
away=meshtap-away-$$
proxy=meshtap-test-proxy-$$.service
app=meshtap-test-app-$$.service
client=meshtap-test-client-$$.service
container=docker-$(printf '%064x' $$).scope
here=10.213.1.1
there=10.213.1.2
port=$((20000 + $$ % 10000))
units_count=${MESHTAP_TEST_UNITS:-2000}

# nginx_conf NAME LISTEN LOCATIONS
nginx_conf() {
	mkdir -p "$dir/$1"
	chmod 755 "$dir/$1"
	cat >"$dir/$1/nginx.conf" <<-END
		daemon off; pid $dir/$1/nginx.pid; worker_processes 1; error_log $dir/$1/error.log;
		events { worker_connections 1024; }
		http {
			access_log $dir/$1/nginx.log;
			client_body_temp_path $dir/$1/body;
			proxy_temp_path $dir/$1/p; fastcgi_temp_path $dir/$1/f; uwsgi_temp_path $dir/$1/u;
			scgi_temp_path $dir/$1/s;
			server { listen $2; $3 }
		}
	END
}

# start_server NAME UNIT NETNS
start_server() {
	in_unit "$2" "$3" nginx -c "$dir/$1/nginx.conf" -e "$dir/$1/error.log" &
	wait_for test -s "$dir/$1/nginx.pid"
}

oneTimeSetUp() {
	live_begin identity
	units_add "$proxy" "$app" "$container"
	netns_add "$net" "$away"
	ip -n "$net" link add who type veth peer name who netns "$away"
	ip -n "$net" addr add $here/24 dev who
	ip -n "$away" addr add $there/24 dev who
	ip -n "$net" link set who up
	ip -n "$away" link set who up
	nginx_conf proxy "$port" "location / { return 200 \"proxy\\n\"; } location /app { proxy_pass http://127.0.0.1:$((port + 1)); }
		location /container { proxy_pass http://$there:80; }"
	nginx_conf app "$((port + 1))" 'location / { return 200 "application\n"; }'
	nginx_conf container 80 'location / { return 200 "container\n"; }'
	: >"$dir/workloads.ini"
	printf '[meshtap]\nworkloads = %s\n' "$dir/workloads.ini" >"$dir/meshtap.ini"
	start_metrics
	start_log
	collect
	start_server proxy "$proxy" "$net"
	start_server app "$app" "$net"
	start_server container "$container" "$away"
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	stop_services
	collector tcp-connections --unload
	collector tcp-bytes --unload
	live_end
}

# collect: all four .prom files say what is true now
collect() {
	collector tcp-connections && collector tcp-bytes && sample
}

begin() {
	collect
	mark
}

# request PATH: by a unit that is gone when the request is
request() {
	mkdir "$cgroup/$client"
	in_unit "$client" "$net" curl -sf -o /dev/null "http://127.0.0.1:$port$1"
	rmdir "$cgroup/$client"
}

no_connection() {
	[ -z "$(ip netns exec "$1" ss -Htn state connected exclude time-wait)" ]
}

# settle: every connection is closed, and counted
settle() {
	wait_for no_connection "$net"
	wait_for no_connection "$away"
	collect
}

# assert_pair REPORTER SOURCE DESTINATION N: N requests and connections, and bytes, between the two
assert_pair() {
	local reporter="$1" source="$2" destination="$3" n="$4" who

	who="$reporter: $source -> $destination"
	set -- "reporter=$reporter" "source_workload=$source" "destination_workload=$destination"
	assertEquals "$who: requests" "$n" "$(rise istio_requests_total "$@")"
	assertEquals "$who: durations" "$n" "$(rise istio_request_duration_milliseconds_count "$@")"
	assertEquals "$who: opened" "$n" "$(rise istio_tcp_connections_opened_total "$@")"
	assertEquals "$who: closed" "$n" "$(rise istio_tcp_connections_closed_total "$@")"
	assertEquals "$who: received" "$(rise istio_request_bytes_sum "$@")" "$(rise istio_tcp_received_bytes_total "$@")"
	assertEquals "$who: sent" "$(rise istio_response_bytes_sum "$@")" "$(rise istio_tcp_sent_bytes_total "$@")"
}

test_without_configuration() {
	local reporter i

	begin
	for _ in 1 2 3 4 5; do
		request /app
		request /container
	done
	settle
	for reporter in source destination; do
		assert_pair $reporter "$client" "$proxy" 10
		assert_pair $reporter "$proxy" "$app" 5
		assert_pair $reporter "$proxy" "$container" 5
	done
	for i in "$client" "$proxy"; do # to whomever
		assertEquals "requests of $i" 20 "$(rise istio_requests_total "source_workload=$i")"
		assertEquals "connections of $i" 20 "$(rise istio_tcp_connections_opened_total "source_workload=$i")"
	done
}

# reload: the services have read workloads.ini; the others read it at every run
reload() {
	rm -f "$dir/textfile/meshtap_http_requests.prom" # a new one is written with the new names
	kill -HUP "$metrics_pid" "$log_pid"
	wait_for test -e "$dir/textfile/meshtap_http_requests.prom"
	collect
}

# Hosts are told apart from the next start on, if there were none; a restart loses nothing.
restart_metrics() {
	kill "$metrics_pid"
	wait "$metrics_pid"
	start_metrics
}

# The proxy asks the container for a page: by the configured names on both sides, in metrics and log.
test_with_configuration() {
	local before

	cat >"$dir/workloads.ini" <<-END
		[local]
		namespace = vms
		cluster = fleet-1

		[workload edge]
		unit = $proxy
		app = edge
		version = v2

		[workload store]
		address = $there
		port = 80
		namespace = shop
		app = store
		principal = spiffe://cluster.local/ns/shop/sa/store

		[service store.shop.svc.cluster.local]
		namespace = shop
		address = $there
		port = 80

		[service www.example.com]
		name = www
		namespace = web
	END
	reload
	restart_metrics
	begin
	before=$(grep -c 'outbound|80||store.shop.svc.cluster.local' "$dir/access.log")
	request /container
	request_host www.example.com /app
	settle
	set -- source_workload=edge source_canonical_service=edge source_canonical_revision=v2 source_app=edge source_version=v2 \
		source_workload_namespace=vms source_cluster=fleet-1 destination_workload=store \
		destination_workload_namespace=shop destination_app=store destination_canonical_service=store
	assertEquals "edge -> store" 1 "$(rise istio_requests_total reporter=source "$@" \
		destination_principal=spiffe://cluster.local/ns/shop/sa/store \
		destination_service=store.shop.svc.cluster.local destination_service_name=store \
		destination_service_namespace=shop)"
	assertEquals "edge -> store, TCP" 1 "$(rise istio_tcp_connections_opened_total reporter=source "$@" \
		destination_service=store.shop.svc.cluster.local)"
	assertEquals "store's side" 1 "$(rise istio_requests_total reporter=destination "$@" \
		destination_service=store.shop.svc.cluster.local)"
	assertEquals "by Host header" 1 "$(rise istio_requests_total reporter=source "source_workload=$client" \
		destination_workload=edge destination_service=www.example.com destination_service_name=www \
		destination_service_namespace=web)"
	barrier "$net"
	assertEquals "the log's cluster" $((before + 1)) \
		"$(grep -c 'outbound|80||store.shop.svc.cluster.local' "$dir/access.log")"
}

# request_host HOST PATH
request_host() {
	mkdir "$cgroup/$client"
	in_unit "$client" "$net" curl -sf -o /dev/null -H "Host: $1" "http://127.0.0.1:$port$2"
	rmdir "$cgroup/$client"
}

# of METRIC LABEL=VALUE...: now
of() {
	cat "$dir"/textfile/*.prom | total "$@"
}

# What was counted under a name stays there; nothing is counted under two.
test_renaming_keeps_counters() {
	local all before

	collect
	all=$(of istio_requests_total source_workload=edge)
	before=$(of istio_requests_total reporter=source source_workload=edge destination_workload=store)
	assertTrue "counted under the first name" "[ $before -gt 0 ]"
	sed -i 's/^\[workload store\]/[workload shelf]/' "$dir/workloads.ini"
	reload
	assertEquals "all" "$all" "$(of istio_requests_total source_workload=edge)"
	request /container
	settle
	assertEquals "the old name" "$before" \
		"$(of istio_requests_total reporter=source source_workload=edge destination_workload=store)"
	assertEquals "the new name" 1 "$(of istio_requests_total reporter=source source_workload=edge destination_workload=shelf)"
	assertEquals "all" $((all + 2)) "$(of istio_requests_total source_workload=edge)"
	assertEquals "opened, the new name" 1 \
		"$(of istio_tcp_connections_opened_total reporter=source source_workload=edge destination_workload=shelf)"
}

# assert_names_stay ERROR COMMAND: after a reload that prints ERROR, because of what COMMAND does
assert_names_stay() {
	local before

	collect
	before=$(grep -v '^meshtap_' "$dir/textfile/meshtap_http_requests.prom" | cksum)
	"$2"
	rm "$dir/textfile/meshtap_http_requests.prom"
	kill -HUP "$metrics_pid" "$log_pid"
	wait_for test -e "$dir/textfile/meshtap_http_requests.prom"
	wait_for grep -q "$1" "$dir/metrics.err"
	wait_for grep -q "$1" "$dir/log.err"
	assertEquals "$1: series" "$before" "$(grep -v '^meshtap_' "$dir/textfile/meshtap_http_requests.prom" | cksum)"
	collector tcp-bytes 2>"$dir/bytes.err"
	assertEquals "$1: exit code" 2 $?
}

add_mistake() {
	echo 'colour = blue' >>"$dir/workloads.ini"
}

remove_file() {
	rm "$dir/workloads.ini"
}

# A mistake in the file, or that it is gone, costs no name and no service.
test_a_bad_file_changes_nothing() {
	assert_names_stay 'workloads.ini:.*colour' add_mistake
	: >"$dir/workloads.ini"
	reload
	assert_names_stay 'cannot open .*workloads.ini' remove_file
	: >"$dir/workloads.ini"
	reload
}

# not_less METRIC REPORTER: since the last time that this was asked
not_less() {
	local value last="$dir/last.$1.$2"

	value=$(rise "$1" "reporter=$2" "destination_workload=$proxy")
	[ "$value" -ge "$(cat "$last" 2>/dev/null || echo 0)" ] || fail "$1, $2: from $(cat "$last") to $value"
	echo "$value" >"$last"
}

# Whatever comes and goes, totals never go back and are right in the end.
test_units_come_and_go() {
	local pid metric reporter

	begin
	nsenter --net="/run/netns/$net" python3 "$top/tests/live/identity/units.py" "$cgroup" "meshtap-test-brief-$$" 1 "$units_count" \
		127.0.0.1 "$port" >"$dir/good" &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		collect
		for reporter in source destination; do
			for metric in istio_requests_total istio_tcp_connections_opened_total istio_tcp_sent_bytes_total; do
				not_less $metric $reporter
			done
		done
	done
	assertEquals "good responses" "$units_count" "$(cat "$dir/good")"
	settle
	for reporter in source destination; do
		assertEquals "requests, $reporter" "$units_count" \
			"$(rise istio_requests_total reporter=$reporter "destination_workload=$proxy")"
		assertEquals "opened, $reporter" "$units_count" \
			"$(rise istio_tcp_connections_opened_total reporter=$reporter "destination_workload=$proxy")"
		assertEquals "named, $reporter" "$units_count" \
			"$(grep -c "^istio_requests_total{reporter=\"$reporter\",source_workload=\"meshtap-test-brief-$$-" "$dir/textfile/meshtap_http_requests.prom")"
	done
}

# shellcheck source=/dev/null
. shunit2
