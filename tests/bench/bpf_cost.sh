#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What the collectors' programs take of the kernel's time: each collector alone, by the kernel's own statistics, without
# what an empty program takes. Both ends of every connection are on this host: half of it is an endpoint's.
# Run as root; "make bench BENCH=bpf_cost" prints the table.
# shellcheck disable=SC1091,SC2154,SC3043 # lib.sh sets variables; dash has local
set -eu
. "$(dirname "$0")/../live/lib.sh"
. "$(dirname "$0")/lib.sh"

rounds=$(quick 5 2)
requests=$(quick 50000 20000)
sockets=2000

# metered COMMAND...: $dir/cost has what each program took
metered() {
	nsenter --net="/run/netns/$net" "$tools/bpf_meter" "$tools/empty.bpf.o" "$cgroup" "$dir/cost" "$@" >"$dir/metered" 2>&1 ||
		die "$*: $(tail -n 3 "$dir/metered")"
}

# net_ns: of all programs together in the last metered command
net_ns() {
	awk '$1 !~ /^empty/ { sum += $3 - $2 * $4 } END { printf "%.0f\n", sum }' "$dir/cost"
}

# per N: nanoseconds of the last metered command for each of N
per() {
	awk -v ns="$(net_ns)" -v n="$1" 'BEGIN { printf "%.1f\n", ns / n }'
}

# each_program WHAT: nanoseconds a run, of every program
each_program() {
	awk '$1 !~ /^empty/ { printf "%s %.1f\n", $1, ($3 - $2 * $4) / $2 }' "$dir/cost" | while read -r name ns; do
		round "$collector: $name, $1" "ns a run" "$ns"
	done
}

# check_counted COUNTED N TOLERANCE: the programs may not have missed any of it.
check_counted() {
	local over=$(($1 - 2 * $2))

	case $collector in
	tcp-*) return ;; # they do not know of requests
	esac
	[ ${over#-} -le "$3" ] || die "$collector: $1 of $((2 * $2)) requests counted"
}

# request ARGUMENT...: h2load's, which makes so many requests, exactly
request() {
	metered h2load -n "$requests" "$@"
	grep -q "$requests succeeded" "$dir/metered" || die "h2load: $(cat "$dir/metered")"
}

# ask ARGUMENT...: as request, and all are counted
ask() {
	local before

	before=$(counted "$collector")
	request "$@"
	check_counted $(($(counted "$collector") - before)) "$requests" 0
}

keepalive() {
	ask --h1 -c 16 "http://127.0.0.1:$port/"
	ns_per_request=$(per $((2 * requests)))
	round "$collector: HTTP/1 request" ns "$ns_per_request"
	each_program "HTTP/1 requests"
}

# wrk leaves a request behind on each of its connections.
connections() {
	local had before after now

	had=$(served)
	before=$(counted "$collector")
	metered wrk -t 1 -c 16 -d "$(quick 2 1)" -H 'Connection: close' "http://127.0.0.1:$port/"
	await_quiet
	after=$(counted "$collector")
	now=$(served)
	check_counted $((after - before)) $((${now#* } - ${had#* } - 1)) 32
	round "$collector: connection" ns "$(awk -v all="$(net_ns)" -v request="$ns_per_request" \
		-v n=$((${now% *} - ${had% *} - 1)) 'BEGIN { printf "%.1f\n", all / n / 2 - request }')"
	each_program connections
}

http2() {
	ask -c 4 -m 10 "http://127.0.0.1:$((port + 1))/"
	round "$collector: HTTP/2 request" ns "$(per $((2 * requests)))"
}

# messages N: so many messages of gRPC, of 32 bytes
messages() {
	python3 -c 'import sys; sys.stdout.buffer.write((b"\0\0\0\0\40" + 32 * b"m") * int(sys.argv[1]))' "$1"
}

# call N: with so many messages, which come back
call() {
	messages "$1" >"$dir/messages"
	ask -c 4 -m 10 -d "$dir/messages" -H 'content-type: application/grpc' -H 'te: trailers' "http://127.0.0.1:$((port + 2))/"
	per $((2 * requests))
}

# Both directions: 20 messages more make the difference.
grpc() {
	local one eleven

	one=$(call 1)
	eleven=$(call 11)
	round "$collector: gRPC call" ns "$one"
	round "$collector: gRPC message" ns "$(echo "$one $eleven" | awk '{ printf "%.1f\n", ($2 - $1) / 20 }')"
}

# runs: of the collector's programs that see segments
runs() {
	awk '/^http_(in|e)gress/ { sum += $2 } END { print sum + 0 }' "$dir/cost"
}

# per_segment WHAT: a segment is seen by both ends, and so is its acknowledgement. Some collectors see none.
per_segment() {
	local n ns=0

	n=$(runs)
	[ "$n" = 0 ] || ns=$(per "$n")
	round "$collector: segment of $1" ns "$ns"
}

bulk() {
	metered curl -sS -o /dev/null "http://127.0.0.1:$port/bulk"
	per_segment "an HTTP/1 download"
	metered iperf3 -c 127.0.0.1 -p $((port + 3)) -n 2G
	per_segment "what is not HTTP (iperf3)"
}

# The oneshots look at every socket.
walk() {
	hold_in "$client" "$net" python3 "$bench/hold.py" "$port" "$sockets"
	metered "$build/meshtap-$collector" -c "$dir/meshtap.ini" --pin-dir "$pins" --textfile-dir "$dir/textfile"
	hang_up
	each_program "sample of $sockets connections"
}

# excluded BY LINE: requests that the configuration's line leaves out
excluded() {
	local before

	configure "$2"
	start_collector "$collector"
	before=$(counted "$collector")
	request --h1 -c 16 "http://127.0.0.1:$port/"
	[ "$(counted "$collector")" = "$before" ] || die "$collector: requests are not excluded by $1"
	round "$collector: HTTP/1 request, excluded by $1" ns "$(per $((2 * requests)))"
	stop_collectors
	configure
}

# configure [LINE]: rings for as much as is asked at a time
configure() {
	cat <<-END >"$dir/meshtap.ini"
		[http_requests]
		ring_bytes = 64M
		${1:-}
		[access_log]
		ring_bytes = 64M
		${1:-}
	END
}

measure() {
	collector=$1
	start_collector "$collector"
	keepalive
	connections
	bulk
	case $collector in
	tcp-*) walk ;;
	*)
		http2
		grpc
		;;
	esac
	stop_collectors
	case $collector in tcp-*) return ;; esac
	excluded port "exclude_ports = $port"
	excluded unit "include_units = nobody.service"
}

start_servers() {
	start_nginx
	on_server nghttpd --no-tls --echo-upload -n 1 $((port + 2)) >"$dir/nghttpd" 2>&1 &
	wait_for on_client nc -z 127.0.0.1 $((port + 2)) || die "nghttpd: $(cat "$dir/nghttpd")"
	start_iperf3
}

one_core
bench_begin bpf_cost
start_servers
configure
for _ in $(seq "$rounds"); do
	for name in $collectors; do
		measure "$name"
	done
done
