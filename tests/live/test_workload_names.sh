#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What connections and requests of cgroups as systemd, docker, podman, containerd, CRI-O and Kubernetes make them are
# called, by all four collectors. Run as root.
# shellcheck disable=SC1091,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"

net=meshtap-names-$$
root=meshtap-names-$$
port=7100
id=$(printf '%064x' $$)
other=$(printf '%064x' $$ | tr 0 f)
long=$(printf 'a%.0s' $(seq 200)).service

# Cgroup and name; "unknown": it has a unit, of which the name cannot be kept.
cgroups() {
	cat <<-EOF
		system.slice/names-$$.service names-$$.service
		system.slice/names-$$@1.service/worker/deep names-$$@1.service
		user.slice/user@$$.service/app.slice/names-web-$$.service names-web-$$.service
		user.slice/user@$$.service/init.scope user@$$.service
		docker/$id $id
		docker/$id/docker/$other $other
		system.slice/docker-$id.scope/init.scope docker-$id.scope
		kubepods/burstable/pod8a1c8d3e-31a7-4d62-9c8f-2f3a1c0d9e11/cri-containerd-$id cri-containerd-$id
		kubepods/pod8a1c8d3e/crio-$id crio-$id
		machine.slice/libpod-$id.scope/container libpod-$id.scope
		libpod_parent/libpod-$id libpod-$id
		system.slice/names-quadlet-$$.service/libpod-payload-$id names-quadlet-$$.service
		system.slice/$long unknown
	EOF
}

# In the cgroup PATH, made for this: one HTTP request over one connection.
request_from() {
	mkdir -p "$cgroup/$root/$1"
	# shellcheck disable=SC2016
	sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$cgroup/$root/$1" \
		ip netns exec $net curl -s -o /dev/null "http://127.0.0.1:$port/"
}

oneTimeSetUp() {
	live_begin names
	netns_add $net
	mkdir "$cgroup/$root"
	echo hello >"$dir/index.html"
	ip netns exec $net python3 -m http.server --bind 127.0.0.1 --directory "$dir" $port >"$dir/server" 2>&1 &
	server=$!
	printf '[access_log]\ntext_format = %%PROTOCOL%% %%UNIT%% %%DOWNSTREAM_LOCAL_ADDRESS%%\nmode = client\n' \
		>"$dir/meshtap.ini"
	wait_for ip netns exec $net nc -z 127.0.0.1 $port
	collector tcp-connections
	collector tcp-bytes
	start_metrics
	start_log
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	kill "$server"
	wait "$server" 2>/dev/null
	collector tcp-connections --unload
	collector tcp-bytes --unload
	stop_services
	find "$cgroup/$root" -depth -type d -exec rmdir {} +
	live_end
}

# The metrics' series with a local workload of this name, as source
count() {
	cat "$dir"/textfile/*.prom | total "$1" reporter=source "source_workload=$2"
}

log_lines() {
	grep -cxF "HTTP/1.1 $1 127.0.0.1:$port" "$dir/access.log"
}

has_lines_of() {
	[ "$(log_lines "$1")" = 1 ]
}

test_every_name() {
	local path name

	cgroups >"$dir/cgroups"
	while read -r path name; do
		request_from "$path" </dev/null
	done <"$dir/cgroups"
	sample
	collector tcp-connections
	collector tcp-bytes
	while read -r path name; do
		if [ "$name" != unknown ]; then
			assertEquals "$path: requests" 1 "$(count istio_requests_total "$name")"
			assertEquals "$path: connections" 1 "$(count istio_tcp_connections_opened_total "$name")"
			assertNotEquals "$path: bytes" 0 "$(count istio_tcp_received_bytes_total "$name")"
			wait_for has_lines_of "$name"
			assertEquals "$path: lines" 1 "$(log_lines "$name")"
		fi
	done <"$dir/cgroups"
	assertEquals "a name cut short" '' "$(grep -l aaaaaaaaaaaaaaaa "$dir"/textfile/*.prom "$dir/access.log")"
	assertNotEquals "an unknown one is counted" 0 "$(count istio_tcp_connections_opened_total unknown)"
}

. shunit2
