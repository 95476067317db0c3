#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Server names of TLS connections in the access log, however their ClientHello comes, and their bytes, which the clients
# count themselves. Run as root.
# shellcheck disable=SC1091,SC2154,SC2317,SC3043 # lib.sh sets variables; shunit2 calls the functions; dash has local
set -u
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_log.sh"

net=meshtap-tls-$$ link=meshtap-link-$$ far=meshtap-far-$$
server=meshtap-test-server-$$.service
client=meshtap-test-client-$$.service
port=$((20000 + $$ % 2000 * 5)) # the log is of the whole host: only our own lines have it and the next four
nginx=$((port + 1))

peer() { # OPTION...: clients
	here "$client" python3 "$log_helpers/tls_peer.py" client 127.0.0.1 $port "$@" >>"$dir/truth" || fail "client $*"
}

oneTimeSetUp() {
	live_begin tls
	units_add "$server" "$client"
	netns_add "$net"
	start_named_log text <<-EOT
		text_format = %REPORTER% %DOWNSTREAM_REMOTE_PORT% %REQUESTED_SERVER_NAME% %BYTES_RECEIVED% %BYTES_SENT%
		  to=:%DOWNSTREAM_LOCAL_PORT% %PROTOCOL%
	EOT
	here "$server" python3 "$log_helpers/tls_peer.py" server 127.0.0.1 $port >/dev/null 2>&1 &
	wait_for listens "$net" $port
}

oneTimeTearDown() {
	[ -n "$dir" ] || return 0
	unload_named_logs
	live_end
}

setUp() {
	: >"$dir/truth"
	: >"$dir/text.log"
	sync_logs
	log_total text missing_server_names_total >"$dir/missing.before"
}

# missed: names that were counted as missing
missed() {
	echo $(($(log_total text missing_server_names_total) - $(cat "$dir/missing.before")))
}

# own_reports: what the log says of our connections, as REPORTER PORT NAME BYTES BYTES
own_reports() {
	sed -nE "s/ to=:$port -\$//p" "$dir/text.log" | sort
}

# assert_truth CONNECTIONS: both reporters say what the clients do
assert_truth() {
	wait_for no_connection "$net" $port
	sync_logs
	assertEquals "connections" "$1" "$(wc -l <"$dir/truth")"
	awk '{ print "source", $0; print "destination", $0 }' "$dir/truth" | sort >"$dir/expected"
	own_reports >"$dir/actual"
	assertEquals "lines" "" "$(diff "$dir/expected" "$dir/actual" | head -10)"
}

test_one_segment() {
	peer --sni one.example --tls 1.3
	peer --sni two.example --tls 1.2 --send 100000 --receive 1000000
	peer --tls 1.3
	peer --tls 1.2
	peer --sni Upper.Example
	sed -i s/Upper.Example/upper.example/ "$dir/truth" # RFC 6066 section 3: case does not matter
	assert_truth 5
	assertEquals "names" 3 "$(grep -c example "$dir/truth")"
	assertEquals "missing" 0 "$(missed)"
}

test_many_segments() {
	peer --sni bytes.example --tls 1.3 --pieces 1
	peer --sni bytes-old.example --tls 1.2 --pieces 1
	peer --sni fifty.example --pieces 50
	peer --sni uneven.example --pieces 1,2,3,100,1
	peer --sni header.example --pieces 5,1000
	peer --pieces 7
	assert_truth 6
	assertEquals "missing" 0 "$(missed)"
}

test_many_records() {
	peer --sni records.example --record 16
	peer --sni records-old.example --record 1 --tls 1.2
	peer --sni both.example --record 11 --pieces 13
	peer --sni "$(head -c 60 /dev/zero | tr '\0' a).$(head -c 60 /dev/zero | tr '\0' b).$(head -c 60 /dev/zero | tr '\0' c).example"
	assert_truth 4
	assertEquals "missing" 0 "$(missed)"
}

# 200 connections that are open at the same time, each with a name of its own
test_at_once() {
	here "$client" python3 "$log_helpers/tls_many.py" 127.0.0.1 $port 200 65536 >"$dir/truth"
	assert_truth 200
	assertEquals "different names" 200 "$(cut -d ' ' -f 2 "$dir/truth" | sort -u | wc -l)"
	assertEquals "missing" 0 "$(missed)"
}

