#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# kernel.sh SERIES: fetches Debian's newest kernel of a series ("5.10", "6.12", "7" …) unless the cache has one, and
# prints the folder with vmlinuz and lib/modules. To fetch anew, remove that folder.
set -eu

series=$1
cache=${MESHTAP_VM_CACHE:-/var/cache/meshtap-vm}
mirror=${MESHTAP_VM_MIRROR:-http://deb.debian.org}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
apt=$cache/apt
dir=$cache/$series

# Other releases than the machine's own: an apt configuration that shares nothing with it.
write_apt_configuration() {
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/parts"
	: >"$apt/status"
	for suite in debian/:bullseye debian-security/:bullseye-security debian/:bookworm debian-security/:bookworm-security \
		debian/:trixie debian-security/:trixie-security debian/:trixie-backports; do
		echo "deb [arch=amd64 signed-by=$keyring] $mirror/${suite%%:*} ${suite#*:} main"
	done >"$apt/sources.list"
	cat >"$apt/apt.conf" <<-EOF
		APT::Architecture "amd64";
		APT::Sandbox::User "root";
		Dir::Etc::sourcelist "$apt/sources.list";
		Dir::Etc::sourceparts "$apt/parts";
		Dir::State::lists "$apt/lists";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt/cache";
	EOF
}

# The packages that hold image and modules: from Linux 7.2 on, two of them.
packages() {
	version=$(apt-cache pkgnames "linux-image-$series." | grep -- '-amd64$' | grep -vE -- '-(rt|cloud)-' |
		sort -V | tail -n 1)
	version=${version#linux-image-}
	if [ -z "$version" ]; then
		echo "kernel.sh: $mirror has no kernel $series" >&2
		return 1
	fi
	if apt-cache madison "linux-binary-$version" | grep -q .; then
		echo "linux-binary-$version linux-modules-$version"
	else
		echo "linux-image-$version"
	fi
}

unpack() {
	for deb in *.deb; do
		dpkg -x "$deb" root
	done
	[ -d root/usr/lib/modules ] || mv root/lib root/usr/
	set -- root/usr/lib/modules/*
	version=${1##*/}
	mkdir -p new/lib/modules
	cp root/boot/vmlinuz-"$version" new/vmlinuz 2>/dev/null || cp "$1/vmlinuz" new/vmlinuz
	mv "$1" new/lib/modules/
	depmod -b new "$version"
}

if [ ! -e "$dir/vmlinuz" ]; then
	mkdir -p "$cache"
	work=$(mktemp -d "$cache/fetch.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	write_apt_configuration
	export APT_CONFIG="$apt/apt.conf"
	{
		apt-get -q update
		names=$(packages)
		cd "$work"
		# shellcheck disable=SC2086 # names are words
		apt-get -q download $names
		unpack
	} >&2
	rm -rf "$dir"
	mv "$work/new" "$dir"
fi
echo "$dir"
