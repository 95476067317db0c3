#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# "make check-packages": meshtap and meshtap-log-shipper, as deb and rpm, from the source archive: what the distributions' checkers say,
# what is in them, that a build elsewhere gives the same bytes, and that the debs leave nothing behind. A machine with systemd is
# tests/machine's part.
# shellcheck disable=SC2317,SC2016,SC1091 # shunit2 calls the functions; an inner shell expands; os-release is the host's
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 1
version=$(sed -n 's/^VERSION *:= *//p' Makefile)
binaries="meshtap-access-log meshtap-http-requests meshtap-log-shipper meshtap-tcp-bytes meshtap-tcp-connections meshtap-workloads"
archive=$top/build/meshtap-$version.tar.gz
base=$top/build/tests/chroot

built() { # what, its file
	[ -e "$2" ] && return
	fail "$1 was not built: $(tail -n 5 "$logs/$1.log" 2>/dev/null)"
	return 1
}

oneTimeSetUp() {
	logs=$SHUNIT_TMPDIR/logs
	files=$SHUNIT_TMPDIR/files
	mkdir -p "$logs" "$files"/{deb,rpm}{,-log-shipper}
	make deb >"$logs/deb.log" 2>&1
	make rpm >"$logs/rpm.log" 2>&1
	deb=$(echo build/deb/meshtap_"$version"-1_*.deb)
	rpm=$(echo build/rpm/meshtap-"$version"-1*."$(uname -m)".rpm)
	shipper_deb=${deb/meshtap_/meshtap-log-shipper_}
	shipper_rpm=${rpm/meshtap-/meshtap-log-shipper-}
	unpack "$deb" "$files/deb"
	unpack "$shipper_deb" "$files/deb-log-shipper"
	unpack "$rpm" "$files/rpm"
	unpack "$shipper_rpm" "$files/rpm-log-shipper"
}

unpack() { # PACKAGE FOLDER
	case $1 in
	*.deb) [ ! -e "$1" ] || dpkg-deb -x "$1" "$2" ;;
	*.rpm) [ ! -e "$1" ] || (cd "$2" && rpm2cpio "$top/$1" | cpio -idm --quiet) ;;
	esac
}

# folder KIND NAME: where the package is unpacked that has what is called so
folder() {
	case $2 in
	*meshtap-log-shipper*) echo "$files/$1-log-shipper" ;;
	*) echo "$files/$1" ;;
	esac
}

tearDown() {
	[ -z "${root:-}" ] || rm -rf "$root"
	root=
}

test_lintian() {
	local found
	built deb "$deb" || return
	found=$(lintian --allow-root --fail-on error,warning build/deb/*.changes 2>&1)
	assertEquals "lintian: $found" 0 $?
	assertEquals "" "$found"
}

test_rpmlint() {
	local found
	built rpm "$rpm" || return
	found=$(rpmlint -c packaging/rpm/rpmlint.toml build/rpm/*.rpm build/rpm/meshtap.spec 2>&1)
	assertContains "$found" "; $found" " 0 errors, 0 warnings"
}

in_both() { # what, shell pattern of a path: there is one in each kind of package
	local kind
	for kind in deb rpm; do
		assertTrue "$kind: $1: $2" "compgen -G '$(folder $kind "$2")$2'"
	done
}

test_contents() {
	local b
	for b in $binaries; do
		in_both "binary" "/usr/sbin/$b"
		in_both "man page" "/usr/share/man/man8/$b.8.gz"
		in_both "completion" "/usr/share/bash-completion/completions/$b"
	done
	in_both "configuration" /etc/meshtap/meshtap.ini
	in_both "configuration" /etc/meshtap/workloads.ini
	in_both "logrotate's policy" /etc/logrotate.d/meshtap
	in_both "man page" /usr/share/man/man5/meshtap.ini.5.gz
	in_both "man page" /usr/share/man/man5/meshtap-workloads.ini.5.gz
	in_both "man page" /usr/share/man/man7/meshtap-filter.7.gz
	in_both "rules" /usr/share/meshtap/prometheus/meshtap-alerts.rules.yml
	in_both "rules" /usr/share/meshtap/prometheus/meshtap-recording.rules.yml
	in_both "dashboard" /usr/share/meshtap/grafana/meshtap-host.json
	in_both "documentation" '/usr/share/doc/meshtap*/README.md*'
	in_both "documentation" '/usr/share/doc/meshtap*/ARCHITECTURE.md*'
}

# Each unit of the source is in both kinds of package: /lib in Debian's, /usr/lib in Fedora's.
test_units() {
	local unit
	for unit in systemd/*; do
		assertTrue "deb: $unit" "[ -s '$(folder deb "$unit")/lib/systemd/system/${unit##*/}' ]"
		assertTrue "rpm: $unit" "[ -s '$(folder rpm "$unit")/usr/lib/systemd/system/${unit##*/}' ]"
	done
}

