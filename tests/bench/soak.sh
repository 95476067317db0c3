#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# soak.sh SECONDS: moderate mixed load for so long; prints each minute the memory of the services and of all maps, which must be
# flat after the first minutes. Exits with 1 when it is not. Run as root, by "make soak SECONDS=3600".
# shellcheck disable=SC1091,SC2034,SC2154,SC3043 # lib.sh sets variables; dash has local
set -eu
. "$(dirname "$0")/../live/lib.sh"
. "$(dirname "$0")/lib_scale.sh"

minutes=$((${1:?seconds} / 60))
settled=5 # minutes, after which nothing may grow
slack_kib=512
port=7080
load=$top/tests/live/load
requests=$top/tests/live/requests/requests.py

start_nginx() {
	mkdir -p "$dir/www/f" "$dir/tmp"
	gcc -std=c11 -D_GNU_SOURCE -O2 "$load"/*.c -o "$dir/mixed_load"
	"$dir/mixed_load" --make-files "$dir/www/f"
	sed "s|@DIR@|$dir|g; s|@PORT@|$port|g; s|@WORKERS@|1|g" "$load/nginx.conf.in" |
		sed "0,/listen [^;]*;/s||& listen 127.0.0.1:$((port + 1)) http2;|" >"$dir/nginx.conf"
	in_unit "$server" "$net" nginx -c "$dir/nginx.conf" -e "$dir/error.log" &
	wait_for ip netns exec "$net" nc -z 127.0.0.1 $port
}

# one_minute: framings of all kinds, HTTP/2, and connections that come and go
one_minute() {
	local one two

	in_unit "$client" "$net" "$dir/mixed_load" --address 127.0.0.1 --port $port --requests 60000 --connections 16 --pipeline 4 \
		--seed "$1" --rate 1000 --timeout 20 --log "$dir/client.log" >/dev/null &
	one=$!
	in_unit "$client" "$net" h2load -c 8 -m 4 --rps 100 -D 55 "http://127.0.0.1:$((port + 1))/empty" >/dev/null &
	two=$!
	run_crowd "$client" churn 10000 2
	wait $one $two
	empty_unit "$client"
}

# memory: KiB of the services' RSS and of all maps
memory() {
	local name maps=0

	for name in $names; do
		maps=$((maps + $(maps_of "$name") / 1024))
	done
	echo "$(rss "$metrics_pid") $(rss "$log_pid") $maps"
}

# forget_logs: nothing that is written grows
forget_logs() {
	mv "$dir/access.log" "$dir/access.log.old"
	kill -HUP "$log_pid"
	wait_for test -e "$dir/access.log"
	rm "$dir/access.log.old"
	: >"$dir/nginx.log"
}

# is_flat: of $dir/memory, from the minute on when all had settled
is_flat() {
	awk -v from=$settled -v slack=$slack_kib '
		NR < from { next }
		NR == from { split($0, first) }
		{ for (i = 2; i <= 4; i++) if ($i > first[i] + slack) { print "# grows: " $0; bad = 1 } }
		END { exit bad }' "$dir/memory"
}

scale_begin
configure 65536
start_all
run_crowd "$server" serve 2 close
start_nginx
printf 'minute\thttp-requests RSS\taccess-log RSS\tmaps, KiB\n'
for minute in $(seq "$minutes"); do
	one_minute "$minute"
	sample_all
	echo "$minute $(memory)" | tee -a "$dir/memory"
	forget_logs
done
is_flat
