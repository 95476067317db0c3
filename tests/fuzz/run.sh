#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# run.sh SECONDS FUZZER…: "make fuzz". The fuzzers (libFuzzer, build/fuzz/fuzz_*), then differential.py, share the time.
# What one finds is left in build/fuzz/: run it with that file to see it again. Exit code 1 when anything was found.
# FUZZ_SEED: the same inputs every time, as CI wants them.
set -eu

cd "$(dirname "$0")/../.."
build=build/fuzz
share=$(($1 / $#)) # of the fuzzers and the differential
shift
[ "$share" -gt 0 ] || share=1
status=0

for fuzzer; do
	name=${fuzzer##*/fuzz_}
	set -- -max_total_time="$share" -max_len=4096 -print_final_stats=1 -artifact_prefix="$build/$name-"
	[ -z "${FUZZ_SEED:-}" ] || set -- "$@" -seed="$FUZZ_SEED"
	[ ! -e "tests/fuzz/$name.dict" ] || set -- "$@" -dict="tests/fuzz/$name.dict"
	mkdir -p "$build/found/$name"
	set -- "$@" "$build/found/$name"
	[ ! -d "tests/fuzz/corpus/$name" ] || set -- "$@" "tests/fuzz/corpus/$name"
	if [ "$name" = http1 ]; then
		mkdir -p "$build/seeds"
		"$build/make_seeds" "$build/seeds" tests/corpus/*.http
		set -- "$@" "$build/seeds"
	fi
	echo "$name: $share s"
	if ! "$fuzzer" "$@" 2>"$build/$name.log"; then
		tail -n 100 "$build/$name.log"
		status=1
	fi
	grep -E 'number_of_executed_units|new_units_added' "$build/$name.log" || true
done

echo "differential: $share s"
/usr/bin/python3 tests/fuzz/differential.py "$build/parse_http1" "$share" ${FUZZ_SEED:+"$FUZZ_SEED"} || status=1
exit "$status"
