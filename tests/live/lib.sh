#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What the live tests share; sourced. A test calls live_begin first and live_end last; what units_add and
# netns_add make, live_end removes.
# shellcheck disable=SC2034,SC3043 # the tests use the variables; dash has local

top=$(cd "$(dirname "$0")/../.." && pwd)
build=${MESHTAP_BUILD:-$top/build}
dir='' pins='' cgroup='' mounted='' units='' namespaces='' metrics_pid='' log_pid=''
net='' server='' client='' port='' # of a test that has but one of each

if [ "$(id -u)" != 0 ] || [ ! -e /sys/kernel/btf/vmlinux ]; then
	echo "SKIP: needs root and a kernel with BTF"
	exit 0
fi

# wait_for COMMAND...: until it succeeds; 1 after 20 seconds
wait_for() {
	local tries=400

	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

# live_begin NAME: a directory, and pins of the test's own
live_begin() {
	dir=$(mktemp -d)
	chmod 755 "$dir" # nginx's workers are not root
	mkdir "$dir/textfile"
	: >"$dir/meshtap.ini"
	if [ "$(stat -f -c %t /sys/fs/bpf)" != cafe4a11 ]; then
		mount -t bpf bpf /sys/fs/bpf && mounted=yes
	fi
	pins=/sys/fs/bpf/meshtap-test-$1-$$
	cgroup=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
}

# Every process of the test's units has ended, or is ended here.
live_end() {
	local name

	for name in $units; do
		end_unit "$name"
	done
	for name in $namespaces; do
		ip netns del "$name"
	done
	[ -z "$mounted" ] || umount /sys/fs/bpf
	rm -rf "$dir"
	dir=''
}

units_add() {
	local unit

	for unit; do
		mkdir "$cgroup/$unit"
		units="$units $unit"
	done
}

unit_is_empty() {
	[ -z "$(cat "$cgroup/$1/cgroup.procs")" ]
}

# end_unit_processes UNIT
end_unit_processes() {
	# shellcheck disable=SC2046 # one word a process
	unit_is_empty "$1" || kill $(cat "$cgroup/$1/cgroup.procs") 2>/dev/null
	wait_for unit_is_empty "$1"
}

end_unit() {
	end_unit_processes "$1"
	wait_for rmdir "$cgroup/$1"
}

netns_add() {
	local ns

	for ns; do
		ip netns add "$ns"
		namespaces="$namespaces $ns"
		ip -n "$ns" link set lo up
	done
}

# in_unit UNIT NETNS COMMAND...
in_unit() {
	local unit="$1" ns="$2"

	shift 2
	# shellcheck disable=SC2016
	sh -c 'echo $$ >"$1/cgroup.procs"; ns=$2; shift 2; exec ip netns exec "$ns" "$@"' sh "$cgroup/$unit" "$ns" "$@"
}

# here UNIT COMMAND...: in the test's network namespace
here() {
	local unit="$1"

	shift
	in_unit "$unit" "$net" "$@"
}

# serve_hello FORMAT: nginx answers every request, and writes that of it to $dir/nginx.log at once
serve_hello() {
	cat >"$dir/nginx.conf" <<-END
		daemon off; pid $dir/nginx.pid; worker_processes 1; error_log $dir/error.log;
		events { worker_connections 1024; }
		http {
			log_format hello '$1';
			access_log $dir/nginx.log hello;
			keepalive_requests 100000000; client_body_temp_path $dir/body;
			proxy_temp_path $dir/p; fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
			server { listen $port; location / { return 200 "hello\n"; } }
		}
	END
	here "$server" nginx -c "$dir/nginx.conf" -e "$dir/error.log" &
	wait_for here "$client" curl -sf -o /dev/null "http://127.0.0.1:$port/"
}

# hold_in UNIT NETNS COMMAND...: a client that says "ready", then "done" for each line that it is given. say N: one more
# line, N in all; hang_up ends it.
hold_in() {
	rm -f "$dir/orders"
	mkfifo "$dir/orders"
	: >"$dir/held"
	in_unit "$@" <"$dir/orders" >"$dir/held" &
	held=$!
	exec 9>"$dir/orders"
	wait_for grep -q ready "$dir/held"
}

has_said() {
	[ "$(grep -c 'done' "$dir/held")" = "$1" ]
}

say() {
	echo go >&9
	wait_for has_said "$1"
}

hang_up() {
	exec 9>&-
	wait "$held"
}

# become_collector NAME OPTION...: for the background, where $! must be the collector
become_collector() {
	local name="$1"

	shift
	exec "$build/meshtap-$name" -c "$dir/meshtap.ini" --pin-dir "$pins" --textfile-dir "$dir/textfile" "$@"
}

collector() {
	(become_collector "$@")
}

# start_metrics: its first .prom file is there, so that the next one is what sample() asks for
start_metrics() {
	rm -f "$dir/textfile/meshtap_http_requests.prom"
	: >"$dir/metrics.err"
	become_collector http-requests --interval 3600 2>"$dir/metrics.err" &
	metrics_pid=$!
	wait_for grep -q ready "$dir/metrics.err"
	wait_for test -e "$dir/textfile/meshtap_http_requests.prom"
}

start_log() {
	: >"$dir/log.err"
	become_collector access-log --interval 3600 --log-file "$dir/access.log" 2>"$dir/log.err" &
	log_pid=$!
	wait_for grep -q ready "$dir/log.err"
}

stop_services() {
	kill "$metrics_pid" "$log_pid"
	wait "$metrics_pid" "$log_pid" 2>/dev/null
	collector http-requests --unload
	collector access-log --unload
}

# sample_of PID PROM: the service has written its .prom file anew
sample_of() {
	rm -f "$dir/textfile/$2"
	kill -USR1 "$1"
	wait_for test -e "$dir/textfile/$2"
}

# sample: the .prom files say what is true now
sample() {
	[ -z "$metrics_pid" ] || sample_of "$metrics_pid" meshtap_http_requests.prom
	[ -z "$log_pid" ] || sample_of "$log_pid" meshtap_access_log.prom
}

# total METRIC [LABEL=VALUE]... <FILE: the sum of the series that have these labels
total() {
	local metric="$1"

	shift
	awk -v metric="$metric" -v labels="$*" '
		BEGIN { wanted = split(labels, label, " ") }
		$0 !~ "^" metric "[{ ]" { next }
		{
			for (i = 1; i <= wanted; i++) {
				split(label[i], pair, "=")
				if (!index($0, pair[1] "=\"" pair[2] "\""))
					next
			}
			sum += $NF
		}
		END { printf "%.0f\n", sum }'
}

# mark: rise counts from here
mark() {
	sample
	rm -rf "$dir/before"
	cp -r "$dir/textfile" "$dir/before"
}

# rise METRIC [LABEL=VALUE]...: between mark and sample
rise() {
	echo $(($(cat "$dir"/textfile/*.prom | total "$@") - $(cat "$dir"/before/*.prom | total "$@")))
}

# barrier NETNS: every event so far is in the log. The ring keeps their order, so a refused connect() is their end.
barrier() {
	local before

	before=$(refused_lines)
	ip netns exec "$1" nc -z 127.0.0.1 1
	wait_for refused_lines_rose "$before"
}

refused_lines() {
	grep -c ' 0 UF .* "127.0.0.1:1" ' "$dir/access.log"
}

refused_lines_rose() {
	[ "$(refused_lines)" -gt "$1" ]
}

# has_lines FILE N
has_lines() {
	[ "$(wc -l <"$1")" -ge "$2" ]
}

ended() {
	! kill -0 "$1" 2>/dev/null
}