# assert_truth_or_missing CONNECTIONS MOST: at most MOST names are missing, which are counted; all else is as the clients say
assert_truth_or_missing() {
	local names

	sync_logs
	assertEquals "connections" "$1" "$(wc -l <"$dir/truth")"
	awk '{ print "source", $0; print "destination", $0 }' "$dir/truth" | sort >"$dir/expected"
	own_reports >"$dir/actual"
	names=$(awk 'NR == FNR { name[$1, $2] = $3; next } $3 != name[$1, $2]' "$dir/expected" "$dir/actual" | wc -l)
	assertEquals "names that are missing" "$names" "$(missed)"
	assert_between "names that are missing" 0 "$2" "$names"
	awk 'NR == FNR { name[$1, $2] = $3; next } $3 == "-" { $3 = name[$1, $2] } { print }' "$dir/expected" "$dir/actual" >"$dir/filled"
	assertEquals "lines" "" "$(diff "$dir/expected" "$dir/filled" | head -10)"
}

# The pieces of all hellos come by turns.
test_at_once_in_pieces() {
	here "$client" python3 "$log_helpers/tls_many.py" 127.0.0.1 $port 200 100 >"$dir/truth"
	wait_for no_connection "$net" $port
	assert_truth 200
}

# restart_while_open SIGNAL: the connections live on, and their names are known at their close
restart_while_open() {
	: >"$dir/go"
	here "$client" python3 "$log_helpers/tls_many.py" 127.0.0.1 $port 3 65536 "$dir/go" >"$dir/truth" &
	local peers=$!

	wait_for test -s "$dir/go" || fail "clients"
	sync_logs # the hellos have been read
	end_named_log text "$1"
	rm "$dir/go"
	wait "$peers"
	: >"$dir/text.err"
	run_named_log text
	assert_truth 3
}

test_restart() {
	restart_while_open TERM
}

test_restart_after_kill() {
	restart_while_open KILL
}

test_lossy_link() {
	make_bad_link "$net" "$link" "$far" 10.95.0
	in_unit "$server" "$far" python3 "$log_helpers/tls_peer.py" server 10.95.0.2 $port >/dev/null 2>&1 &
	wait_for listens "$far" $port
	impair_link "$link" --seed 7 --drop 3 --reorder 10 --duplicate 2
	for n in 1 2 3 4 5 6 7 8; do
		here "$client" python3 "$log_helpers/tls_peer.py" client 10.95.0.2 $port --sni lossy-$n.example --pieces 40 --count 2 \
			--receive 100000 >>"$dir/truth" || fail "client $n"
	done
	wait_for no_connection "$net" $port
	wait_for no_connection "$far" $port
	kill "$impair_pid"
	assert_truth_or_missing 16 8
}

test_nginx_and_curl() {
	openssl req -x509 -nodes -newkey rsa:2048 -subj /CN=test -days 2 -keyout "$dir/key" -out "$dir/certificate" 2>/dev/null
	cat >"$dir/nginx.conf" <<-EOT
		daemon off; pid $dir/nginx.pid; worker_processes 1; error_log $dir/error.log;
		events { worker_connections 64; }
		http {
			log_format exact '\$remote_port \$ssl_server_name'; access_log $dir/nginx.log exact;
			client_body_temp_path $dir/body; proxy_temp_path $dir/p; fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u;
			scgi_temp_path $dir/s; ssl_certificate $dir/certificate; ssl_certificate_key $dir/key;
			server { listen $nginx ssl; return 200 "hello"; }
		}
	EOT
	here "$server" nginx -c "$dir/nginx.conf" -e "$dir/error.log" &
	wait_for listens "$net" $nginx
	for name in www.nginx.example other.nginx.example; do
		here "$client" curl -sk -o /dev/null --connect-to "$name:443:127.0.0.1:$nginx" "https://$name/" || fail "curl $name"
	done
	here "$client" curl -sk -o /dev/null https://127.0.0.1:$nginx/ # an address is no name
	wait_for no_connection "$net" $nginx
	sync_logs
	awk '{ print "source", $1, $2; print "destination", $1, $2 }' "$dir/nginx.log" | sort >"$dir/expected"
	sed -nE "s/ [0-9]+ [0-9]+ to=:$nginx -\$//p" "$dir/text.log" | sort >"$dir/actual"
	assertEquals "requests" 3 "$(wc -l <"$dir/nginx.log")"
	assertEquals "lines" "" "$(diff "$dir/expected" "$dir/actual")"
}

. shunit2
