#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A large download from real nginx: bytes to the byte, advancing while it lasts, whatever happens to the collectors:
# kill -9, a full disk. Then node_exporter scrapes what was written. Run as root.
# shellcheck disable=SC1091,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"

net=meshtap-download-$$
server=meshtap-test-download-$$.service
size=${MESHTAP_TEST_DOWNLOAD:-1073741824}

in_net() {
	ip netns exec "$net" "$@"
}

oneTimeSetUp() {
	live_begin download
	units_add "$server"
	netns_add "$net"
	mkdir "$dir/www"
	truncate -s "$size" "$dir/www/file"
	cat >"$dir/nginx.conf" <<-EOF
		daemon off; pid $dir/nginx.pid; worker_processes 1; error_log $dir/error.log;
		events { worker_connections 64; }
		http { access_log $dir/nginx.log; sendfile on; client_body_temp_path $dir/b; proxy_temp_path $dir/p;
			fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
			server { listen 8080; root $dir/www; } }
	EOF
	bytes
	in_unit "$server" "$net" nginx -c "$dir/nginx.conf" -e "$dir/error.log" &
	wait_for in_net curl -sfI -o /dev/null http://127.0.0.1:8080/file
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	bytes --unload
	collector http-requests --unload
	live_end
}

bytes() {
	collector tcp-bytes "$@"
}

# sent REPORTER: by the test's server, since the collector is loaded
sent() {
	bytes
	total istio_tcp_sent_bytes_total "reporter=$1" "destination_workload=$server" \
		<"$dir/textfile/meshtap_tcp_bytes.prom"
}

sent_is() {
	[ "$(sent "$1")" = "$2" ]
}

test_bytes_advance_and_end_exact() {
	local source destination last now samples=0

	source=$(sent source) destination=$(sent destination)
	last=$destination
	in_net curl -s --limit-rate 400M -D "$dir/head" -o /dev/null http://127.0.0.1:8080/file &
	local curl=$!

	while [ "$samples" -lt 4 ]; do
		now=$(sent destination)
		[ "$now" -gt "$last" ] || { kill -0 "$curl" 2>/dev/null && continue; }
		assertTrue "sample $now not above $last" "[ $now -gt $last ]"
		last=$now
		samples=$((samples + 1))
	done
	assertTrue "samples during the download" "[ $now -lt $((destination + size)) ]"
	wait "$curl"
	wait_for sent_is destination $((destination + size + $(wc -c <"$dir/head")))
	assertEquals $((size + $(wc -c <"$dir/head"))) $(($(sent destination) - destination))
	assertEquals $((size + $(wc -c <"$dir/head"))) $(($(sent source) - source))
}

test_kill_harms_no_traffic() {
	local curl

	start_metrics
	in_net curl -s --limit-rate 400M -o "$dir/copy" http://127.0.0.1:8080/file &
	curl=$!
	wait_for test -s "$dir/copy"
	kill -9 "$metrics_pid"
	wait "$metrics_pid" 2>/dev/null
	wait "$curl"
	assertEquals "curl's exit code" 0 $?
	assertEquals "$size" "$(wc -c <"$dir/copy")"
	rm "$dir/copy"
	for file in "$dir"/textfile/*.prom; do
		assertTrue "$file is whole" "is_whole $file"
	done
}

# 3: findings, such as that Istio counts in milliseconds
is_whole() {
	promtool check metrics <"$1" >/dev/null 2>&1 || [ $? = 3 ]
}

test_full_disk_keeps_the_old_file() {
	mkdir "$dir/full"
	mount -t tmpfs -o size=64k tmpfs "$dir/full"
	bytes --textfile-dir "$dir/full"
	cp "$dir/full/meshtap_tcp_bytes.prom" "$dir/old.prom"
	head -c 100000 /dev/zero >"$dir/full/filler" 2>/dev/null
	bytes --textfile-dir "$dir/full" 2>"$dir/err"
	assertEquals "exit code on a full disk" 1 $?
	assertTrue "an error is said" "[ -s $dir/err ]"
	assertTrue "the old file stays whole" "cmp $dir/old.prom $dir/full/meshtap_tcp_bytes.prom"
	assertEquals "no temporary file stays" 2 "$(find "$dir/full" -type f | wc -l)"
	umount "$dir/full"
}

test_node_exporter_reads_it() {
	in_unit "$server" "$net" prometheus-node-exporter --web.listen-address=127.0.0.1:9100 --collector.disable-defaults \
		--collector.textfile --collector.textfile.directory="$dir/textfile" 2>"$dir/exporter.err" &
	wait_for in_net curl -sf -o "$dir/scrape" http://127.0.0.1:9100/metrics
	assertEquals "node_textfile_scrape_error 0" "$(grep '^node_textfile_scrape_error ' "$dir/scrape")"
	assertTrue "our series are there" "grep -q '^istio_tcp_sent_bytes_total{' $dir/scrape"
}

. shunit2
