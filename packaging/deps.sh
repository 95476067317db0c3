#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Installs what is missing to build ("deps.sh build", the default), also to make and test packages ("deps.sh pack"), also to
# test ("deps.sh test") or to benchmark ("deps.sh bench"), also to test on other kernels ("deps.sh vm") on a machine with systemd ("deps.sh machine")
# or to build for another architecture ("deps.sh cross").
# Debian and Ubuntu by apt, Fedora and RHEL by dnf. Does nothing, and needs no root, when all is there.
set -eu

# for: b(uild), p(ackages), t(est), (bench)i(ng), v(m), m(achine) or c(ross) | Debian package, alternatives separated by / | what an RPM provides, alternatives by a space
list() {
	cat <<-'END'
	b|clang|clang
	b|llvm|llvm
	b|gcc|gcc
	b|libc6-dev|glibc-devel
	b|make|make
	b|pkg-config/pkgconf|/usr/bin/pkg-config
	b|libbpf-dev|pkgconfig(libbpf)
	b|libelf-dev|pkgconfig(libelf)
	b|zlib1g-dev|pkgconfig(zlib)
	b|bpftool/linux-tools-generic|bpftool
	b|libinih-dev|pkgconfig(inih)
	b|libcap-dev|pkgconfig(libcap)
	b|libpcre2-dev|pkgconfig(libpcre2-8)
	b|libnghttp2-dev|pkgconfig(libnghttp2)
	b|libyaml-dev|pkgconfig(yaml-0.1)
	b|libcurl4-openssl-dev/libcurl4-gnutls-dev|pkgconfig(libcurl)
	b|libdeflate-dev|pkgconfig(libdeflate)
	b|libjson-c-dev|pkgconfig(json-c)
	b|libprotobuf-c-dev|pkgconfig(libprotobuf-c)
	b|protobuf-c-compiler|/usr/bin/protoc-c
	b|libprotobuf-dev|pkgconfig(protobuf)
	t|shunit2|shunit2
	t|nginx-light/nginx|nginx
	t|wrk|wrk
	t|curl|/usr/bin/curl
	t|netcat-openbsd|/usr/bin/nc
	t|iproute2|iproute
	t|python3|python3
	t|prometheus|/usr/bin/promtool
	t|prometheus-node-exporter|/usr/bin/node_exporter
	t|shellcheck|/usr/bin/shellcheck
	t|clang-format|/usr/bin/clang-format
	t|cppcheck|cppcheck
	t|haproxy|haproxy
	t|libcap2-bin|/usr/sbin/capsh
	t|libclang-rt-14-dev/libclang-rt-dev|compiler-rt
	t|nodejs|nodejs
	t|python3-h11|python3-h11
	t|ethtool|ethtool
	t|apache2-bin|httpd-core
	t|liburing-dev|liburing-devel
	t|procps|procps-ng
	t|logrotate|logrotate
	t|nftables|nftables
	t|python3-yaml|python3-pyyaml
	t|nghttp2-client|nghttp2
	t|nghttp2-server|nghttp2
	t|nghttp2-proxy|nghttp2
	t|python3-grpcio|python3-grpcio
	t|python3-h2|python3-h2
	t|libgrpc++-dev|grpc-devel
	i|iperf3|iperf3
	i|bpftrace|bpftrace
	i|time|time
	t|python3-protobuf|python3-protobuf
	t|protobuf-compiler|/usr/bin/protoc
	t|openssl|openssl
	v|qemu-system-x86|qemu-system-x86-core
	v|busybox-static|busybox
	v|kmod|kmod
	v|cpio|cpio
	v|xz-utils|xz
	v|zstd|zstd
	m|systemd-container|systemd-container
	c|gcc-aarch64-linux-gnu|gcc-aarch64-linux-gnu
	c|qemu-user-static|qemu-user-static-aarch64
	c|debootstrap|
	c|binutils|binutils
	c|shunit2|shunit2
	p|dpkg-dev|
	p|debhelper|
	p|lintian|
	p|debootstrap|
	p|rpm|rpm-build
	p|rpmlint|rpmlint
	p|binutils|binutils
	p||systemd-rpm-macros
	p|shunit2|shunit2
	t||libasan
	t||libubsan
	END
}

say() { echo "deps.sh: $*" >&2; }
die() { say "$*"; exit 1; }

installed() {
	case $manager in
	apt) [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
	dnf) rpm -q --quiet --whatprovides "$1" ;;
	esac
}

any_installed() {
	for name; do
		if installed "$name"; then
			return 0
		fi
	done
	return 1
}

# The entries of which no alternative is installed.
missing() {
	list | while IFS='|' read -r kind deb rpm; do
		case $what in
		build) [ "$kind" = b ] || continue ;;
		pack) [ "$kind" = b ] || [ "$kind" = p ] || continue ;;
		test) [ "$kind" = b ] || [ "$kind" = t ] || continue ;;
		vm) [ "$kind" = b ] || [ "$kind" = t ] || [ "$kind" = v ] || continue ;;
		bench) [ "$kind" = b ] || [ "$kind" = t ] || [ "$kind" = i ] || continue ;;
		machine) case $kind in v | c | i) continue ;; esac ;;
		cross) [ "$kind" = b ] || [ "$kind" = c ] || continue ;;
		esac
		entry=$rpm
		[ "$manager" = dnf ] || entry=$deb
		[ -n "$entry" ] || continue
		# shellcheck disable=SC2046 # alternatives are words
		any_installed $(echo "$entry" | tr / "$separator") || echo "$entry"
	done
}

# The first alternative that the package lists know.
available() {
	for name; do
		if apt-cache policy "$name" | grep -q 'Candidate: [^(]'; then
			echo "$name"
			return
		fi
	done
	echo "$1"
}

# Packages of servers start their services; the tests start their own. An existing policy is kept.
policy=/usr/sbin/policy-rc.d
forbid_services() {
	if [ -e "$policy" ]; then
		return
	fi
	trap 'rm -f "$policy"' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
}

install_apt() {
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q update
	packages=
	for entry in $1; do
		# shellcheck disable=SC2046
		packages="$packages $(available $(echo "$entry" | tr / ' '))"
	done
	forbid_services
	# shellcheck disable=SC2086
	apt-get -q install -y --no-install-recommends --no-remove $packages
}

install_dnf() {
	# shellcheck disable=SC2086
	dnf install -y --setopt=install_weak_deps=False $1
}

what=${1:-build}
case $what in
build | pack | test | bench | vm | machine | cross) ;;
*)
	say "usage: deps.sh [build|pack|test|bench|vm|machine|cross]"
	exit 2
	;;
esac

if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
	manager=apt
	separator=' '
elif command -v dnf >/dev/null; then
	manager=dnf
	separator=/ # file names contain slashes
else
	die "neither apt-get nor dnf: install by hand: $(list | cut -d'|' -f2 | tr '\n' ' ')"
fi

wanted=$(missing)
[ -n "$wanted" ] || exit 0
# shellcheck disable=SC2086
say "missing:" $wanted
[ "$(id -u)" = 0 ] || die "installing them needs root: sudo $0 $what"
"install_$manager" "$wanted"
wanted=$(missing)
# shellcheck disable=SC2086
[ -z "$wanted" ] || die "still missing after installation:" $wanted
