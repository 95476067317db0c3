#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# sysroot.sh ARCH: headers and libraries of this machine's Debian for another architecture, unpacked and not installed: this
# machine's dpkg hears nothing of it. Prints the folder, which is kept.
set -eu

arch=$1
cache=${MESHTAP_CROSS_CACHE:-build/cross}
packages="libc6-dev libbpf-dev libelf-dev zlib1g-dev libinih-dev libcap-dev libpcre2-dev libnghttp2-dev libyaml-dev libcurl4-openssl-dev libdeflate-dev libjson-c-dev libprotobuf-c-dev libprotobuf-dev"

# shellcheck source=tests/debian.sh
. "$(dirname "$0")/../debian.sh"

recipe="$suite $packages"
dir=$cache/sysroot-$arch
if [ "$(cat "$dir.recipe" 2>/dev/null)" != "$recipe" ]; then
	rm -rf "$dir" "$dir.debs" "$dir.recipe"
	mkdir -p "$dir"
	debootstrap --download-only --arch="$arch" --variant=minbase --keyring="$keyring" --include="$(echo "$packages" | tr ' ' ,)" \
		"$suite" "$dir.debs" "$(mirror)" >&2
	for deb in "$dir.debs"/var/cache/apt/archives/*.deb; do
		dpkg -x "$deb" "$dir"
	done
	rm -rf "$dir.debs"
	echo "$recipe" >"$dir.recipe"
fi
cd "$dir" && pwd
