#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# "make bench": runs the benchmarks that are named, or all of them, and prints their tables; build/bench keeps these, the
# figures of every round, and a picture. "report" prints what was measured before; BENCH_PUBLISH=1 puts it into docs/. See
# docs/benchmarks.md.
# shellcheck disable=SC3043 # dash has local
set -eu

cd "$(dirname "$0")/../.."
tables=${BENCH_TABLES:-build/bench}
built=${MESHTAP_BUILD:-build}
all='bpf_cost user_cost throughput bulk capacity log_shipper verifier'
load_before=$(cut -d ' ' -f 1 /proc/loadavg)

# version COMMAND...: the first of its words that looks like one
version() {
	"$@" 2>&1 | grep -oE '[0-9]+\.[0-9]+[.0-9]*' | head -n 1
}

machine() {
	local cpu memory

	cpu=$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)
	memory=$(awk '/^MemTotal/ { printf "%.0f GB", $2 / 1e6 }' /proc/meminfo)
	cat <<-END
		- $(uname -srm), $(nproc) cores of $cpu, $memory; virtual machine: $(grep -qw hypervisor /proc/cpuinfo && echo yes || echo no)
		- spectre_v2: $(cat /sys/devices/system/cpu/vulnerabilities/spectre_v2)
		- meshtap $(version "$built/meshtap-tcp-bytes" -V) $(git describe --always --dirty 2>/dev/null || true), clang $(version clang --version)
		- nginx $(version nginx -v), wrk $(version wrk -v), h2load $(version h2load --version), haproxy $(version haproxy -v), bpftrace $(version bpftrace --version)
		- $(date -u +%F), load average before: $load_before
	END
}

# The verifier's walk is no matter of rounds.
verified() {
	build/tests/verifier "$built"/bpf/*.bpf.o >"$tables/verifier"
	awk 'NF == 4 && $3 > max { max = $3; name = $2 } END { printf "verified instructions, %s\tinstructions\t%d\n", name, max }' \
		"$tables/verifier" >"$tables/verifier.rounds"
}

# report NAME...
report() {
	local name files=''

	for name; do
		[ ! -e "$tables/$name.rounds" ] || files="$files $tables/$name.rounds"
	done
	machine
	echo
	# shellcheck disable=SC2086 # words
	python3 tests/bench/report.py tests/bench/budgets.tsv $files
}

# publish: what docs/benchmarks.md says of results
publish() {
	sed '/^## Results$/q' docs/benchmarks.md >"$tables/benchmarks.md"
	printf '\n![CPU time that is added to a request](benchmarks.svg)\n\n' | cat - "$tables/table.md" >>"$tables/benchmarks.md"
	python3 tests/bench/picture.py "$tables/throughput.rounds" >"$tables/benchmarks.svg"
	cp "$tables/benchmarks.md" "$tables/benchmarks.svg" docs
}

[ "$(id -u)" = 0 ] || { echo "make bench loads BPF programs and needs root: sudo make bench" >&2; exit 1; }
mkdir -p "$tables"
# shellcheck disable=SC2086 # words
[ $# -gt 0 ] || set -- $all
for name; do
	echo "bench: $name" >&2
	case $name in
	verifier) verified ;;
	report) ;;
	*) tests/bench/"$name".sh ;;
	esac
done
# shellcheck disable=SC2086
[ "$*" != report ] || { set -- $all && load_before='not known'; }
report "$@" >"$tables/table.md"
cat "$tables/table.md"
[ -z "${BENCH_PUBLISH:-}" ] || publish
