#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Bash completion: the options of each binary, all of them and no others, and files or directories behind those that take one.
# shellcheck disable=SC2317 # shunit2 calls the functions
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
binaries="meshtap-tcp-connections meshtap-tcp-bytes meshtap-http-requests meshtap-access-log meshtap-workloads meshtap-log-shipper"

# What bash offers for a word behind another, one a line, sorted.
offers() { # binary, word, word before
	(
		cd "$SHUNIT_TMPDIR/in" || exit 1
		COMPREPLY=()
		_meshtap "$top/build/$1" "$2" "$3" 2>/dev/null
		printf '%s\n' "${COMPREPLY[@]}" | sort
	)
}

# The first column of --help.
options_in_help() { # binary
	"$top/build/$1" --help | sed -nE '/^ *-/{s/^ +//;s/  .*//;s/ [A-Z]+$//;s/, /\n/;p}' | sort
}

oneTimeSetUp() {
	# shellcheck source=/dev/null
	. "$top/completions/meshtap"
	mkdir -p "$SHUNIT_TMPDIR/in/folder"
	: >"$SHUNIT_TMPDIR/in/a file"
}

test_options() {
	local b all
	for b in $binaries; do
		all=$(options_in_help "$b")
		assertTrue "$b --help names options: $all" "[ $(wc -l <<<"$all") -ge 7 ]"
		assertEquals "$b" "$all" "$(offers "$b" - "$b")"
	done
	assertEquals "--log-file" "$(offers meshtap-access-log --lo meshtap-access-log)"
	assertEquals "" "$(offers meshtap-tcp-bytes --lo meshtap-tcp-bytes)"
}

test_arguments() {
	local option
	for option in -c --config --workloads; do
		assertEquals "$option" "$(printf 'a file\nfolder')" "$(offers meshtap-tcp-bytes "" "$option")"
	done
	for option in --textfile-dir --pin-dir; do
		assertEquals "$option" folder "$(offers meshtap-tcp-bytes "" "$option")"
	done
	assertEquals "a number" "" "$(offers meshtap-access-log "" --interval)"
	assertEquals "an option without argument" "--unload" "$(offers meshtap-tcp-bytes --unl --stdout)"
}

test_operands() {
	assertEquals "meshtap-workloads reads files" "$(printf 'a file\nfolder')" "$(offers meshtap-workloads "" meshtap-workloads)"
	assertEquals "collectors read none" "" "$(offers meshtap-tcp-bytes "" meshtap-tcp-bytes)"
}

test_registered() {
	local b
	for b in $binaries; do
		assertEquals "complete -F _meshtap $b" "$(complete -p "$b" 2>/dev/null)"
	done
}

# shellcheck source=/dev/null
. shunit2
