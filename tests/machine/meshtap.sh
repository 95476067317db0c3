#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What the test asks of meshtap in the machine, and of the traffic there; sourced after machine.sh.
# shellcheck disable=SC2034,SC2154,SC3043 # the libraries and the test share variables; dash has local

collectors="tcp-connections tcp-bytes http-requests access-log"
services="meshtap-http-requests.service meshtap-access-log.service"
samplers="meshtap-tcp-connections.service meshtap-tcp-bytes.service"
all_units="meshtap-tcp-connections.timer meshtap-tcp-bytes.timer $services"

textfiles() {
	echo "$root/var/lib/prometheus/node-exporter"
}

# loaded prog|map|link: ids in this kernel, but of systemd's programs (sd_*) and of programs' constants (*.rodata)
loaded() {
	bpftool "$1" list | grep -E '^[0-9]+: ' | grep -vE ' name (sd_|[^ ]*\.rodata)' | cut -d : -f 1 | sort
}

# What others have in this kernel, before the machine has meshtap
note_others() {
	local kind

	for kind in prog map link; do
		loaded $kind >"$dir/others.$kind"
	done
}

# ours prog|map|link: what came since
ours() {
	loaded "$1" | comm -13 "$dir/others.$1" -
}

# attached: programs on cgroups of the machine, but systemd's
attached() {
	bpftool cgroup tree "$machine_cgroup" | grep -E '^ +[0-9]+ ' | grep -v ' sd_'
}

# The kernel frees programs some time after the last reference to them.
nothing_is_loaded() {
	[ -z "$(ours prog; ours map; ours link; attached)" ]
}

# pins: what is pinned in the machine
pins() {
	in_machine find /sys/fs/bpf -mindepth 1 ! -name '*.debug'
}

# assert_nothing_loaded WHEN
assert_nothing_loaded() {
	wait_for nothing_is_loaded || fail "$1: $(bpftool prog list; bpftool link list; attached)"
	assertNull "$1: pins" "$(pins)"
}

all_are_active() {
	# shellcheck disable=SC2086 # units are words
	! in_machine systemctl is-active $all_units | grep -qv '^active$'
}

# load REQUESTS PER_SECOND: of eight clients that keep their connections
load() {
	in_machine h2load --h1 -n "$1" -c 8 --rps $(($2 / 8)) http://127.0.0.1/ >"$dir/load" 2>&1
	grep -q "^requests: .* $1 succeeded" "$dir/load" || {
		echo "load:"
		cat "$dir/load"
	}
}

# served: the truth, what nginx says of its requests; at_least_served N
served() {
	wc -l <"$root/var/log/nginx/truth.log"
}

at_least_served() {
	[ "$(served)" -ge "$1" ]
}

no_connection() {
	[ -z "$(in_machine ss -Htn state connected exclude time-wait sport = :80)" ]
}

# The collectors' files say what is true now.
sample() {
	local name

	for name in http-requests access-log; do
		rm -f "$(textfiles)/meshtap_$(echo $name | tr - _).prom"
		in_machine systemctl kill --kill-who=main --signal=USR1 "meshtap-$name.service"
		wait_for test -e "$(textfiles)/meshtap_$(echo $name | tr - _).prom" || fail "no metrics of $name"
	done
	# shellcheck disable=SC2086 # units are words; more often than systemd starts a unit by itself
	in_machine sh -c "systemctl reset-failed $samplers; systemctl start $samplers" || fail "TCP collectors"
}

# metric NAME [LABEL=VALUE]...: the sum over all collectors
metric() {
	cat "$(textfiles)"/*.prom | total "$@"
}

# counted REPORTER: requests to nginx
counted() {
	metric istio_requests_total reporter="$1" destination_workload=nginx.service
}

# lines: of requests, in the access log and its older files
lines() {
	zcat -f "$root"/var/log/meshtap/access.log* 2>/dev/null | grep -c ' HTTP/1.1" '
}

dropped() {
	echo $(($(metric meshtap_access_log_dropped_records_total) + $(metric meshtap_access_log_dropped_lines_total)))
}

# begin_count: assert_counted compares from here
begin_count() {
	wait_for no_connection
	sample
	served_before=$(served) dropped_before=$(dropped) inexact_before=$(inexact)
	server_before=$(counted destination) client_before=$(counted source)
	lines_before=$(lines) scrapes=0
}

# Of requests that are nowhere else
inexact() {
	metric meshtap_http_requests_inexact_messages_total
}

# assert_counted WHEN: every request since begin_count is in the counters of both sides once
assert_counted() {
	local rise

	wait_for no_connection || fail "$1: connections"
	sample
	rise=$(($(served) - served_before))
	assertTrue "$1: no traffic" "[ $rise -gt 0 ]"
	assertEquals "$1: server's" $rise $(($(counted destination) - server_before))
	assertEquals "$1: client's" $rise $(($(counted source) - client_before))
	assertEquals "$1: inexact" "$inexact_before" "$(inexact)"
	echo "$1: $rise requests"
}

# Both sides of each request, also of those to node_exporter. What is dropped may be the line of a connection outside of the
# machine as well, whose states the collectors see.
all_lines() {
	local declared

	expected=$((2 * ($(served) - served_before + scrapes)))
	missing=$((expected - ($(lines) - lines_before)))
	declared=$(($(dropped) - dropped_before))
	[ "$missing" -ge 0 ] && [ "$missing" -le $declared ] && [ $declared -le $((missing + 64)) ]
}

# assert_lines WHEN DROPPED: every request since begin_count has its two lines, or they are counted as dropped; DROPPED: at most
assert_lines() {
	wait_for all_lines || fail "$1: $missing of $expected lines are missing, $(($(dropped) - dropped_before)) are declared"
	assertTrue "$1: $missing lines dropped" "[ $missing -le $2 ]"
}

# journal_of UNIT [SINCE]: what its processes said, since the mark that note_time made
note_time() {
	since=$(date +%s)
}

journal_of() {
	in_machine journalctl --no-pager -o cat --since "@$since" -u "$1"
}

# install_package FILE: with what the machine has, as it has no network
install_package() {
	cp "$1" "$root/root/meshtap.deb"
	in_machine env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --allow-downgrades --no-install-recommends \
		/root/meshtap.deb >"$dir/apt" 2>&1 || {
		fail "apt-get: $(cat "$dir/apt")"
		return 1
	}
}

version() {
	# shellcheck disable=SC2016 # dpkg's
	in_machine dpkg-query -W -f '${Version}' meshtap
}
