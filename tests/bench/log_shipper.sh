#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What a record costs the log shipper, in each protocol, on one core. nginx is the receiver: it takes each request and forgets it. The
# lines have no escapes, as most have none. "make bench BENCH=log_shipper" prints the table. RECORDS: a multiple of 10,000.
# shellcheck disable=SC1091,SC2154,SC3043 # lib.sh sets variables; dash has local
set -eu
. "$(dirname "$0")/../live/lib.sh"
. "$(dirname "$0")/lib.sh"

rounds=$(quick 5 2)
records=${RECORDS:-$(quick 200000 50000)}
core=${BENCH_CORE:-$(($(nproc) - 1))}
port=$((20000 + $$ % 10000))
rounds_file=$tables/log_shipper.rounds
dir=$(mktemp -d)
nginx='' shipper=''

end() {
	[ -z "$shipper" ] || kill "$shipper" 2>/dev/null || true
	[ -z "$nginx" ] || kill "$nginx" 2>/dev/null || true
	wait
	rm -rf "$dir"
}
trap end EXIT
trap 'exit 130' INT TERM

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

# The age is that of the last batch alone: the others are full before.
configure() { # PROTOCOL PORT COMPRESSION
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
		batch_age = 1
	END
}

# The CPU time is what it took until the last line was delivered.
bench() { # PROTOCOL PORT COMPRESSION FORMAT
	local what="log-shipper: $1, compression $3, $4" size begin

	rm -rf "$dir/state"
	mkdir -p "$dir/state" "$dir/textfile"
	configure "$@"
	size=$(stat -c %s "$dir/access.log")
	begin=$(date +%s%N)
	taskset -c "$core" "$build/meshtap-log-shipper" -c "$dir/meshtap.ini" 2>"$dir/errors" &
	shipper=$!
	while [ "$(delivered)" != "$size" ]; do
		kill -0 "$shipper"
		! grep -v ready "$dir/errors" || exit 1
		sleep 0.02
	done
	round "$what" records/s "$(awk -v n="$records" -v ns=$(($(date +%s%N) - begin)) 'BEGIN { print n * 1e9 / ns }')"
	round "$what" "µs CPU" "$(awk -v n="$records" '{ print $1 / 1e3 / n }' "/proc/$shipper/schedstat")"
	round "$what" "MB, peak" "$(awk '/^VmHWM/ { print $2 / 1024 }' "/proc/$shipper/status")"
	kill "$shipper"
	wait "$shipper"
	shipper=''
}

mkdir -p "$tables"
: >"$rounds_file"
start_receiver
for format in text json; do
	make_log $format
	for _ in $(seq "$rounds"); do
		bench http/protobuf $port gzip $format
		bench http/protobuf $port none $format
		bench http/json $port gzip $format
		bench http/json $port none $format
		bench als/grpc $((port + 2)) none $format
	done
done
