#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Several access logs of the same traffic: collectors with configurations and pins of their own; sourced after lib.sh.
# Each has a name: NAME.log is its log, NAME.err what it says, NAME/ its metrics.
# shellcheck disable=SC2034,SC2154,SC3043 # variables of the tests; dash has local

log_helpers=$top/tests/live/log
logs='' impair_pid=''

# start_named_log NAME: with the lines of the section [access_log] on standard input
start_named_log() {
	{ echo '[access_log]' && cat; } >"$dir/$1.ini"
	mkdir "$dir/$1"
	logs="$logs $1"
	run_named_log "$1"
}

run_named_log() {
	rm -f "$dir/$1.err" # "ready" of a process before
	become_collector access-log -c "$dir/$1.ini" --pin-dir "$pins-$1" --textfile-dir "$dir/$1" --interval 3600 \
		--log-file "$dir/$1.log" >"$dir/$1.err" 2>&1 </dev/null &
	echo $! >"$dir/$1.pid"
	wait_for grep -q ready "$dir/$1.err" || fail "$1: $(cat "$dir/$1.err")"
}

# end_named_log NAME [SIGNAL]: its pins stay
end_named_log() {
	kill "-${2:-TERM}" "$(cat "$dir/$1.pid")"
	wait "$(cat "$dir/$1.pid")" 2>/dev/null
}

unload_named_logs() {
	local name

	for name in $logs; do
		end_named_log "$name"
		collector access-log --pin-dir "$pins-$name" --unload
	done
}

# sync_logs [NAME...]: what the kernel has sent is in the log, and the metrics say what is true now. A collector empties
# its ring, and writes, before it answers.
sync_logs() {
	local name

	# shellcheck disable=SC2048 # names
	for name in ${*:-$logs}; do
		rm -f "$dir/$name/meshtap_access_log.prom"
		kill -USR1 "$(cat "$dir/$name.pid")"
		wait_for test -e "$dir/$name/meshtap_access_log.prom" || fail "$name does not answer: $(cat "$dir/$name.err")"
	done
}

# log_total NAME METRIC [LABEL=VALUE]...: meshtap_access_log_METRIC when it was synced
log_total() {
	local name="$1" metric="$2"

	shift 2
	total "meshtap_access_log_$metric" "$@" <"$dir/$name/meshtap_access_log.prom"
}

# own_lines NAME PORT...: of the host's log those that name one of these ports
own_lines() {
	local name="$1"

	shift
	grep -E ":($(echo "$@" | tr ' ' '|'))([\" ]|\$)" "$dir/$name.log"
}

# value_of KEY <LINE: of a line that has KEY="VALUE"
value_of() {
	sed -nE "s/^(.* )?$1=\"([^\"]*)\".*/\\2/p"
}

# no_connection NETNS PORT: none that is open or closing; then their lines have been sent
no_connection() {
	[ -z "$(ip netns exec "$1" ss -Htn state connected exclude time-wait "( sport = :$2 or dport = :$2 )")" ]
}

# listens NETNS PORT
listens() {
	ip netns exec "$1" ss -Hltn "sport = :$2" | grep -q .
}

# assert_between WHAT LOW HIGH VALUE: whole numbers
assert_between() {
	assertTrue "$1: $4 is not in $2..$3" "[ '$4' -ge '$2' ] && [ '$4' -le '$3' ]"
}

# make_bad_link NEAR LINK FAR NET: network namespaces; NEAR, which is there, is host 1 of NET.0/24, FAR is 2. Their veths end
# in LINK, where nothing passes before impair_link.
make_bad_link() {
	local end

	netns_add "$2" "$3"
	ip netns exec "$2" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	for end in "$1 1" "$3 2"; do
		ip -n "${end% *}" link add veth0 type veth peer name "veth${end#* }" netns "$2"
		ip -n "${end% *}" addr add "$4.${end#* }/24" dev veth0
		ip -n "$2" link set "veth${end#* }" up
		ip -n "${end% *}" link set veth0 up
		# What is lost is soon sent again: the tests are about order, not about time.
		ip -n "${end% *}" route change "$4.0/24" dev veth0 rto_min 20ms
	done
	cc -O2 -D_GNU_SOURCE -o "$dir/impair" "$top/tests/live/adversity/impair.c"
}

# impair_link LINK OPTION...: impair_pid is its process
impair_link() {
	local where="$1"

	shift
	: >"$dir/impair.err"
	ip netns exec "$where" "$dir/impair" "$@" veth1 veth2 >/dev/null 2>"$dir/impair.err" &
	impair_pid=$!
	wait_for grep -q ready "$dir/impair.err"
}
