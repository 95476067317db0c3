#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# rootfs.sh: a fresh minimal Debian of this machine's own release, with what a user of meshtap has besides: node_exporter, nginx,
# logrotate. Prints its folder. Made once from this machine's own mirror, and anew when the list of packages changes; the
# machines write to a layer above it.
set -eu

cache=${MESHTAP_MACHINE_CACHE:-build/machine}
# The libraries are what the package depends on: apt is not asked for anything in the machine, which has no network.
packages="systemd systemd-sysv dbus procps iproute2 kmod curl logrotate nginx-light prometheus-node-exporter nghttp2-client \
	libbpf1 libinih1 libcap2 libpcre2-8-0 libnghttp2-14 libyaml-0-2 libcurl4 libdeflate0 libjson-c5 libprotobuf-c1"

# shellcheck source=tests/debian.sh
. "$(dirname "$0")/../debian.sh"

recipe="$suite $(echo "$packages" | tr -s '[:space:]' ' ')"
dir=$cache/rootfs
if [ "$(cat "$dir.recipe" 2>/dev/null)" != "$recipe" ]; then
	rm -rf "$dir" "$dir.recipe"
	mkdir -p "$cache"
	# shellcheck disable=SC2086 # packages are words
	debootstrap --variant=minbase --keyring="$keyring" --include="$(echo $packages | tr ' ' ,)" "$suite" "$dir" "$(mirror)" >&2
	rm -rf "$dir"/var/cache/apt/archives/*.deb
	echo "$recipe" >"$dir.recipe"
fi
cd "$dir" && pwd
