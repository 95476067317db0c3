#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# packages.sh DEB: makes of this tree's package two others, build/machine/newer.deb (0.2.0~test: other programs on the same maps) and
# build/machine/maps.deb (0.3.0~test: other maps). They differ from it in their binaries and version alone.
set -eu

cd "$(dirname "$0")/../.."
deb=$1
out=build/machine

# build FOLDER VERSION HEADER: what does not depend on the BPF programs and the version is taken as it is built
build() {
	rm -rf "${out:?}/$1"
	mkdir -p "$out/$1"
	cp -a build/shared "$out/$1/"
	grep -l MESHTAP_VERSION collectors/shared/*.c | sed "s|collectors/\(.*\)c$|$out/$1/\1o|" | xargs rm -f
	make -s -j"$(nproc)" BUILD="$out/$1" VERSION="$2" CLANG="${CLANG:-clang} -include tests/machine/$3" all
}

# repack FOLDER VERSION
repack() {
	rm -rf "$out/root"
	dpkg-deb -R "$deb" "$out/root"
	for binary in "$out/root/usr/sbin"/meshtap-*; do
		install -m 755 "$out/$1/${binary##*/}" "$binary"
	done
	sed -i "s/^Version: .*/Version: $2/" "$out/root/DEBIAN/control"
	(cd "$out/root" && find usr lib -type f -exec md5sum {} + >DEBIAN/md5sums)
	dpkg-deb --root-owner-group -Znone -b "$out/root" "$out/$1.deb" >/dev/null
	rm -rf "$out/root"
}

make -s all
build newer '0.2.0~test' other_programs.h
repack newer '0.2.0~test'
build maps '0.3.0~test' other_maps.h
repack maps '0.3.0~test'
