#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What users of Prometheus and Grafana get: a real Prometheus scrapes a real node_exporter that reads the four .prom files, while
# a client talks to a proxy, the proxy to two applications, and the client to a TCP server. Then every query of our dashboard, our
# rules and Istio's dashboards is asked over Prometheus's API. Run as root.
# shellcheck disable=SC1091,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"

# A namespace of the test's own: the ports are its own too.
net=meshtap-dash-$$
client=meshtap-dash-client-$$.service
proxy=meshtap-dash-proxy-$$.service
app=meshtap-dash-app-$$.service
other=meshtap-dash-other-$$.service
tcp=meshtap-dash-tcp-$$.service
proxy_port=8080 app_port=8081 other_port=8082 tcp_port=7000
prometheus=http://127.0.0.1:9090
checks=$top/tests/live/dashboards
prometheus_pid='' exporter_pid=''
rounds=0

export PYTHONDONTWRITEBYTECODE=1

# nginx_conf NAME PORT LOCATIONS
nginx_conf() {
	cat >"$dir/$1.conf" <<-EOF
		daemon off; pid $dir/$1.pid; worker_processes 1; error_log $dir/$1.error;
		events { worker_connections 64; }
		http {
			log_format status '\$status';
			access_log $dir/$1.log status;
			client_body_temp_path $dir/$1-b; proxy_temp_path $dir/$1-p; fastcgi_temp_path $dir/$1-f;
			uwsgi_temp_path $dir/$1-u; scgi_temp_path $dir/$1-s;
			server { listen 127.0.0.1:$2; $3 }
		}
	EOF
}

answers() {
	here "$client" curl -sf -o /dev/null "$1"
}

# start_nginx UNIT NAME PORT LOCATIONS
start_nginx() {
	local unit="$1"

	shift
	nginx_conf "$@"
	here "$unit" nginx -c "$dir/$1.conf" -e "$dir/$1.error" &
}

