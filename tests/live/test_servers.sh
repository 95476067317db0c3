#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Servers of every kind, mixed requests to each: log and counters say what the client, and the server's own log where it
# has one, know. MESHTAP_TEST_REQUESTS=N for more. Run as root.
# shellcheck disable=SC1091,SC2034,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_requests.sh"

servers=$top/tests/live/servers
client_netns=meshtap-servers-$$ server_netns=meshtap-servers-$$
server=meshtap-test-server-$$.service
client=meshtap-test-requests-$$.service
proxy=meshtap-test-proxy-$$.service
requests=${MESHTAP_TEST_REQUESTS:-300}
seed=${MESHTAP_TEST_SEED:-1}
port=$((20000 + $$ % 10000))

oneTimeSetUp() {
	live_begin servers
	units_add "$server" "$client" "$proxy"
	netns_add "$server_netns"
	write_www
	start_metrics
	start_log
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	stop_services
	live_end
}

tearDown() {
	[ -n "$dir" ] || return 0 # shunit2 calls this once more at its end
	end_unit_processes "$server"
	end_unit_processes "$proxy"
	wait_for all_closed
}

# serve COMMAND...: in the server's unit; it says "ready" when it listens
serve() {
	: >"$dir/said"
	(cd "$dir/www" && in_unit "$server" "$server_netns" "$@") >"$dir/said" 2>&1 &
	wait_for grep -q ready "$dir/said"
}

# start UNIT COMMAND...: a server that says nothing when it listens
start() {
	local unit="$1"

	shift
	in_unit "$unit" "$server_netns" "$@" 2>"$dir/said" &
	wait_for listens
}

listens() {
	[ -n "$(ip netns exec "$server_netns" ss -Hltn sport = ":$port")" ]
}

# check KINDS [SERVER_LOG]
check() {
	requests_to 127.0.0.1 "$port" "$@"
	assert_hardly_any_inexact
}

nginx_with() { # directives
	nginx_conf "$1" >"$dir/nginx.conf"
	start "$server" nginx -c "$dir/nginx.conf" -e "$dir/error.log"
	check nginx "$dir/server.log"
}

test_nginx_sendfile() { nginx_with "listen $port; sendfile on;"; }
test_nginx_sendfile_nopush() { nginx_with "listen $port; sendfile on; tcp_nopush on; sendfile_max_chunk 8k;"; }
test_nginx_copies() { nginx_with "listen $port; sendfile off; output_buffers 2 4k;"; }
test_nginx_deferred() { nginx_with "listen $port deferred;"; }
test_nginx_reuseport() { nginx_with "listen $port reuseport;"; }
test_nginx_fast_open() { nginx_with "listen $port fastopen=64;"; }

# Counters are in the kernel: what kills the collector does not stop them.
test_metrics_survive_kills() {
	local requests=6000 load n

	nginx_conf "listen $port;" >"$dir/nginx.conf"
	start "$server" nginx -c "$dir/nginx.conf" -e "$dir/error.log"
	forget
	in_unit "$client" "$client_netns" python3 -u "$helpers/requests.py" 127.0.0.1 "$port" nginx $requests 32 "$seed" \
		>"$dir/truth" &
	load=$!
	for n in 500 2500; do
		wait_for has_lines "$dir/truth" $n
		kill -9 "$metrics_pid"
		assertTrue "the client still runs" "kill -0 $load"
		wait "$metrics_pid" 2>/dev/null
		start_metrics
	done
	wait "$load"
	assert_truth "$port" "$dir/server.log"
}

test_apache() {
	local apache modules

	apache=$(command -v apache2 || command -v httpd) || { echo "SKIP: no Apache" && return; }
	for modules in /usr/lib/apache2/modules /usr/lib64/httpd/modules /etc/httpd/modules; do
		[ ! -e "$modules/mod_mpm_event.so" ] || break
	done
	cat >"$dir/apache.conf" <<-EOF
		ServerRoot $dir
		ServerName server
		PidFile $dir/apache.pid
		Listen $port
		LoadModule mpm_event_module $modules/mod_mpm_event.so
		LoadModule authz_core_module $modules/mod_authz_core.so
		User www-data
		DocumentRoot $dir/www
		MaxKeepAliveRequests 0
		KeepAliveTimeout 60
		ErrorLog $dir/error.log
		LogFormat "%{X-Request-Id}i %m %U%q %>s" joined
		CustomLog $dir/server.log joined
	EOF
	start "$server" "$apache" -D FOREGROUND -f "$dir/apache.conf"
	check files "$dir/server.log"
}

# Four records a request: the client's and the proxy's, the proxy's and the server's.
test_haproxy() {
	local behind=$((port + 1))

	nginx_conf "listen $behind;" >"$dir/nginx.conf"
	in_unit "$server" "$server_netns" nginx -c "$dir/nginx.conf" -e "$dir/error.log" &
	cat >"$dir/haproxy.cfg" <<-EOF
		defaults
			mode http
			timeout connect 5s
			timeout client 60s
			timeout server 60s
		listen proxy
			bind :$port
			server nginx 127.0.0.1:$behind
	EOF
	start "$proxy" haproxy -db -f "$dir/haproxy.cfg"
	requests_through_proxy "$behind"
}

requests_through_proxy() {
	local real_server=$server

	server=$proxy
	check nginx "$dir/server.log"
	server=$real_server
	assert_lines "$1" "$dir/server.log"
	assertEquals "from the proxy" "$requests" "$(rise istio_requests_total reporter=source source_workload="$proxy")"
	assertEquals "at the server" "$requests" "$(rise istio_requests_total reporter=destination \
		destination_workload="$server" source_workload="$proxy")"
}

test_node() {
	serve node "$servers/node_server.js" "$port"
	check echo
}

test_python_threads() {
	serve python3 "$servers/python_server.py" threads "$port"
	check echo
}

test_python_forks() {
	serve python3 "$servers/python_server.py" forks "$port"
	check echo
}

# with WAY
with() {
	# shellcheck disable=SC2046 # one word an option
	[ -e "$dir/io_server" ] || cc -O2 -D_GNU_SOURCE -o "$dir/io_server" "$servers/io_server.c" \
		$(pkg-config --libs liburing)
	serve "$dir/io_server" "$1" "$port"
	check files
}

test_splice() { with splice; }
test_zerocopy() { with zerocopy; }

test_io_uring() {
	if ! grep -qsx 0 /proc/sys/kernel/io_uring_disabled; then
		echo "SKIP: no io_uring"
		return
	fi
	with io_uring
}

. shunit2
