#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs inside the guest (guest.sh), from the tree's top: HTTP over lo, first as it is, then with netem's losses, reordering
# and duplicates in small segments. Metrics and log are compared with what curl and nginx say that they sent and received.
set -u

port=8080
dir=$(mktemp -d)
# METHOD URL STATUS BYTES_RECEIVED BYTES_SENT
format='%{method} %{url_effective} %{http_code} %{size_upload} %{size_download}\n'

wait_for() {
	tries=300
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}

expect() { # what, expected, actual
	if [ "$2" = "$3" ]; then
		echo "ok $1"
	else
		echo "not ok $1: expected $2, got $3"
	fi
}

# The limit of its unit, which the kernel counts its maps against (since 5.11).
limit_memory() { # collector
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	mkdir -p "/sys/fs/cgroup/$1"
	sed -n 's/^MemoryMax=//p' "systemd/meshtap-$1.service" >"/sys/fs/cgroup/$1/memory.max"
}

check_memory() { # collector
	echo "memory of $1: $(cat "/sys/fs/cgroup/$1/memory.current") of $(cat "/sys/fs/cgroup/$1/memory.max") bytes"
	expect "$1: allocations beyond its unit's limit" 0 "$(sed -n 's/^max //p' "/sys/fs/cgroup/$1/memory.events")"
}

start() { # collector, options…
	name=$1
	shift
	limit_memory "$name"
	sh -c 'echo $$ >"$0" && exec "$@"' "/sys/fs/cgroup/$name/cgroup.procs" "build/meshtap-$name" -c "$dir/meshtap.ini" --textfile-dir "$dir" --interval 3600 "$@" 2>"$dir/$name.err" &
	pid=$!
	wait_for grep -q ready "$dir/$name.err" && echo "ok $name is ready" && return
	echo "not ok $name: $(cat "$dir/$name.err")"
	exit 1
}

sample_once() { # collector
	expect "$1 samples" 0 "$("build/meshtap-$1" -c "$dir/meshtap.ini" --textfile-dir "$dir" >"$dir/$1.err" 2>&1; echo $?)"
}

