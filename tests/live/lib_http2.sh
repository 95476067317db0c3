#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# HTTP/2 traffic, what servers and clients know of it, and whether metrics and log say the same; sourced after lib.sh and
# lib_log.sh by tests that set net, server, client (units) and port.
#
# Everyone's lines have one form, so that sorted they can be compared as they are:
#   FLAGS HTTP/2 METHOD PATH STATUS RECEIVED SENT "USER-AGENT" "AUTHORITY" "X-TURN"
# The access log's begin with the reporter and the server's address besides.
# shellcheck disable=SC2034,SC2154,SC3043 # variables of the tests; dash has local

http2_helpers=$top/tests/live/http2
export PYTHONDONTWRITEBYTECODE=1

# At full speed client and server take every CPU: the rings hold what comes while a collector waits for one.
start_collectors() {
	printf '[http_requests]\nring_bytes = 64M\n' >"$dir/meshtap.ini"
	start_metrics
	start_lines
}

start_lines() {
	start_named_log lines <<-EOT
		ring_bytes = 64M
		text_format = %REPORTER% %UPSTREAM_HOST% %RESPONSE_FLAGS% %PROTOCOL% %REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE%
		  %BYTES_RECEIVED% %BYTES_SENT% "%REQ(USER-AGENT)%" "%REQ(:AUTHORITY)%" "%REQ(X-TURN)%"
	EOT
	: >>"$dir/lines.log"
}

stop_collectors() {
	unload_named_logs
	kill "$metrics_pid"
	wait "$metrics_pid" 2>/dev/null
	collector http-requests --unload
}

# synced: metrics and log say what is true now
synced() {
	sample
	sync_logs lines
}

# of_the_log METRIC [LABEL=VALUE]...: its rise since forget_lines
of_the_log() {
	echo $(($(log_total lines "$@") - $(total "meshtap_access_log_$1" <"$dir/lines/before")))
}

# Forgets what was counted and logged so far.
forget_lines() {
	wait_for no_connection "$net" "$port"
	mark
	sync_logs lines
	cp "$dir/lines/meshtap_access_log.prom" "$dir/lines/before"
	: >"$dir/lines.log"
	: >"$dir/server.log"
}

# write_h2_files: what the servers serve
write_h2_files() {
	mkdir "$dir/www" "$dir/www/f" "$dir/put"
	chmod 777 "$dir/put" # nginx's workers are not root
	head -c 1000 /dev/urandom >"$dir/www/f/small"
	head -c 20000 /dev/urandom >"$dir/www/f/medium"
	head -c 1000000 /dev/urandom >"$dir/www/f/large"
}

