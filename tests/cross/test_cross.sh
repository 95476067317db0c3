#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# "make check-cross": all that is built for arm64 on this machine, without a warning; the binaries run in qemu-user, which knows no
# bpf(): what they say and what they refuse is this machine's own build's.
# shellcheck disable=SC1091,SC2317 # shunit2 is found in PATH, and calls the functions
set -u

cd "$(dirname "$0")/../.." || exit 1
binaries="meshtap-tcp-connections meshtap-tcp-bytes meshtap-http-requests meshtap-access-log meshtap-workloads meshtap-log-shipper"
collectors="tcp_connections tcp_bytes http_requests access_log"
out=build/cross/arm64

# Debian's alone: Ubuntu's archive for arm64 is another one.
why_not() {
	if [ ! -e /usr/share/keyrings/debian-archive-keyring.gpg ]; then
		echo "not Debian"
	elif [ "$(uname -m)" = aarch64 ]; then
		echo "this machine is arm64"
	else
		return 1
	fi
}

oneTimeSetUp() {
	sysroot=$(tests/cross/sysroot.sh arm64 2>"$SHUNIT_TMPDIR/sysroot") || {
		cat "$SHUNIT_TMPDIR/sysroot" >&2
		exit 1
	}
	rm -rf "$out"
	printf '[access_log]\nno_such_key = 1\n' >"$SHUNIT_TMPDIR/bad.ini"
	cat >"$SHUNIT_TMPDIR/entry.yaml" <<-'END'
		apiVersion: networking.istio.io/v1
		kind: WorkloadEntry
		metadata: { name: one, namespace: shop, labels: { app: cart } }
		spec: { address: 192.0.2.1, serviceAccount: cart }
	END
}

build() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL PKG_CONFIG_SYSROOT_DIR="$sysroot" \
		PKG_CONFIG_LIBDIR="$sysroot/usr/lib/aarch64-linux-gnu/pkgconfig" \
		make BUILD="$out" SYSROOT="$sysroot" CC="aarch64-linux-gnu-gcc --sysroot=$sysroot" all 2>&1
}

test_it_builds() {
	build >"$SHUNIT_TMPDIR/build" || fail "$(tail -n 20 "$SHUNIT_TMPDIR/build")"
	assertNull "$(grep -E 'warning|error' "$SHUNIT_TMPDIR/build")"
	for b in $binaries; do
		assertEquals "$b" AArch64 "$(readelf -h "$out/$b" | sed -n 's/^ *Machine: *//p')"
	done
}

# The kernel's structs are found at load time (CO-RE), so one object is for all.
test_programs_are_the_same() {
	for c in $collectors; do
		assertTrue "$c" "cmp build/bpf/$c.bpf.o $out/bpf/$c.bpf.o"
	done
}

# What either build says, with its name for its path, and its exit code
says() { # COMMAND...
	{
		"$@" 2>&1
		echo "exit code $?"
	} | sed 's|^build/[^:]*/||; s|^build/||'
}

emulated() { # binary, option...
	local binary=$1

	shift
	says qemu-aarch64-static -L "$sysroot" "$out/$binary" "$@"
}

native() { # binary, option...
	local binary=$1

	shift
	says "build/$binary" "$@"
}

assert_same() { # binary, option...
	assertEquals "$*" "$(native "$@")" "$(emulated "$@")"
}

test_they_run() {
	for b in $binaries; do
		assert_same "$b" --version
		assert_same "$b" --help
		assert_same "$b" --no-such-option
	done
	assertContains "$(emulated meshtap-access-log --version)" "exit code 0"
}

test_configuration_is_read() {
	for c in $collectors; do
		assert_same "meshtap-${c//_/-}" --config conf/meshtap.ini --workloads conf/workloads.ini --check-config
		assert_same "meshtap-${c//_/-}" --config "$SHUNIT_TMPDIR/bad.ini" --check-config
	done
	assertContains "$(emulated meshtap-access-log --config "$SHUNIT_TMPDIR/bad.ini" --check-config)" "exit code 2"
}

test_objects_are_converted() {
	assert_same meshtap-workloads "$SHUNIT_TMPDIR/entry.yaml"
	assertContains "$(emulated meshtap-workloads "$SHUNIT_TMPDIR/entry.yaml")" 192.0.2.1
}

if reason=$(why_not); then
	echo "SKIP: $reason"
	exit 0
fi
. shunit2
