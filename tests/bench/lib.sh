#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What the benchmarks share; sourced after tests/live/lib.sh. Server and client are units of their own in a network
# namespace of their own, so nothing else is on their loopback.
# shellcheck disable=SC2034,SC2154,SC3043 # the benchmarks use the variables; dash has local

bench=$top/tests/bench
tools=$top/build/tests # the collectors may be another build's
net=meshtap-bench-$$
server=meshtap-bench-server-$$.service
client=meshtap-bench-client-$$.service
port=8080
own_log_port=$((port + 10))
proxied_port=$((port + 13)) # for what the sidecars pass on
tables=${BENCH_TABLES:-$top/build/bench}
collectors=${BENCH_COLLECTORS:-tcp-connections tcp-bytes http-requests access-log}

die() {
	echo "$(basename "$0"): $*" >&2
	exit 1
}

# quick VALUE QUICK: which of the two
quick() {
	if [ -n "${BENCH_QUICK:-}" ]; then echo "$2"; else echo "$1"; fi
}

# one_core: everything that follows runs there. Then figures do not depend on how the scheduler places client and server,
# and throughput is what the CPU time of a request allows.
one_core() {
	taskset -cp "${BENCH_CORE:-$(($(nproc) - 1))}" $$ >/dev/null
}

# bench_begin NAME: rounds are written to NAME.rounds
bench_begin() {
	rounds_file=$tables/$1.rounds
	mkdir -p "$tables"
	"$build/meshtap-tcp-bytes" -V >/dev/null || die "$build: make first"
	wait_for none_attached || die "collectors are loaded on this host: stop and --unload them, their cost would count"
	: >"$rounds_file"
	live_begin bench
	trap bench_end EXIT
	trap 'exit 130' INT TERM
	units_add "$server" "$client"
	netns_add "$net"
}

bench_end() {
	local status=$?

	trap - EXIT
	set +e # all of it is ended
	[ -z "$running" ] || stop_collectors
	[ ! -d "$pins-empty" ] || detach_empty
	live_end
	exit "$status"
}

none_attached() {
	! bpftool prog show | grep -qE 'name (http_ingress|tcp_bytes_state|tcp_connections_state) '
}

# round WHAT UNIT VALUE: one round's figure; the report has their median and range
round() {
	printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$rounds_file"
}

on_server() {
	in_unit "$server" "$net" "$@"
}

on_client() {
	in_unit "$client" "$net" "$@"
}

# write_nginx_conf: one worker; what is asked for is 6 bytes, or a file of zeros
write_nginx_conf() {
	cat <<-END
		daemon off; pid $dir/nginx.pid; worker_processes 1; error_log $dir/error.log;
		worker_rlimit_nofile 65536;
		events { worker_connections 32768; }
		http {
			access_log off; sendfile on; sendfile_max_chunk 2m;
			keepalive_requests 1000000000; client_body_temp_path $dir/body;
			proxy_temp_path $dir/p; fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
			server {
				listen $port backlog=4096; listen $((port + 1)) http2; listen $proxied_port; root $dir/www;
				location / { return 200 "hello\n"; }
				location /bulk { }
				location = /status { stub_status; }
			}
			server {
				listen $own_log_port; access_log $dir/nginx_own.log;
				location / { return 200 "hello\n"; }
			}
		}
	END
}

start_nginx() {
	mkdir -p "$dir/www"
	truncate -s 1G "$dir/www/bulk"
	write_nginx_conf >"$dir/nginx.conf"
	on_server nginx -c "$dir/nginx.conf" -e "$dir/error.log" &
	wait_for on_client curl -sf -o /dev/null "http://127.0.0.1:$port/" || die "nginx: $(cat "$dir/error.log")"
}

start_iperf3() {
	on_server iperf3 -s -p $((port + 3)) >"$dir/iperf3" 2>&1 &
	wait_for on_client nc -z 127.0.0.1 $((port + 3)) || die "iperf3: $(cat "$dir/iperf3")"
}

# await_quiet: no client's connection is open; the sidecars keep theirs to another port
await_quiet() {
	wait_for is_quiet || die "connections stay open: $(ip netns exec "$net" ss -Htn)"
}

is_quiet() {
	[ -z "$(ip netns exec "$net" ss -Htn state connected exclude time-wait "sport = :$port")" ]
}

# load_collectors NAME...
load_collectors() {
	local name

	for name; do
		start_collector "$name"
	done
}

# ratio A B
ratio() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.4f\n", a / b }'
}

# served: connections and requests that nginx has had, with this one
served() {
	on_client curl -sf "http://127.0.0.1:$port/status" | awk 'NR == 3 { print $1, $3 }'
}

running=''

# start_collector NAME: alone, with the configuration in $dir/meshtap.ini
start_collector() {
	case $1 in
	http-requests) start_metrics && service_pid=$metrics_pid ;;
	access-log) start_log && service_pid=$log_pid ;;
	*) collector "$1" ;;
	esac || die "$1 does not start: $(cat "$dir"/*.err)"
	running="$running $1"
}

# cpu_ns PID: all threads
cpu_ns() {
	cat "/proc/$1/task"/*/schedstat | awk '{ sum += $1 } END { print sum }'
}

# is_idle PID: it has done what it had to do, and takes less than a thousandth of a core
is_idle() {
	local before

	before=$(cpu_ns "$1")
	sleep 0.1
	[ $(($(cpu_ns "$1") - before)) -lt 100000 ]
}

# attach_empty: programs that do nothing see each segment
attach_empty() {
	local way

	bpftool prog loadall "$tools/empty.bpf.o" "$pins-empty" || die "bpftool: the empty programs"
	for way in ingress egress; do
		bpftool cgroup attach "$cgroup" cgroup_inet_$way pinned "$pins-empty/empty_$way" multi
	done
}

detach_empty() {
	local way

	for way in ingress egress; do
		bpftool cgroup detach "$cgroup" cgroup_inet_$way pinned "$pins-empty/empty_$way"
	done
	rm -r "$pins-empty"
}

# counted COLLECTOR: requests to our server that it knows of, on both ends
counted() {
	sample
	case $1 in
	http-requests)
		total istio_requests_total "destination_workload=$server" <"$dir/textfile/meshtap_http_requests.prom"
		;;
	access-log) grep -c " HTTP/[12].* 127.0.0.1:80[0-9][0-9] " "$dir/access.log" || true ;; # not those of TCP
	*) echo 0 ;;
	esac
}

stop_collectors() {
	local name

	for name in $running; do
		case $name in
		http-requests) end_service "$metrics_pid" && metrics_pid='' ;;
		access-log) end_service "$log_pid" && log_pid='' ;;
		esac
		collector "$name" --unload
	done
	running=''
	rm -f "$dir/access.log" "$dir"/textfile/*
}

end_service() {
	kill "$1"
	wait "$1" 2>/dev/null || true
}
