#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# log_shipper.sh [RECORDS]: what a record costs the log shipper, in each protocol, on one core. nginx is the receiver: it takes each
# request and forgets it. The lines have no escapes, as most have none. RECORDS: a multiple of 10,000; 500,000 without.
# shellcheck disable=SC1091,SC3043 # dash has local
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
records=${1:-500000}
port=$((20000 + $$ % 10000))
dir=$(mktemp -d)
nginx='' shipper=''

end() {
	[ -z "$shipper" ] || kill "$shipper" 2>/dev/null || true
	[ -z "$nginx" ] || kill "$nginx" 2>/dev/null || true
	wait
	rm -rf "$dir"
}
trap end EXIT

start_receiver() {
	cat >"$dir/nginx.conf" <<-END
		daemon off; pid $dir/nginx.pid; worker_processes 1; error_log $dir/error.log;
		events { worker_connections 64; }
		http {
			access_log off; keepalive_requests 1000000; client_max_body_size 16m; client_body_buffer_size 4m;
			client_body_temp_path $dir/body; proxy_temp_path $dir/p; fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u;
			scgi_temp_path $dir/s;
			server { listen 127.0.0.1:$port; location / { proxy_pass http://127.0.0.1:$((port + 1)); } }
			server { listen 127.0.0.1:$((port + 1)); location / { return 200; } }
			server {
				listen 127.0.0.1:$((port + 2)) http2; add_header grpc-status 0;
				location / { proxy_pass http://127.0.0.1:$((port + 1)); }
			}
		}
	END
	nginx -c "$dir/nginx.conf" -e "$dir/error.log" &
	nginx=$!
}

make_log() { # FORMAT
	/usr/bin/python3 "$top/tests/live/log_shipper/writer.py" "$dir/all" /dev/null 1 30000 "$1" >/dev/null
	grep -v '[\]' "$dir/all" | head -n 10000 >"$dir/block"
	for _ in $(seq $((records / 10000))); do
		cat "$dir/block"
	done >"$dir/access.log"
	rm "$dir/all" "$dir/block"
}

delivered() {
	sed -n 's/^offset //p' "$dir/state/cursor" 2>/dev/null || true
}

# bench PROTOCOL PORT COMPRESSION FORMAT
bench() {
	local size begin end ticks

	rm -rf "$dir/state"
	mkdir -p "$dir/state" "$dir/textfile"
	cat >"$dir/meshtap.ini" <<-END
		[meshtap]
		textfile_dir = $dir/textfile
		[access_log]
		log_file = $dir/access.log
		[log_shipper]
		endpoint = http://127.0.0.1:$2
		protocol = $1
		compression = $3
		state_dir = $dir/state
	END
	size=$(stat -c %s "$dir/access.log")
	begin=$(date +%s%N)
	taskset -c "${BENCH_CORE:-0}" "$top/build/meshtap-log-shipper" -c "$dir/meshtap.ini" 2>"$dir/errors" &
	shipper=$!
	while [ "$(delivered)" != "$size" ]; do
		kill -0 "$shipper"
		! grep -v ready "$dir/errors" || exit 1
		sleep 0.02
	done
	end=$(date +%s%N)
	ticks=$(awk '{ print $14 + $15 }' "/proc/$shipper/stat")
	awk -v p="$1 $3, $4" -v n="$records" -v ns=$((end - begin)) -v ticks="$ticks" -v hz="$(getconf CLK_TCK)" \
		-v rss="$(awk '/VmHWM/ { print $2 }' "/proc/$shipper/status")" \
		'BEGIN { printf "%-28s %8.0f records/s  %5.2f us CPU a record  %6d kB RSS\n", p, n * 1e9 / ns, ticks * 1e6 / hz / n, rss }'
	kill "$shipper"
	wait "$shipper"
	shipper=''
	grep -v ready "$dir/errors" || true
}

start_receiver
for format in text json; do
	make_log $format
	bench http/protobuf $port gzip $format
	bench http/protobuf $port none $format
	bench http/json $port gzip $format
	bench http/json $port none $format
	bench als/grpc $((port + 2)) none $format
done
