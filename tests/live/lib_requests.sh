#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Mixed requests to a server, and whether log and counters say about them what client and server know; sourced after
# lib.sh by tests that set requests, seed, server and client (units).
# shellcheck disable=SC2034,SC2154,SC3043 # variables of the tests; dash has local

helpers=$top/tests/live/requests
counted_inexact='' logged_inexact=''

# What the servers serve: files, and a page that nginx sends chunked
write_www() {
	mkdir "$dir/www" "$dir/put"
	chmod 777 "$dir/put" # nginx's workers are not root
	head -c 1000 /dev/urandom >"$dir/www/small"
	head -c 20000 /dev/urandom >"$dir/www/medium"
	head -c 400000 /dev/urandom >"$dir/www/large"
	for n in 1 2 3 4; do
		head -c "${n}0000" /dev/urandom | base64 >"$dir/www/part$n"
		echo "<!--# include virtual=\"/part$n\" -->"
	done >"$dir/www/page"
}

# nginx_conf SERVER...: prints it; one server for each argument, its directives
nginx_conf() {
	cat <<-EOF
		daemon off; pid $dir/nginx.pid; worker_processes 2; error_log $dir/error.log;
		events { worker_connections 1024; }
		http {
			log_format joined '\$http_x_request_id \$request_method \$request_uri \$status';
			access_log $dir/server.log joined; client_max_body_size 100m; keepalive_requests 1000000;
			lingering_timeout 60s; lingering_time 600s; # a lossy link takes its time over a body that is discarded
			client_body_temp_path $dir/b; proxy_temp_path $dir/p; fastcgi_temp_path $dir/f;
			uwsgi_temp_path $dir/u; scgi_temp_path $dir/s; default_type text/plain;
	EOF
	for directives; do
		cat <<-EOF
			server {
				$directives
				root $dir/www; if_modified_since before; large_client_header_buffers 4 16k;
				location /empty { return 204; }
				location /missing { return 404 "no\n"; }
				location /echo { return 200 "got it"; }
				location /chunked/ { ssi on; ssi_types *; alias $dir/www/; }
				location /put/ { alias $dir/put/; dav_methods PUT; }
			}
		EOF
	done
	echo '}'
}

# Forgets what was logged and counted so far.
forget() {
	wait_for all_closed
	mark
	: >"$dir/server.log"
	: >"$dir/access.log"
}

all_closed() {
	[ -z "$(ip netns exec "$server_netns" ss -Htn state connected exclude time-wait)" ]
}

# of_truth FIELD: its sum over all requests
of_truth() {
	awk -F '\t' -v field="$1" '{ sum += $field } END { printf "%.0f\n", sum }' "$dir/truth"
}

# assert_counters DECLARED: what the metrics miss is declared, so without that they are equal
assert_counters() {
	local side

	assertEquals "requests counted and declared" $((requests * 2)) $(($(rise istio_requests_total \
		reporter=source source_workload="$client") + $(rise istio_requests_total reporter=destination \
		destination_workload="$server") + $1))
	[ "$1" = 0 ] || return 0
	for side in "source source_workload=$client" "destination destination_workload=$server"; do
		assertEquals "request bytes, $side" "$(of_truth 7)" \
			"$(rise istio_request_bytes_sum reporter="${side% *}" "${side#* }")"
		assertEquals "response bytes, $side" "$(of_truth 8)" \
			"$(rise istio_response_bytes_sum reporter="${side% *}" "${side#* }")"
	done
}

# assert_lines PORT SERVER_LOG
assert_lines() {
	python3 "$helpers/compare.py" "$dir/truth" "$2" "$dir/access.log" "$1" >"$dir/compared" 2>&1
	assertEquals "lines: $(head -20 "$dir/compared")" "wrong 0 missing $logged_inexact" "$(tail -n 1 "$dir/compared")"
}

# requests_to ADDRESS PORT KINDS [SERVER_LOG]: counted and logged as they were, or declared
requests_to() {
	forget
	in_unit "$client" "$client_netns" python3 "$helpers/requests.py" "$1" "$2" "$3" "$requests" 32 "$seed" \
		>"$dir/truth" || fail "client"
	assert_truth "$2" "${4:--}"
}

# assert_truth PORT SERVER_LOG
assert_truth() {
	assertEquals "requests made" "$requests" "$(wc -l <"$dir/truth")"
	wait_for all_closed
	barrier "$client_netns"
	sample
	counted_inexact=$(rise meshtap_http_requests_inexact_messages_total)
	logged_inexact=$(rise meshtap_access_log_inexact_messages_total)
	assert_counters "$counted_inexact"
	assert_lines "$1" "$2"
}

# Of 10,000 requests and reporters one.
assert_hardly_any_inexact() {
	assertTrue "$counted_inexact not counted: $(inexact_reasons http_requests)" \
		"[ $((counted_inexact * 10000)) -le $((requests * 2)) ]"
	assertTrue "$logged_inexact not logged: $(inexact_reasons access_log)$(head -n 12 "$dir/compared")" \
		"[ $((logged_inexact * 10000)) -le $((requests * 2)) ]"
}

# inexact_reasons COLLECTOR: since it started
inexact_reasons() {
	sed -nE 's/^.*_inexact_messages_total\{reason="([a-z]+)"\} ([1-9].*)/\1 \2/p' "$dir/textfile/meshtap_$1.prom" | tr '\n' ' '
}