# write_nginx_h2_conf PORT: of a server of HTTP/2 by prior knowledge; bytes.log has what it sent of each request
write_nginx_h2_conf() {
	local status

	cat <<-EOT
		daemon off; pid $dir/nginx.pid; worker_processes 2; error_log $dir/error.log;
		worker_rlimit_nofile 4096;
		events { worker_connections 2048; }
		http {
			map \$http_content_length \$received { '' 0; default \$http_content_length; }
			log_format lines '- HTTP/2 \$request_method \$request_uri \$status \$received \$body_bytes_sent '
				'"\$http_user_agent" "\$host" "\$http_x_turn"';
			log_format bytes '\$bytes_sent';
			access_log $dir/server.log lines; access_log $dir/bytes.log bytes;
			keepalive_requests 1000000000; http2_max_concurrent_streams 256; client_max_body_size 100m;
			client_body_temp_path $dir/b; proxy_temp_path $dir/p; fastcgi_temp_path $dir/f;
			uwsgi_temp_path $dir/u; scgi_temp_path $dir/s; default_type text/plain;
			server {
				listen $1 http2; root $dir/www; if_modified_since before;
				location /put/ { alias $dir/put/; dav_methods PUT; }
	EOT
	for status in 200 204 302 304 404 500 503; do
		echo "location = /s/$status { return $status $([ $status != 302 ] || echo http://elsewhere/); }"
	done
	echo '} }'
}

# start_nginx_h2 PORT
start_nginx_h2() {
	write_nginx_h2_conf "$1" >"$dir/nginx.conf"
	here "$server" nginx -c "$dir/nginx.conf" -e "$dir/error.log" &
	wait_for listens "$net" "$1"
}

# h2load_to N CLIENTS STREAMS PATHS_FILE [OPTION]...: what it says is in $dir/h2load
h2load_to() {
	local n="$1" clients="$2" streams="$3" paths="$4"

	shift 4
	sed "s|^|http://127.0.0.1:$port|" "$paths" >"$dir/uris"
	here "$client" h2load -n "$n" -c "$clients" -m "$streams" -i "$dir/uris" "$@" >"$dir/h2load" 2>&1
}

# h2load_said CLASS: how many answers it had of 2xx, 3xx, 4xx or 5xx
h2load_said() {
	sed -nE "s/^status codes:.* ([0-9]+) $1.*/\\1/p" "$dir/h2load"
}

# h2load_done: how many were answered, with any status
h2load_done() {
	sed -nE 's/^requests:.* ([0-9]+) done,.*/\1/p' "$dir/h2load"
}

# lines_of_class FILE DIGIT
lines_of_class() {
	awk -v digit="$2" 'substr($5, 1, 1) == digit' "$1" | wc -l
}

# assert_h2load_equals FILE: two truths that know nothing of each other
assert_h2load_equals() {
	local digit

	for digit in 2 3 4 5; do
		assertEquals "${digit}xx of h2load, and of the server's log" "$(h2load_said "${digit}xx")" \
			"$(lines_of_class "$1" $digit)"
	done
}

# assert_same WHAT EXPECTED ACTUAL: files of lines, in any order
assert_same() {
	local differences

	LC_ALL=C sort "$2" >"$2.sorted"
	LC_ALL=C sort "$3" >"$3.sorted"
	differences=$(LC_ALL=C comm -3 "$2.sorted" "$3.sorted" | wc -l)
	assertEquals "$1: $(wc -l <"$2") lines expected, $(wc -l <"$3") actual; that differ (< expected, > actual):
$(diff "$2.sorted" "$3.sorted" | grep '^[<>]' | cut -c 1-160 | head -n 6)
" 0 "$differences"
}

# lines_of REPORTER PORT: our lines of a server, in everyone's form
lines_of() {
	sed -n "s/^$1 [^ ]*:$2 //p" "$dir/lines.log"
}

# assert_lines_equal TRUTH PORT: the log's lines of both reporters
assert_lines_equal() {
	local reporter

	for reporter in source destination; do
		lines_of $reporter "$2" >"$dir/lines.$reporter"
		assert_same "lines of port $2, $reporter" "$1" "$dir/lines.$reporter"
	done
}

# of_both METRIC CLIENT SERVER [LABEL=VALUE]...: its rise, "of source, of destination"
of_both() {
	local metric="$1" from="$2" to="$3"

	shift 3
	echo "$(rise "$metric" reporter=source source_workload="$from" "$@") $(rise "$metric" reporter=destination \
		destination_workload="$to" "$@")"
}

# assert_requests_equal TRUTH CLIENT SERVER: of both reporters, in all and by status
assert_requests_equal() {
	local n status

	n=$(wc -l <"$1")
	assertEquals "requests from $2 to $3 (source destination)" "$n $n" "$(of_both istio_requests_total "$2" "$3" \
		request_protocol=http)"
	awk '{ n[$5]++ } END { for (status in n) print status, n[status] }' "$1" >"$1.statuses"
	while read -r status n; do
		assertEquals "requests with status $status (source destination)" "$n $n" "$(of_both istio_requests_total \
			"$2" "$3" response_code="$status")"
	done <"$1.statuses"
}

# assert_bytes_equal METRIC SUM CLIENT SERVER: of a histogram
assert_bytes_equal() {
	assertEquals "$1 (source destination)" "$2 $2" "$(of_both "${1}_sum" "$3" "$4")"
}

# assert_nothing_declared: what should have been exact was
assert_nothing_declared() {
	local metric

	for metric in inexact_messages_total untracked_connections_total series_overflow_total h2_unresolved_fields_total; do
		assertEquals "meshtap_http_requests_$metric $(inexact_of "$dir/textfile/meshtap_http_requests.prom")" 0 \
			"$(rise meshtap_http_requests_$metric)"
	done
	for metric in inexact_messages_total untracked_connections_total dropped_records_total dropped_lines_total \
		damaged_heads_total h2_unresolved_fields_total; do
		assertEquals "meshtap_access_log_$metric $(inexact_of "$dir/lines/meshtap_access_log.prom")" 0 \
			"$(of_the_log $metric)"
	done
}

# inexact_of FILE: what is declared there since the collector started
inexact_of() {
	sed -nE 's/^.*_inexact_messages_total\{reason="([a-z]+)"\} ([1-9].*)/\1 \2/p' "$1" | tr '\n' ' '
}

# join_lines TRUTH [SINCE [WHOLE]]: see join.py
join_lines() {
	python3 "$http2_helpers/join.py" "$1" "$dir/lines.log" "$port" "${2:-0}" "${3:-0}" >"$dir/joined"
}

# joined WHAT: lines, wrong, incomplete or missing, of both reporters together
joined() {
	awk -v what="$1" '$1 != "wrong:" { for (i = 2; i < NF; i++) if ($i == what) n += $(i + 1) } END { print n + 0 }' "$dir/joined"
}

assert_no_wrong_line() {
	assertEquals "wrong lines: $(grep '^wrong:' "$dir/joined" | head -n 5)" 0 "$(joined wrong)"
}

# made_by CLIENT SERVER: what is counted of it, of both reporters together
made_by() {
	local both

	both=$(of_both istio_requests_total "$1" "$2")
	echo $((${both% *} + ${both#* }))
}