# Nor its libraries: whoever does not ship a log does without both.
test_shipper_is_a_package_of_its_own() {
	local needed
	assertNull "$(find "$files/deb" "$files/rpm" -name '*log-shipper*')"
	built deb "$deb" && built rpm "$rpm" || return
	needed=$(dpkg-deb -f "$deb" Depends Recommends; rpm -qp --requires --recommends "$rpm" 2>/dev/null)
	assertNull "$needed" "$(grep -E 'curl|json-c|protobuf|deflate' <<<"$needed")"
	assertContains "$(dpkg-deb -f "$shipper_deb" Depends)" "meshtap (= $version-1)"
	assertContains "$(rpm -qp --requires "$shipper_rpm" 2>/dev/null)" "meshtap($(uname -m | tr _ -)) = $version-1"
}

test_configuration_is_kept() {
	local wanted
	wanted=$(printf '%s\n' /etc/logrotate.d/meshtap /etc/meshtap/meshtap.ini /etc/meshtap/workloads.ini)
	built deb "$deb" && assertEquals "conffiles" "$wanted" "$(dpkg-deb -I "$deb" conffiles | sort)"
	built rpm "$rpm" && assertEquals "%config(noreplace)" "$wanted" \
		"$(rpm -qp --qf '[%{FILENAMES} %{FILEFLAGS:fflags}\n]' "$rpm" | sed -n 's/ cn$//p' | sort)"
}