# 444: nginx closes the connection without a response.
start_servers() {
	start_nginx "$app" app $app_port \
		'location /ok { return 200 "ok"; } location /broken { return 500; } location /closed { return 444; }'
	start_nginx "$other" other $other_port 'location / { return 200 "other"; }'
	start_nginx "$proxy" proxy $proxy_port "location / { proxy_pass http://127.0.0.1:$app_port; }
		location /other { proxy_pass http://127.0.0.1:$other_port; }"
	here "$tcp" python3 "$top/tests/live/tcp_traffic.py" server 127.0.0.1 $tcp_port >"$dir/tcp.out" 2>&1 &
	wait_for answers http://127.0.0.1:$proxy_port/ok || fail "nginx does not answer"
	wait_for grep -q ready "$dir/tcp.out" || fail "the TCP server does not listen"
}

# Services write on SIGUSR1 only, so that Prometheus never sees a file of half a round.
start_collectors() {
	printf '[meshtap]\nworkloads = %s\n' "$dir/workloads.ini" >"$dir/meshtap.ini"
	start_metrics
	start_log
	collector tcp-connections
	collector tcp-bytes
}

stop_collectors() {
	stop_services
	collector tcp-connections --unload
	collector tcp-bytes --unload
	rm -f "$dir"/textfile/*.prom
}

write_prometheus_conf() {
	cat >"$dir/prometheus.yml" <<-EOF
		global: { scrape_interval: 1s, evaluation_interval: 1s }
		rule_files: [$top/conf/prometheus/*.rules.yml]
		scrape_configs:
		  - job_name: node
		    static_configs: [targets: ["127.0.0.1:9100"]]
	EOF
}

# Debian's name of node_exporter, and its own
start_prometheus() {
	local exporter

	exporter=$(command -v prometheus-node-exporter || command -v node_exporter)
	write_prometheus_conf
	ip netns exec "$net" "$exporter" --collector.disable-defaults --collector.textfile \
		--collector.textfile.directory="$dir/textfile" --web.listen-address=127.0.0.1:9100 >"$dir/exporter.log" 2>&1 &
	exporter_pid=$!
	ip netns exec "$net" prometheus --config.file="$dir/prometheus.yml" --storage.tsdb.path="$dir/tsdb" \
		--web.listen-address=127.0.0.1:9090 >"$dir/prometheus.log" 2>&1 &
	prometheus_pid=$!
	wait_for holds "up == 1" || fail "Prometheus: $(tail -n 3 "$dir/prometheus.log")"
}

# ask EXPRESSION: its values, one a line
ask() {
	ip netns exec "$net" promtool query instant "$prometheus" "$1" | sed 's/.* => \([^ ]*\) @.*/\1/'
}

holds() {
	[ -n "$(ask "$1")" ]
}

# 29 requests for the first application, of which 1 has no response, and 1 for the other; a TCP connection of 10 exchanges; 10
# connections that are refused
traffic() {
	here "$client" curl -s -o /dev/null "http://127.0.0.1:$proxy_port/ok?[1-20]" -o /dev/null \
		"http://127.0.0.1:$proxy_port/missing?[1-5]" -o /dev/null \
		"http://127.0.0.1:$proxy_port/broken?[1-3]" -o /dev/null "http://127.0.0.1:$proxy_port/closed" \
		-o /dev/null "http://127.0.0.1:$proxy_port/other"
	here "$client" python3 "$top/tests/live/tcp_traffic.py" client 127.0.0.1 $tcp_port
	here "$client" sh -c 'for _ in 1 2 3 4 5 6 7 8 9 10; do nc -z 127.0.0.1 1; done'
	rounds=$((rounds + 1))
}

# Every request of the rounds so far has ended, at nginx. One more came from start_servers.
is_quiet() {
	has_lines "$dir/app.log" $((rounds * 29 + 1)) && has_lines "$dir/proxy.log" $((rounds * 30 + 1)) &&
		[ -z "$(ip netns exec "$net" ss -Htn state connected exclude time-wait \
			"( sport = :$proxy_port or sport = :$app_port or sport = :$other_port or sport = :$tcp_port )")" ]
}

# Ends when a scrape that began after all four files were written is stored.
round() {
	local written

	traffic
	wait_for is_quiet || fail "the traffic of round $rounds does not end"
	sample
	collector tcp-connections
	collector tcp-bytes
	written=$(date +%s.%N)
	wait_for holds "timestamp(up) >= $written" || fail "round $rounds is not scraped"
}

rules_are_evaluated() { # SINCE
	holds "timestamp(workload:istio_requests:rate5m) >= $1" && holds "timestamp(service:istio_requests:rate5m) >= $1"
}

# A rate needs two samples, and the first of a series is no increase; panels look back by 4 s (RATE_INTERVAL).
# start and end: what a dashboard would show.
some_rounds() {
	start=$(date +%s)
	while [ $(($(date +%s) - start)) -lt 8 ]; do
		round
	done
	wait_for rules_are_evaluated "$(date +%s.%N)" || fail "the rules are not evaluated"
	end=$(date +%s.%N)
}

oneTimeSetUp() {
	live_begin dashboards
	units_add "$client" "$proxy" "$app" "$other" "$tcp"
	netns_add "$net"
	start_servers
	start_prometheus
	: >"$dir/workloads.ini"
	start_collectors
	some_rounds
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	stop_collectors
	kill "$prometheus_pid" "$exporter_pid"
	wait "$prometheus_pid" "$exporter_pid" 2>/dev/null
	live_end
}

# checked CHECK ARGUMENT...: prints what it finds wrong; its last line "N asked" goes
checked() {
	local check="$1"

	shift
	ip netns exec "$net" python3 "$checks/$check" "$prometheus" "$start" "$end" "$@" >"$dir/checked" 2>&1
	tail -n 1 "$dir/checked" | grep -q '^[1-9][0-9]* asked$' || echo "$check did not end"
	sed '${/ asked$/d}' "$dir/checked"
}

test_files_pass_promtool() {
	for file in "$dir"/textfile/*.prom; do
		promtool check metrics <"$file" >"$dir/promtool" 2>&1
		# Istio's own name, whose unit promtool's linter does not like
		grep -v 'istio_request_duration_milliseconds use base unit "seconds"' "$dir/promtool" >"$dir/findings"
		assertEquals "$file" "" "$(cat "$dir/findings")"
	done
	assertEquals 4 "$(find "$dir/textfile" -name '*.prom' | wc -l)"
	assertEquals 0 "$(ask node_textfile_scrape_error)"
}

# app_logged STATUS: how often nginx says so; 444 is what it did not say
app_logged() {
	grep -c "^$1\$" "$dir/app.log"
}

# of_app REPORTER: matchers of the application's requests, as it and as the proxy see them
of_app() {
	if [ "$1" = source ]; then
		echo "reporter=\"source\", source_workload=\"$proxy\", destination_workload=\"$app\""
	else
		echo "reporter=\"destination\", source_workload=\"$proxy\", destination_workload=\"$app\""
	fi
}

# start_servers' one request came before the collectors.
test_counters_equal_nginx() {
	local reporter of

	for reporter in source destination; do
		of=$(of_app $reporter)
		assertEquals "all, $reporter" $(($(wc -l <"$dir/app.log") - 1)) "$(ask "sum(istio_requests_total{$of})")"
		assertEquals "200, $reporter" $(($(app_logged 200) - 1)) \
			"$(ask "sum(istio_requests_total{$of, response_code=\"200\"})")"
		assertEquals "404, $reporter" "$(app_logged 404)" "$(ask "sum(istio_requests_total{$of, response_code=\"404\"})")"
		assertEquals "500, $reporter" "$(app_logged 500)" "$(ask "sum(istio_requests_total{$of, response_code=\"500\"})")"
		assertEquals "no response, $reporter" "$(app_logged 444)" \
			"$(ask "sum(istio_requests_total{$of, response_code=\"0\", response_flags=\"UC\"})")"
		assertEquals "durations, $reporter" $((rounds * 29)) \
			"$(ask "sum(istio_request_duration_milliseconds_bucket{$of, le=\"+Inf\"})")"
	done
}

test_tcp_counters_are_what_was_sent() {
	local reporter

	for reporter in source destination; do
		of="reporter=\"$reporter\", source_workload=\"$client\", destination_workload=\"$tcp\""
		assertEquals "up, $reporter" $((rounds * 60)) "$(ask "sum(istio_tcp_received_bytes_total{$of})")"
		assertEquals "down, $reporter" $((rounds * 120)) "$(ask "sum(istio_tcp_sent_bytes_total{$of})")"
		assertEquals "opened, $reporter" "$rounds" "$(ask "sum(istio_tcp_connections_opened_total{$of})")"
	done
	assertEquals "refused" $((rounds * 10)) \
		"$(ask "sum(istio_tcp_connections_failed_total{reporter=\"source\", source_workload=\"$client\"})")"
}

# The rates of all rounds are alike, so their ratio is that of the counts: 3 x 500 and 1 without a response, of 29.
test_error_ratio_is_what_nginx_logged() {
	local expected reporter

	expected=$(awk -v bad="$(($(app_logged 500) + $(app_logged 444)))" -v all="$(($(wc -l <"$dir/app.log") - 1))" \
		'BEGIN { printf "%.6f", bad / all }')
	for reporter in source destination; do
		assertEquals "$reporter" "$expected" "$(ask "workload:istio_requests_errors:ratio_rate5m{
			destination_workload=\"$app\", reporter=\"$reporter\"}" | awk '{ printf "%.6f", $1 }')"
	done
}

# What our traffic does is ill enough for these; none of meshtap's own health is.
test_alerts() {
	assertEquals 2 "$(ask "count(ALERTS{alertname=\"MeshtapRequestErrorRatioHigh\", destination_workload=\"$app\"})")"
	assertEquals 1 "$(ask "count(ALERTS{alertname=\"MeshtapConnectFailuresHigh\", source_workload=\"$client\"})")"
	assertEquals "" "$(ask 'ALERTS{alertname=~"MeshtapSampleOld|MeshtapTextfileError|MeshtapSeriesOverflow"}')"
}

test_our_dashboard_and_rules() {
	assertEquals "" "$(checked check_ours.py "$top/conf/grafana/meshtap-host.json")"
}

# Without namespaces, "unknown" is the one that the workload dashboard offers: of peers. So both reporters are chosen.
test_istios_dashboards_on_day_one() {
	assertEquals "" "$(checked check_istio.py day_one "service=$app" "workload=$proxy" 'qrep=source|destination')"
}

# The other application has no principal: the workload dashboard asks for both kinds.
write_workloads() {
	cat >"$dir/workloads.ini" <<-EOF
		[local]
		namespace = shop
		[workload proxy]
		unit = $proxy
		[workload app]
		unit = $app
		principal = spiffe://cluster.local/ns/shop/sa/app
		[service app.shop.example]
		namespace = shop
		address = 127.0.0.1
		port = $app_port
	EOF
}

test_istios_dashboards_with_workloads_ini() {
	write_workloads
	stop_collectors
	start_collectors
	some_rounds
	assertEquals "" "$(checked check_istio.py workloads service=app.shop.example namespace=shop workload=proxy)"
}

. shunit2
