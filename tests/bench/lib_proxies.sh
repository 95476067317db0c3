#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Sidecars to compare with: each passes requests on to nginx over connections that it keeps, and logs them as it does by
# default; sourced after lib.sh. A worker or thread each, as nginx has.
# shellcheck disable=SC2154 # lib.sh's

proxy=meshtap-bench-proxy-$$.service
haproxy_port=$((port + 11))
nginx_proxy_port=$((port + 12))

write_haproxy_conf() {
	cat <<-END
		global
			nbthread 1
			log stdout format raw local0
		defaults
			mode http
			log global
			option httplog
			timeout connect 5s
			timeout client 60s
			timeout server 60s
			http-reuse always
		frontend sidecar
			bind 127.0.0.1:$haproxy_port
			default_backend nginx
		backend nginx
			server nginx 127.0.0.1:$proxied_port
	END
}

write_nginx_proxy_conf() {
	cat <<-END
		daemon off; pid $dir/proxy.pid; worker_processes 1; error_log $dir/error.log;
		events { worker_connections 1024; }
		http {
			access_log $dir/nginx_proxy.log; keepalive_requests 1000000000; client_body_temp_path $dir/pb;
			proxy_temp_path $dir/pp; fastcgi_temp_path $dir/pf; uwsgi_temp_path $dir/pu; scgi_temp_path $dir/ps;
			upstream nginx { server 127.0.0.1:$proxied_port; keepalive 64; keepalive_requests 1000000000; }
			server {
				listen $nginx_proxy_port;
				location / { proxy_pass http://nginx; proxy_http_version 1.1; proxy_set_header Connection ""; }
			}
		}
	END
}

on_proxy() {
	in_unit "$proxy" "$net" "$@"
}

# start_proxies: idle, they cost nothing
start_proxies() {
	units_add "$proxy"
	write_haproxy_conf >"$dir/haproxy.conf"
	on_proxy haproxy -f "$dir/haproxy.conf" >>"$dir/haproxy.log" 2>"$dir/haproxy.err" &
	write_nginx_proxy_conf >"$dir/nginx_proxy.conf"
	on_proxy nginx -c "$dir/nginx_proxy.conf" -e "$dir/error.log" &
	wait_for on_client nc -z 127.0.0.1 "$haproxy_port" || die "haproxy: $(cat "$dir/haproxy.err")"
	wait_for on_client nc -z 127.0.0.1 "$nginx_proxy_port" || die "nginx as a proxy: $(cat "$dir/error.log")"
}
