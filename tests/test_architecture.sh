#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Who may include whom (ARCHITECTURE.md), and that a metric name belongs to one collector. Each rule is a
# function of a source tree and prints its violations; it is run on this tree, and on small wrong trees that it must refuse.
# shellcheck disable=SC2317 # shunit2 calls the functions
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
collectors="tcp_connections tcp_bytes http_requests access_log"

includes() { # header as a pattern, files…
	local header=$1
	shift
	grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]+[\"<]([^\">]*/)?(${header})[\">]" "$@" /dev/null
}

existing() { # the arguments that exist
	local f
	for f; do
		[ ! -e "$f" ] || printf '%s\n' "$f"
	done
}

# bpf/X.h and bpf/X_*.h of a collector: only bpf/X.bpf.c, bpf/X_*.h, collectors/X.c, collectors/X_*.[ch] and its unit tests.
rule_collector_headers() {
	local x files
	for x in $collectors; do
		mapfile -t files < <(existing bpf/*.[ch] collectors/*.[ch] collectors/shared/*.[ch] |
			grep -vxE "bpf/$x(\.bpf\.c|_[a-z_]+\.h)|collectors/$x(_[a-z_]+)?\.[ch]")
		includes "$x(_[a-z_]+)?\.h" "${files[@]}"
		includes "$x\.skel\.h" "${files[@]}"
	done
}

# collectors/shared/: no skeleton, no collector.
rule_shared() {
	local x files
	mapfile -t files < <(existing collectors/shared/*.[ch])
	includes '[a-z0-9_]+\.skel\.h' "${files[@]}"
	includes '(bpf/)?[a-z0-9_]+\.bpf\.c' "${files[@]}"
	for x in $collectors; do
		includes "$x\.[ch]" "${files[@]}"
	done
}

# Shared code is silent: it returns -errno and the collector says what happened. settings and the services' common part
# speak for the collector, by its name.
rule_shared_is_silent() {
	existing collectors/shared/*.c | grep -vE "/(settings|service|http_service)[a-z_]*\.c" | xargs -r grep -nE '\b(perror|(v?f?printf) ?\((stderr|stdout)|exit) ?\(|\bfprintf ?\(stderr' /dev/null
}

# The layers in bpf/ know the kernel's headers and libbpf's BPF side; of user space, what C itself and linux/ give.
rule_bpf_layers() {
	local files
	mapfile -t files < <(existing bpf/*.[ch])
	includes '(stdio|stdlib|string|strings|unistd|errno|fcntl|time|pthread|signal|ini|libbpf|bpf|btf)\.h' "${files[@]}" |
		grep -vE 'include[[:space:]]+<linux/bpf\.h>'
	includes '(sys|arpa|netinet|net)/[a-z_]+\.h' "${files[@]}"
	includes '(identity|log_file|pins|pins_hash|privileges|prom_file|settings|sockets)\.h' "${files[@]}"
}

# http1*.h and http2.h compile into user space as well: nothing of BPF in them.
rule_http1_is_plain_c() {
	local files
	mapfile -t files < <(existing bpf/http1*.h bpf/http2.h)
	includes '(bpf/)?bpf_[a-z_]+\.h|kernel_types\.h|(linux/)?bpf\.h' "${files[@]}"
}

# What a tool may use of collectors/shared/, its name in front. None of it needs libbpf (tests/cli/test_log_shipper.sh looks at the binary).
shared_by_tools="log_shipper/settings.h log_shipper/settings_number.h log_shipper/service.h log_shipper/prom_file.h
	log_shipper/http_head.h log_shipper/log_format_defaults.h log_shipper/log_json_escape.h log_shipper/log_text_number.h
	log_shipper/log_text_utf8.h"

# A tool is a program of its own: it knows nothing of bpf/, nor another tool, and nobody knows it; of collectors/ it knows what
# is listed above, and besides what the build generates for it.
rule_tools() {
	local files tool name
	for tool in $(existing tools/*); do
		mapfile -t files < <(existing "$tool"/*.[ch])
		grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]+"' "${files[@]}" /dev/null | while IFS= read -r line; do
			name=$(sed -E 's/.*include[[:space:]]+"([^"]*)".*/\1/' <<<"$line")
			case $name in
			*.pb-c.h) [ -e "$tool/proto/${name%.pb-c.h}.proto" ] || echo "$line" ;;
			*/*) echo "$line" ;;
			*) [ -e "$tool/$name" ] || grep -qwF "${tool#tools/}/$name" <<<"$shared_by_tools" || echo "$line" ;;
			esac
		done
	done
	mapfile -t files < <(existing bpf/*.[ch] collectors/*.[ch] collectors/shared/*.[ch])
	grep -nE 'include.*tools/' "${files[@]}" /dev/null
	mapfile -t files < <(existing tools/*/*.[ch])
	includes '([a-z0-9_]+\.skel|bpf|libbpf)\.h' "${files[@]}"
}