# Uploads are handed on through a UNIX socket, which is no TCP: nginx does not count a body that it need not read.
start_nginx() {
	cat >"$dir/nginx.conf" <<-EOF
		pid $dir/nginx.pid; worker_processes 2; error_log $dir/error.log; user root;
		events { worker_connections 256; }
		http {
			log_format wire '\$request_length \$bytes_sent'; access_log $dir/nginx.log wire; client_max_body_size 100m; keepalive_requests 100000;
			client_body_temp_path $dir/b; proxy_temp_path $dir/p; fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u;
			scgi_temp_path $dir/s;
			server {
				listen $port; root $dir;
				location /put { proxy_pass http://unix:$dir/put; }
				location /chunked { ssi on; ssi_types *; }
			}
			server { listen unix:$dir/put; access_log off; return 200 "got it"; }
		}
	EOF
	nginx -c "$dir/nginx.conf" -e "$dir/error.log" || echo "not ok nginx: $(cat "$dir/error.log")"
}

fetch() { # options…
	curl -sZ --no-progress-meter --parallel-max 8 -o /dev/null -H Expect: -w "$format" "$@" >>"$dir/curl"
}

traffic() { # phase, requests of each kind
	fetch "http://127.0.0.1:$port/small?$1[1-$2]"
	fetch "http://127.0.0.1:$port/large?$1[1-$2]"
	fetch -H 'Connection: close' "http://127.0.0.1:$port/missing?$1[1-$2]"
	fetch -H "Cookie: $(head -c 6000 /dev/zero | tr '\0' c)" "http://127.0.0.1:$port/chunked?$1[1-$2]"
	fetch -T "$dir/large" "http://127.0.0.1:$port/put?$1[1-$2]"
}

# What the log says of one reporter, in the order of curl's fields.
logged() { # pattern of its lines
	grep -- "$1" "$dir/access.log" |
		sed -nE 's/^\[[^]]*\] "([A-Z]+) ([^ ]+) HTTP\/1\.1" ([0-9]+) [^ ]+ [^ ]+ [^ ]+ "[^"]*" ([0-9]+) ([0-9]+) .*/\1 \2 \3 \4 \5/p' | sort
}

# Connections that curl opened and did not use have lines too.
is_complete() {
	[ "$(grep -c 'HTTP/1\.1"' "$dir/access.log")" -ge $((2 * $(wc -l <"$dir/curl"))) ]
}

# total METRIC REPORTER
total() {
	awk -v name="$1{" -v reporter="reporter=\"$2\"" \
		'index($0, name) == 1 && index($0, reporter) { n += $NF } END { printf "%d\n", n }' "$dir/meshtap_http_requests.prom"
}

nginx_sum() { # field
	awk -v field="$1" '{ n += $field } END { print n }' "$dir/nginx.log"
}

# Where segments come twice an exchange may be declared now and then (README, framing); elsewhere none.
tolerated=0

# spared STEM: exchanges that it declares so, if they are no more than tolerated
spared() {
	awk -v most=$tolerated '/_inexact_messages_total\{reason="framing"\}/ { n = $NF } END { print n <= most ? n + 0 : 0 }' "$dir/meshtap_$1.prom"
}

# check_total WHAT EXPECTED ACTUAL MISSING: requests that are, all of them spared
check_total() {
	if [ "$4" -gt 0 ] && [ "$4" -le "$(spared http_requests)" ] && [ "$3" -lt "$2" ]; then
		echo "ok $1: $3 of $2, $4 requests are declared"
	else
		expect "$1" "$2" "$3"
	fi
}

check_log() { # phase, reporter, pattern of its lines
	logged "$3" >"$dir/actual"
	diff "$dir/expected" "$dir/actual" >"$dir/diff"
	if ! grep -q '^>' "$dir/diff" && [ "$(grep -c '^<' "$dir/diff")" -le "$(spared access_log)" ]; then
		echo "ok $1: log lines, $2"
	else
		echo "not ok $1: log lines, $2: $(grep -c '^<' "$dir/diff") missing, $(grep -c '^>' "$dir/diff") wrong"
		head -n 5 "$dir/diff"
		grep -F -- "$3" "$dir/access.log" | grep -v '"[A-Z]* /' | head -n 5
	fi
}

sample() { # stem, process
	touch "$dir/asked"
	sleep 0.02 # the file system's clock ticks
	kill -USR1 "$2"
	wait_for test "$dir/meshtap_$1.prom" -nt "$dir/asked"
}

check() { # phase
	wait_for is_complete
	sample http_requests "$metrics_pid"
	sample access_log "$log_pid"
	sed 's|http://[^/]*||' "$dir/curl" | sort >"$dir/expected"
	check_log "$1" source ":$port\" PassthroughCluster "
	check_log "$1" destination " inbound|$port|| "
	for reporter in source destination; do
		requests=$(total istio_requests_total $reporter)
		missing=$(($(wc -l <"$dir/curl") - requests))
		check_total "$1: requests, $reporter" "$(wc -l <"$dir/curl")" "$requests" "$missing"
		check_total "$1: request bytes, $reporter" "$(nginx_sum 1)" "$(total istio_request_bytes_sum $reporter)" "$missing"
		check_total "$1: response bytes, $reporter" "$(nginx_sum 2)" "$(total istio_response_bytes_sum $reporter)" "$missing"
	done
	expect_exact "$1" http_requests
	expect_exact "$1" access_log
}

expect_exact() { # phase, stem
	expect "$1: what $2 declares" "" \
		"$(grep -v "reason=\"framing\"} $(spared "$2")\$" "$dir/meshtap_$2.prom" | grep -E '^meshtap_[a-z_]*_(inexact_messages|untracked_connections|dropped_records|damaged_heads)_total.* [^0]')"
}

# Programs that leave connections out are others than those that follow all.
leave_out() {
	before=$(total istio_requests_total source)
	kill "$metrics_pid"
	wait "$metrics_pid"
	printf '[http_requests]\nexclude_ports = %s\n' $port >"$dir/meshtap.ini"
	start http-requests
	metrics_pid=$pid
	traffic excluded 20
	sample http_requests "$metrics_pid"
	expect "excluded: requests that were answered" "$(wc -l <"$dir/curl")" "$(wc -l <"$dir/nginx.log")"
	expect "excluded: requests that are counted" "$before" "$(total istio_requests_total source)"
	expect_exact excluded http_requests
}

: >"$dir/meshtap.ini"
head -c 100 /dev/zero >"$dir/small"
head -c 50000 /dev/zero >"$dir/chunked"
head -c 200000 /dev/zero >"$dir/large"
chmod 755 "$dir"
sample_once tcp-connections
sample_once tcp-bytes
start http-requests
metrics_pid=$pid
start access-log --log-file "$dir/access.log"
log_pid=$pid
start_nginx
traffic plain 20
check plain
ip link set lo mtu 1500 gso_max_segs 1
tc qdisc add dev lo root netem delay 1ms loss 2% reorder 5% 50% duplicate 1% || echo "not ok netem"
tolerated=2
traffic netem 120
check netem
check_memory http-requests
check_memory access-log
tc qdisc del dev lo root
leave_out
