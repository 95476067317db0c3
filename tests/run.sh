#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs every test and counts: the unit tests given as arguments (programs) and the scripts of tests/. The
# last line is "N passed, N failed, N skipped"; the exit code is 1 when anything failed.
#
# What a test prints decides what is counted:
#   shunit2        one test per function; its functions say why they skip with "SKIP: reason"
#   "N passed, N failed, N skipped"   what the C tests end with
#   "ok X", "not ok X" (also with a number, as TAP has it)   one test per line, "# SKIP" after it is a skip
#   anything else  one test: exit code 0 passed, 77 or a line "SKIP: reason" skipped, others failed
# A script that ends before its summary, or takes too long, has failed, whatever it said until then.
set -u

cd "$(dirname "$0")/.." || exit 1
logs=build/tests/logs
limit=${MESHTAP_TEST_SECONDS:-300}  # for one script
total=${MESHTAP_TESTS_SECONDS:-840} # for all
scripts=${MESHTAP_TESTS:-tests/test_*.sh tests/cli/*.sh tests/live/*.sh}
passed=0 failed=0 skipped=0

mkdir -p "$logs"
export SHUNIT_COLOR=none

run() { # test program
	local test=$1 log status=0 time=$limit shunit=0 interpreter="" p f s
	log=$logs/$(basename "$test").log
	[ $((total - SECONDS)) -ge "$time" ] || time=$((total - SECONDS))
	if [ "$time" -le 0 ]; then
		echo "no time left: $total s for all tests are over" >"$log"
		status=124
	else
		# A script's mode bits may be lost on the way here.
		[ -x "$test" ] || interpreter=$(sed -n '1s/^#!//p' "$test")
		timeout -k 10 "$time" ${interpreter:+"$interpreter"} "./$test" >"$log" 2>&1 </dev/null || status=$?
		[ "$status" != 124 ] && [ "$status" != 137 ] || echo "TIMEOUT after $time s" >>"$log"
	fi
	! head -c 4096 "$test" | grep -aq '^#!' || ! grep -q shunit2 "$test" || shunit=1
	read -r p f s < <(awk -v status="$status" -v is_shunit="$shunit" -f tests/count.awk "$log")
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	printf '%-44s %3d passed %3d failed %3d skipped\n' "$test" "$p" "$f" "$s"
	if [ "$f" != 0 ]; then
		echo "---- $log (exit code $status)"
		tail -n 200 "$log"
		echo "----"
	elif [ "$s" != 0 ]; then
		grep -E '^SKIP: |# SKIP' "$log"
	fi
}

# shellcheck disable=SC2086 # patterns and names, separated by blanks
for test in "$@" $scripts; do
	case $test in
	*/lib.sh | */lib_*.sh | *\**) continue ;; # sourced by tests; a pattern that matches nothing
	esac
	run "$test"
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
