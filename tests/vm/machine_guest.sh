#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs in a machine that has just booted for the first time, as a unit: installs the package, waits for its four outputs, looks at
# what the kernel holds the units to, and purges it.
set -u

textfiles=/var/lib/prometheus/node-exporter
units="meshtap-tcp-connections.timer meshtap-tcp-bytes.timer meshtap-http-requests.service meshtap-access-log.service"

# Without KVM all is some sixty times slower.
wait_for() {
	tries=600
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.5
	done
}

expect() { # what, expected, actual
	if [ "$2" = "$3" ]; then
		echo "ok $1"
	else
		echo "not ok $1: expected $2, got $3"
	fi
}

expect_soon() { # what, command…
	what=$1
	shift
	if wait_for "$@"; then
		echo "ok $what"
	else
		echo "not ok $what"
	fi
}

scrape_has() { # metric
	curl -sf http://127.0.0.1:9100/metrics | grep -q "^$1{"
}

requests_are_scraped() {
	curl -sf http://127.0.0.1/ && scrape_has istio_requests_total && scrape_has istio_tcp_connections_opened_total &&
		scrape_has istio_tcp_sent_bytes_total
}

is_logged() {
	grep -q '"GET / HTTP/1.1" 200 .* "curl/' /var/log/meshtap/access.log
}

# memory FILE of a service's cgroup
memory() { # unit, file
	cat "/sys/fs/cgroup/system.slice/$1/memory.$2"
}

limits_hold() { # unit
	expect "$1: limit" 268435456 "$(memory "$1" max)"
	echo "memory of $1: $(memory "$1" current) bytes"
	expect "$1: allocations beyond it" 0 "$(memory "$1" events | sed -n 's/^max //p')"
}

nothing_is_pinned() {
	[ -z "$(find /sys/fs/bpf -mindepth 1 -name '*meshtap*')" ]
}

echo "kernel $(uname -r)"
expect_soon "nginx listens" curl -sf http://127.0.0.1/
expect_soon "node_exporter listens" curl -sf http://127.0.0.1:9100/metrics
begun=$(date +%s)
dpkg -i build/deb/meshtap_*.deb
expect "installed" 0 $?
expect_soon "metrics are scraped" requests_are_scraped
expect_soon "the log has a line" is_logged
echo "after $(($(date +%s) - begun)) s"
for unit in $units; do
	expect_soon "$unit" systemctl is-active "$unit"
done
limits_hold meshtap-http-requests.service
limits_hold meshtap-access-log.service
expect "failed units" "" "$(systemctl --failed --plain --no-legend)"
dpkg --purge meshtap
expect "purged" 0 $?
expect_soon "nothing is pinned" nothing_is_pinned
expect "files" "" "$(find / -xdev -path /mnt -prune -o -name '*meshtap*' -print | grep -v '^/proc\|^/sys\|/var/lib/systemd')"
expect "metrics" "" "$(ls "$textfiles"/meshtap* 2>/dev/null)"
