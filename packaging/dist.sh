#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# "make dist": build/meshtap-VERSION.tar.gz of this tree: what git does not ignore, as it is now, or all but build/ and run/ when it is no
# clone. The same tree gives the same bytes. The archive says VERSION wherever a version stands, so packages are built from it.
# Usage: dist.sh VERSION
set -euo pipefail

cd "$(dirname "$0")/.."
name=meshtap-$1
build=$PWD/build
stage=$build/dist

# The last commit's, or that of the archive that this tree came from.
epoch=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y Makefile)

files() {
	git ls-files -z --cached --others --exclude-standard 2>/dev/null ||
		find . \( -path ./build -o -path ./run \) -prune -o \( -type f -o -type l \) -printf '%P\0'
}

rm -rf "$stage"
mkdir -p "$stage/$name"
files | tar --null -T - -cf - | tar -xf - --no-same-owner -C "$stage/$name"

cd "$stage"
sed -i "s/^VERSION .*/VERSION    := $1/" "$name/Makefile"
sed -i "1s/(.*)/($1-1)/; s/^ -- \(.*>\)  .*/ -- \1  $(LC_ALL=C TZ=UTC0 date -R -d "@$epoch")/" "$name/packaging/debian/changelog"
sed -i "s/^Version:\( *\).*/Version:\1$1/" "$name/packaging/rpm/meshtap.spec"
tar --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --format=ustar -cf - "$name" |
	gzip -9n >"$build/$name.tar.gz"
touch -d "@$epoch" "$build/$name.tar.gz" # a source rpm records it
rm -r "$stage"
