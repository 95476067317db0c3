#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A large download from real nginx: bytes to the byte, advancing while it lasts, whatever happens to the collectors:
# kill -9, a full disk. Then node_exporter scrapes what was written. Run as root.
# shellcheck disable=SC1091,SC2317,SC3043 # shunit2 is installed and calls the functions; dash has local
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
net=meshtap-download-$$
server=meshtap-test-download-$$.service
size=${MESHTAP_TEST_DOWNLOAD:-1073741824}
dir='' pins='' cgroup='' mounted='' nginx_pid=''

if [ "$(id -u)" != 0 ] || [ ! -e /sys/kernel/btf/vmlinux ]; then
	echo "SKIP: needs root and a kernel with BTF"
	exit 0
fi

wait_for() {
	local tries=400

	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

here() {
	ip netns exec "$net" "$@"
}

oneTimeSetUp() {
	dir=$(mktemp -d)
	chmod 755 "$dir"
	mkdir "$dir/www" "$dir/textfile"
	: >"$dir/meshtap.ini"
	mountpoint -q /sys/fs/bpf || { mount -t bpf bpf /sys/fs/bpf && mounted=1; }
	pins=/sys/fs/bpf/meshtap-test-download-$$
	cgroup=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
	mkdir "$cgroup/$server"
	ip netns add "$net"
	ip -n "$net" link set lo up
	truncate -s "$size" "$dir/www/file"
	cat >"$dir/nginx.conf" <<-EOF
		daemon off; pid $dir/nginx.pid; worker_processes 1; error_log $dir/error.log;
		events { worker_connections 64; }
		http { access_log $dir/nginx.log; sendfile on; client_body_temp_path $dir/b; proxy_temp_path $dir/p;
			fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
			server { listen 8080; root $dir/www; } }
	EOF
	bytes
	# shellcheck disable=SC2016
	sh -c 'echo $$ >"$1"; exec ip netns exec "$2" nginx -c "$3" -e "$4"' sh "$cgroup/$server/cgroup.procs" "$net" \
		"$dir/nginx.conf" "$dir/error.log" &
	nginx_pid=$!
	wait_for here curl -sfI -o /dev/null http://127.0.0.1:8080/file
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	kill "$nginx_pid"
	wait "$nginx_pid" 2>/dev/null
	"$top/build/meshtap-tcp-bytes" --pin-dir "$pins" --unload
	"$top/build/meshtap-http-requests" --pin-dir "$pins" --unload
	ip netns del "$net"
	wait_for rmdir "$cgroup/$server"
	[ -z "$mounted" ] || umount /sys/fs/bpf
	rm -rf "$dir"
	dir=''
}

bytes() {
	"$top/build/meshtap-tcp-bytes" -c "$dir/meshtap.ini" --pin-dir "$pins" --textfile-dir "$dir/textfile" "$@"
}

# sent REPORTER: by the test's server, since the collector is loaded
sent() {
	bytes
	grep '^istio_tcp_sent_bytes_total{' "$dir/textfile/meshtap_tcp_bytes.prom" | grep "reporter=\"$1\"" |
		grep "destination_workload=\"$server\"" | awk '{ n += $NF } END { printf "%d\n", n }'
}

sent_is() {
	[ "$(sent "$1")" = "$2" ]
}

test_bytes_advance_and_end_exact() {
	local source destination last now samples=0

	source=$(sent source) destination=$(sent destination)
	last=$destination
	here curl -s --limit-rate 400M -D "$dir/head" -o /dev/null http://127.0.0.1:8080/file &
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
	"$top/build/meshtap-http-requests" -c "$dir/meshtap.ini" --pin-dir "$pins" --textfile-dir "$dir/textfile" \
		--interval 1 2>"$dir/err" &
	local collector=$! curl

	wait_for grep -q ready "$dir/err"
	here curl -s --limit-rate 400M -o "$dir/copy" http://127.0.0.1:8080/file &
	curl=$!
	wait_for test -s "$dir/copy"
	kill -9 "$collector"
	wait "$collector" 2>/dev/null
	wait "$curl"
	assertEquals "curl's exit code" 0 $?
	assertEquals "$size" "$(wc -c <"$dir/copy")"
	rm "$dir/copy"
	for file in "$dir"/textfile/*.prom; do
		assertTrue "$file is whole" "promtool check metrics <$file >/dev/null"
	done
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
	here prometheus-node-exporter --web.listen-address=127.0.0.1:9100 --collector.disable-defaults \
		--collector.textfile --collector.textfile.directory="$dir/textfile" 2>"$dir/exporter.err" &
	local exporter=$!

	wait_for here curl -sf -o "$dir/scrape" http://127.0.0.1:9100/metrics
	assertEquals "node_textfile_scrape_error 0" "$(grep '^node_textfile_scrape_error ' "$dir/scrape")"
	assertTrue "our series are there" "grep -q '^istio_tcp_sent_bytes_total{' $dir/scrape"
	kill "$exporter"
	wait "$exporter" 2>/dev/null
	return 0
}

. shunit2