test_modes() {
	local listing
	built deb "$deb" && listing=$({ dpkg-deb -c "$deb"; dpkg-deb -c "$shipper_deb"; } | awk '$2 != "root/root" ||
		$1 !~ /^(drwxr-xr-x|-rw-r--r--|lrwxrwxrwx)$/ && !($1 == "-rwxr-xr-x" && $6 ~ /\/usr\/sbin\/meshtap-/)')
	assertEquals "deb" "" "$listing"
	built rpm "$rpm" && listing=$(rpm -qplv "$rpm" "$shipper_rpm" | awk '($3 $4 != "rootroot" && !($3 $4 == "rootadm" && $9 == "/var/log/meshtap")) ||
		$1 !~ /^(drwxr-xr-x|-rw-r--r--|lrwxrwxrwx)$/ && !($1 == "-rwxr-xr-x" && $9 ~ /\/usr\/sbin\/meshtap-/) &&
		!($1 == "drwxr-x---" && $9 == "/var/log/meshtap")')
	assertEquals "rpm" "" "$listing"
}

test_no_compiler_at_run_time() {
	local depends
	built deb "$deb" && depends=$(dpkg-deb -f "$deb" Depends Recommends)
	assertContains "$depends" libbpf1
	assertFalse "deb: $depends" "grep -qE 'clang|llvm|gcc|bpftool|-dev|linux-headers' <<<'$depends'"
	built rpm "$rpm" && depends=$(rpm -qp --requires --recommends "$rpm" 2>/dev/null)
	assertContains "$depends" libbpf.so.1
	assertFalse "rpm: $depends" "grep -qE 'clang|llvm|gcc|bpftool|-devel|kernel-headers' <<<'$depends'"
}

# Stripped, position-independent, all relocations read-only; and nothing says where they were built.
test_binaries() {
	local b kind file
	for kind in deb rpm; do
		for b in $binaries; do
			file=$(folder $kind "$b")/usr/sbin/$b
			assertFalse "$kind: $b names $top" "grep -qaF '$top' '$file'"
			assertContains "$kind: $b" "$(readelf -h "$file")" "DYN ("
			assertContains "$kind: $b" "$(readelf -d "$file")" "BIND_NOW"
			assertNotContains "$kind: $b" "$(readelf -S "$file")" ".symtab"
		done
	done
}

# One place says it: Makefile.
test_version() {
	local b kind
	for kind in deb rpm; do
		for b in $binaries; do
			assertEquals "$kind" "$b $version" "$("$(folder $kind "$b")/usr/sbin/$b" --version)"
			assertContains "$kind: $b.8" "$(zcat "$(folder $kind "$b")/usr/share/man/man8/$b.8.gz" | sed -n '/^\.TH/p')" \
				"\"meshtap $version\""
		done
	done
	assertEquals "deb" "$version-1" "$(dpkg-deb -f "$deb" Version)"
	assertEquals "rpm" "$version" "$(rpm -qp --qf '%{VERSION}' "$rpm" 2>/dev/null)"
	assertEquals "CHANGELOG.md" "$version" "$(sed -n 's/^## \([0-9.]*\).*/\1/p' CHANGELOG.md | head -n 1)"
}

test_version_can_be_given() {
	local name=meshtap-99.1.2
	make dist VERSION=99.1.2 >/dev/null
	assertEquals "Makefile" "VERSION    := 99.1.2" "$(tar -xOf "build/$name.tar.gz" "$name/Makefile" | grep '^VERSION')"
	assertEquals "changelog" "meshtap (99.1.2-1) unstable; urgency=medium" \
		"$(tar -xOf "build/$name.tar.gz" "$name/packaging/debian/changelog" | head -n 1)"
	assertEquals "spec" "Version:        99.1.2" "$(tar -xOf "build/$name.tar.gz" "$name/packaging/rpm/meshtap.spec" | grep '^Version:')"
	rm -f "build/$name.tar.gz"
}

# From the archive, which is no clone, in a folder whose path has another length.
test_reproducible() {
	local again=$SHUNIT_TMPDIR/again/meshtap-$version what
	built deb "$deb" && built rpm "$rpm" || return
	mkdir -p "$SHUNIT_TMPDIR/again"
	tar -xf "$archive" -C "$SHUNIT_TMPDIR/again"
	make -C "$again" deb rpm >"$logs/again.log" 2>&1 || tail -n 20 "$logs/again.log"
	for what in "${archive#"$top/"}" "$deb" "$shipper_deb" "$rpm" "$shipper_rpm"; do
		cmp "$top/$what" "$again/$what"
		assertEquals "$what twice" 0 $?
	done
	rm -rf "$SHUNIT_TMPDIR/again"
}

# Fedora's node_exporter owns its directory; the services write there as root without root's capabilities.
test_textfile_dir_of_another_user() {
	local dir=$SHUNIT_TMPDIR/etc/var/lib/prometheus/node-exporter
	local root_without="setpriv --bounding-set=-all --inh-caps=-all"
	local other="setpriv --reuid=54321 --regid=12345 --clear-groups"
	command -v systemd-tmpfiles >/dev/null || { echo "SKIP: no systemd-tmpfiles"; startSkipping; return; }
	mkdir -p "$dir"
	cp /etc/passwd /etc/group "$SHUNIT_TMPDIR/etc/"
	chown 12345:12345 "$dir"
	chmod 755 "$(dirname "$SHUNIT_TMPDIR")" "$SHUNIT_TMPDIR" "$dir"
	assertFalse "before" "$root_without touch '$dir/meshtap.prom' 2>/dev/null"
	systemd-tmpfiles --create --root="$SHUNIT_TMPDIR/etc" "$top/packaging/tmpfiles.d/meshtap.conf"
	assertTrue "after" "$root_without touch '$dir/meshtap.prom'"
	assertEquals "owner" 12345:12345 "$(stat -c %u:%g "$dir")"
	assertTrue "others read" "$other ls '$dir/meshtap.prom' >/dev/null"
	assertFalse "its group and others do not write" "$other touch '$dir/x' 2>/dev/null"
	rm -r "$dir"
	systemd-tmpfiles --create --root="$SHUNIT_TMPDIR/etc" "$top/packaging/tmpfiles.d/meshtap.conf"
	assertTrue "without node_exporter" "$other ls '$dir'"
}

# A copy of a minimal system that has what the debs depend on, in $root. Without systemd: the scripts must do without.
chroot_make() {
	local packages made=$base.packages
	packages=$({ dpkg-deb -f "$deb" Depends; dpkg-deb -f "$shipper_deb" Depends; } | sed 's/([^)]*)//g; s/[ ]//g; s/^meshtap,//' | paste -sd,)
	if [ "$(cat "$made" 2>/dev/null)" != "$packages" ]; then
		rm -rf "$base"
		debootstrap --variant=minbase --include="$packages" "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$base" \
			>"$logs/debootstrap.log" 2>&1 || return 1
		echo "$packages" >"$made"
	fi
	root=$SHUNIT_TMPDIR/root
	rm -rf "$root"
	cp -a "$base" "$root"
	cp "$deb" "$root/root/meshtap.deb"
	cp "$shipper_deb" "$root/root/shipper.deb"
}

inside() {
	chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"
}

list_files() { # all but what dpkg itself keeps
	(cd "$root" && find . -path ./var/lib/dpkg -prune -o -path ./var/log/dpkg.log -prune -o -path './root/*.deb' -prune -o \
		-path ./var/cache/debconf -prune -o -print | sort)
}

test_install_remove_purge() {
	local before
	built deb "$deb" || return
	chroot_make || { fail "no chroot: $(tail -n 5 "$logs/debootstrap.log")"; return; }
	before=$(list_files)
	assertTrue "install" "inside dpkg -i /root/meshtap.deb >'$logs/install.log' 2>&1"
	assertTrue "it runs" "inside meshtap-access-log --check-config"
	assertTrue "the directory for metrics" "[ -d '$root/var/lib/prometheus/node-exporter' ]"
	assertTrue "the timers are enabled" "[ -L '$root/etc/systemd/system/timers.target.wants/meshtap-tcp-bytes.timer' ]"
	assertTrue "the services are enabled" "[ -L '$root/etc/systemd/system/multi-user.target.wants/meshtap-access-log.service' ]"
	assertTrue "configure again" "inside dpkg-reconfigure meshtap >>'$logs/install.log' 2>&1"

	echo "max_series = 5000" | sed '1i[tcp_bytes]' >>"$root/etc/meshtap/meshtap.ini"
	mkdir -p "$root/etc/meshtap/workloads.d" "$root/var/log/meshtap"
	touch "$root/etc/meshtap/workloads.d/mesh.ini" "$root/var/log/meshtap/access.log"{,.1.gz} \
		"$root/var/lib/prometheus/node-exporter/"{meshtap_tcp_bytes,others}.prom
	assertTrue "the same again" "inside dpkg -i /root/meshtap.deb >>'$logs/install.log' 2>&1"
	assertTrue "the administrator's line stays" "grep -qx 'max_series = 5000' '$root/etc/meshtap/meshtap.ini'"

	assertTrue "remove" "inside dpkg -r meshtap >>'$logs/install.log' 2>&1"
	assertEquals "metrics" others.prom "$(ls "$root/var/lib/prometheus/node-exporter")"
	assertTrue "the configuration stays" "[ -e '$root/etc/meshtap/meshtap.ini' ]"
	rm "$root/var/lib/prometheus/node-exporter/others.prom"
	assertTrue "purge" "inside dpkg -P meshtap >>'$logs/install.log' 2>&1"
	rmdir "$root/var/lib/prometheus/node-exporter" "$root/var/lib/prometheus" 2>/dev/null
	assertEquals "files left" "" "$(diff <(echo "$before") <(list_files))"
}

# What the log shipper has beside the others: how far it is, in its state directory.
shipper_has_run() {
	mkdir -p "$root/var/lib/private/meshtap-log-shipper"
	ln -s private/meshtap-log-shipper "$root/var/lib/meshtap-log-shipper"
	touch "$root/var/lib/private/meshtap-log-shipper/cursor"
}

purge_both() { # FILES: those before
	assertTrue "purge" "inside dpkg -P meshtap-log-shipper meshtap >>'$logs/shipper.log' 2>&1"
	rmdir "$root"/var/lib/{prometheus/node-exporter,prometheus,private} 2>/dev/null
	assertEquals "files left" "" "$(diff <(echo "$1") <(list_files))"
}

test_log_shipper_install_remove_purge() {
	local before wants=etc/systemd/system/multi-user.target.wants/meshtap-log-shipper.service
	built deb "$shipper_deb" || return
	chroot_make || { fail "no chroot"; return; }
	before=$(list_files)
	assertFalse "not alone" "inside dpkg -i /root/shipper.deb >'$logs/shipper.log' 2>&1"
	inside dpkg -P meshtap-log-shipper >>"$logs/shipper.log" 2>&1
	assertTrue "install" "inside dpkg -i /root/meshtap.deb /root/shipper.deb >>'$logs/shipper.log' 2>&1"
	assertTrue "it runs" "inside meshtap-log-shipper --check-config"
	assertFalse "it is not enabled" "[ -e '$root/$wants' ]"
	shipper_has_run
	assertTrue "remove" "inside dpkg -r meshtap-log-shipper >>'$logs/shipper.log' 2>&1"
	assertTrue "how far it is stays" "[ -e '$root/var/lib/meshtap-log-shipper/cursor' ]"
	assertTrue "the others stay" "inside meshtap-access-log --check-config"
	purge_both "$before"
}

# one_package: both in one, as an older version had it
one_package() {
	local tree=$SHUNIT_TMPDIR/one
	rm -rf "$tree"
	dpkg-deb -R "$deb" "$tree"
	cp -a "$files/deb-log-shipper/." "$tree/"
	sed -i "s/^Version: .*/Version: 0.0.1-1/" "$tree/DEBIAN/control"
	dpkg-deb --root-owner-group -Znone -b "$tree" "$root/root/one.deb" >/dev/null
	rm -r "$tree"
}

# dpkg takes the one package's files for the new package, in whatever order the two come, and keeps how far it was.
test_upgrade_from_one_package() {
	local before
	built deb "$shipper_deb" || return
	chroot_make || { fail "no chroot"; return; }
	before=$(list_files)
	one_package
	assertTrue "one package" "inside dpkg -i /root/one.deb >'$logs/shipper.log' 2>&1"
	shipper_has_run
	assertTrue "upgrade" "inside dpkg --auto-deconfigure -i /root/shipper.deb /root/meshtap.deb >>'$logs/shipper.log' 2>&1"
	assertEquals "meshtap-log-shipper: /usr/sbin/meshtap-log-shipper" "$(inside dpkg -S /usr/sbin/meshtap-log-shipper)"
	assertTrue "it runs" "inside meshtap-log-shipper --check-config"
	assertTrue "how far it was" "[ -e '$root/var/lib/meshtap-log-shipper/cursor' ]"
	purge_both "$before"
}

# Programs that were loaded by hand, or by units that systemd no longer knows: a removal unloads them.
test_removal_unloads() {
	built deb "$deb" || return
	[ -e /sys/kernel/btf/vmlinux ] || { echo "SKIP: no BTF"; startSkipping; }
	chroot_make || { fail "no chroot"; return; }
	inside dpkg -i /root/meshtap.deb >"$logs/unload.log" 2>&1
	unshare -m --propagation private bash -euc '
		mount --rbind /sys "$1/sys" && mount --rbind /proc "$1/proc" && mount -t bpf bpf "$1/sys/fs/bpf"
		chroot "$1" sh -euc "meshtap-tcp-bytes; meshtap-tcp-connections; ls /sys/fs/bpf/meshtap >&2
			dpkg -r meshtap; find /sys/fs/bpf -mindepth 1 ! -name \*.debug"' bash "$root" >"$logs/unload.out" 2>>"$logs/unload.log"
	assertEquals "$(tail -n 5 "$logs/unload.log")" 0 $?
	assertContains "they were pinned" "$(cat "$logs/unload.log")" tcp_bytes
	# The kernel's own two *.debug are in every bpffs.
	assertEquals "pins" "" "$(sed '1,/^Removing/d' "$logs/unload.out")"
}

# shellcheck source=/dev/null
. shunit2