metrics_of() { # file: the names in string literals
	grep -oE '"(istio|meshtap)_[a-z0-9_]*[a-z0-9]' "$1" | tr -d '"' | sort -u
}

# A metric name stands in one collector only.
rule_one_collector_per_metric() {
	local f
	for f in $(existing collectors/*.c); do
		metrics_of "$f"
	done | sort | uniq -d
}

check() { # rule
	local found
	found=$(cd "$top" && "$1")
	assertEquals "$1" "" "$found"
}

refuses() { # rule, file, its text: a tree with that one file breaks the rule
	local tree found
	tree=$(mktemp -d "$SHUNIT_TMPDIR/tree.XXXXXX")
	mkdir -p "$tree/bpf" "$tree/collectors/shared" "$tree/tools/a" "$tree/tools/b"
	printf '%b\n' "$3" >"$tree/$2"
	[ -z "${4:-}" ] || printf '%b\n' "$5" >"$tree/$4"
	found=$(cd "$tree" && "$1")
	assertNotEquals "$1 accepts $2: $3" "" "$found"
}

test_collector_headers() {
	check rule_collector_headers
	refuses rule_collector_headers collectors/access_log.c '#include "tcp_bytes.h"'
	refuses rule_collector_headers bpf/tcp_bytes.bpf.c '#include "../bpf/tcp_connections.h"'
	refuses rule_collector_headers collectors/tcp_bytes.c '#include "bpf/access_log.skel.h"'
	refuses rule_collector_headers bpf/http.h '#include "access_log_heads.h"'
}

test_shared() {
	check rule_shared
	refuses rule_shared collectors/shared/a.c '#include "tcp_bytes.skel.h"'
	refuses rule_shared collectors/shared/a.h '# include "../tcp_bytes.h"'
	refuses rule_shared collectors/shared/a.c '#include <bpf/http_requests.h>'
}

test_shared_is_silent() {
	check rule_shared_is_silent
	refuses rule_shared_is_silent collectors/shared/a.c '\tfprintf(stderr, "no");'
	refuses rule_shared_is_silent collectors/shared/a.c '\texit(1);'
}

test_bpf_layers() {
	check rule_bpf_layers
	refuses rule_bpf_layers bpf/a.h '#include <stdio.h>'
	refuses rule_bpf_layers bpf/a.h '#include <sys/socket.h>'
	refuses rule_bpf_layers bpf/a.h '#include <bpf/libbpf.h>'
	refuses rule_bpf_layers bpf/a.h '#include "prom_file.h"'
}

test_http1_is_plain_c() {
	check rule_http1_is_plain_c
	refuses rule_http1_is_plain_c bpf/http1.h '#include <bpf/bpf_helpers.h>'
	refuses rule_http1_is_plain_c bpf/http1.h '#include "kernel_types.h"'
}

test_tools() {
	check rule_tools
	refuses rule_tools tools/a/main.c '#include "identity.h"'
	refuses rule_tools tools/a/main.c '#include "settings.h"'
	refuses rule_tools tools/a/main.c '#include "envoy/als.pb-c.h"'
	refuses rule_tools tools/a/main.c '#include "../../collectors/shared/identity.h"'
	refuses rule_tools tools/a/main.c '#include "../b/b.h"' tools/b/b.h ''
	refuses rule_tools tools/a/main.c '#include <bpf/libbpf.h>'
	refuses rule_tools collectors/shared/a.c '#include "../../tools/a/a.h"'
}

test_one_collector_per_metric() {
	check rule_one_collector_per_metric
	refuses rule_one_collector_per_metric collectors/a.c '"istio_requests_total"' \
		collectors/b.c '"istio_requests_total"'
}

# The search itself must find what is there, or every rule would pass by finding nothing.
test_rules_see_the_tree() {
	local seen
	seen=$(cd "$top" && includes 'control\.h' bpf/*.h)
	assertNotEquals "bpf/control.h is included somewhere" "" "$seen"
	assertEquals "sources" "" "$(cd "$top" && for x in $collectors; do
		[ -e "bpf/$x.bpf.c" ] && [ -e "collectors/$x.c" ] || echo "$x"
	done)"
}

# shellcheck source=/dev/null
. shunit2
