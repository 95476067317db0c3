#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# "make check-vm": boots distribution kernels in QEMU (no KVM needed, so nothing here measures speed) and runs guest.sh
# in each. Usage: run.sh [KERNEL...], a series each: "5.10", "6.12", "7". The last line is "N passed, N failed, N skipped".
set -u

cd "$(dirname "$0")/../.." || exit 1
here=tests/vm
logs=build/tests/logs
limit=${MESHTAP_VM_SECONDS:-600} # for one kernel
modules="virtio_pci 9pnet_virtio 9p overlay veth sch_netem"
guest=${MESHTAP_VM_SCRIPT:-$here/guest.sh}
passed=0 failed=0 skipped=0
tested=()

skip_all() {
	echo "SKIP: $*"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
}

check_tools() {
	local tool

	[ "$(uname -m)" = x86_64 ] || skip_all "the guests are x86_64"
	[ "$(id -u)" = 0 ] || skip_all "needs root: the guest reads this machine's files"
	for tool in qemu-system-x86_64 busybox cpio modprobe depmod apt-get dpkg xz zstd; do
		command -v "$tool" >/dev/null ||
			skip_all "$tool is missing; apt-get install qemu-system-x86 busybox-static cpio kmod xz-utils zstd"
	done
}

# One module and what it needs, in the order to load them; the ones that are built in have no file.
add_module() { # kernel's folder, version, module
	local file

	modprobe -q -d "$1" -S "$2" --show-depends "$3" | sed -n 's/^insmod \([^ ]*\).*/\1/p' |
		while read -r file; do
			case $file in
			*.xz) xz -dc "$file" ;;
			*.zst) zstd -dqc "$file" ;;
			*) cat "$file" ;;
			esac >"$work/modules/$(basename "${file%.ko*}").ko"
			basename "${file%.ko*}" | sed 's/$/.ko/'
		done
}

build_initrd() { # kernel's folder
	local version module

	version=$(basename "$1"/lib/modules/*)
	rm -rf "$work"
	mkdir -p "$work"/{bin,proc,modules,lower,upper,root,dev}
	cp "$(command -v busybox)" "$work/bin/"
	install -m 755 "$here/init" "$work/init"
	for module in $modules; do
		add_module "$1" "$version" "$module"
	done | awk '!seen[$0]++' >"$work/modules/order"
	(cd "$work" && find . | cpio -o -H newc --quiet) >"$work.cpio"
}

boot() { # kernel's folder, log
	timeout -k 10 "$limit" qemu-system-x86_64 -nodefaults -no-user-config -display none -monitor none -no-reboot \
		-machine q35 -accel tcg,thread=multi -cpu max -smp 2 -m 1024 \
		-kernel "$1/vmlinuz" -initrd "$work.cpio" \
		-append "console=ttyS0 panic=-1 oops=panic mitigations=off quiet loglevel=4 TREE=$PWD RUN=$guest${MESHTAP_VM_MACHINE:+ MACHINE=$MESHTAP_VM_MACHINE}" \
		-serial "file:$2.console" -serial "file:$2" -device virtio-rng-pci \
		-virtfs local,path=/,mount_tag=root,security_model=none,multidevs=remap,readonly=on </dev/null
}

run() { # series
	local dir log=$PWD/$logs/vm-$1.log status p f s

	if ! dir=$("$here/kernel.sh" "$1" 2>"$log"); then
		echo "kernel $1: SKIP: $(tail -n 1 "$log")"
		skipped=$((skipped + 1))
		return
	fi
	build_initrd "$dir"
	boot "$dir" "$log" || echo "not ok boot: QEMU ended with $?" >>"$log"
	# Without KVM, QEMU now and then trips over a kernel that patches itself at boot: before the guest's script is reached.
	if ! grep -q '^kernel ' "$log"; then
		echo "kernel $1: did not boot; once more"
		boot "$dir" "$log" || echo "not ok boot: QEMU ended with $?" >>"$log"
	fi
	tested+=("$log")
	status=$(sed -n 's/^exit code //p' "$log")
	read -r p f s < <(awk -v status="${status:-1}" -f tests/count.awk "$log")
	echo "kernel $(basename "$dir"/lib/modules/*): $p passed, $f failed, $s skipped"
	if [ "$f" != 0 ]; then
		echo "---- $log"
		tail -n 20 "$log.console"
		cat "$log"
		echo "----"
	fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

check_tools
mkdir -p "$logs"
work=$(mktemp -d)/initrd
trap 'rm -rf "$(dirname "$work")"' EXIT
[ $# -gt 0 ] || set -- 5.10 6.1 6.12 6.18 7
for series; do
	run "$series"
done
if [ ${#tested[@]} != 0 ] && [ -z "${MESHTAP_VM_MACHINE:-}" ]; then
	awk -f "$here/table.awk" "${tested[@]}" >build/tests/kernels.md
	cat build/tests/kernels.md
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
