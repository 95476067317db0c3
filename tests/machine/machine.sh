#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A machine with systemd as PID 1, in systemd-nspawn; sourced after tests/live/lib.sh. It has this host's kernel, and namespaces
# of its own, the cgroup namespace too: its collectors attach to the machine's cgroup, and see its traffic and no other. It has
# its own bpffs, which a reboot empties as on a real machine. What it writes outlives a reboot, and not machine_end.
# shellcheck disable=SC2154,SC3043 # lib.sh sets variables; dash has local

# root: the machine's files, mounts of its own included while it runs
machine='' machine_cgroup='' nspawn='' leader='' root=''

# machine_why_not: says what this host lacks to run one; 1 when nothing
machine_why_not() {
	if [ -z "$(awk '$3 == "cgroup2"' /proc/self/mounts)" ]; then
		echo "no cgroup v2 is mounted"
	elif [ ! -e /usr/share/keyrings/debian-archive-keyring.gpg ]; then
		echo "not Debian: the machine is of this host's release"
	elif ! command -v systemd-nspawn >/dev/null || ! command -v debootstrap >/dev/null; then
		echo "systemd-nspawn or debootstrap is missing: packaging/deps.sh machine"
	else
		return 1
	fi
}

# machine_begin ROOTFS: a layer above it, in memory, as a layer above another one is not everywhere possible
machine_begin() {
	machine=$(mktemp -d)
	machine_cgroup=$cgroup/meshtap-machine-$$
	mkdir "$machine_cgroup"
	mount -t tmpfs -o mode=755 none "$machine"
	mkdir "$machine/upper" "$machine/work" "$machine/root"
	mount -t overlay -o "lowerdir=${1:?},upperdir=$machine/upper,workdir=$machine/work" none "$machine/root"
	root=$machine/root
	echo machine >"$root/etc/hostname"
	echo "127.0.0.1 localhost machine" >"$root/etc/hosts"
	machine_mount_bpffs
}

# systemd mounts it itself on what is not a container, and refuses a mount unit for it.
machine_mount_bpffs() {
	local units="$root/etc/systemd/system"

	cat >"$units/bpffs.service" <<-END
		[Unit]
		DefaultDependencies=no
		Before=local-fs.target
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/bin/mkdir -p /sys/fs/bpf
		ExecStart=/bin/mount -t bpf -o mode=700 bpf /sys/fs/bpf
	END
	mkdir -p "$units/local-fs.target.wants"
	ln -s ../bpffs.service "$units/local-fs.target.wants/"
}

# For the background, where $! must be nspawn
# shellcheck disable=SC2016
become_nspawn() {
	exec sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec env "$@"' sh "$machine_cgroup" \
		SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_API_VFS_WRITABLE=1 systemd-nspawn -q -D "$machine/root" \
		--machine=machine --private-network --register=no --keep-unit --capability=all \
		--system-call-filter=@known --boot systemd.show_status=0
}

# Of nspawn's children the one that is PID 1 of its namespace
machine_find_leader() {
	local pid

	for pid in $(pgrep -P "$nspawn"); do
		if grep -q '^NSpid:.*[[:space:]]1$' "/proc/$pid/status"; then
			leader=$pid root=/proc/$pid/root
			return 0
		fi
	done
	return 1
}

machine_is_up() {
	in_machine systemctl is-system-running | grep -qE 'running|degraded'
}

machine_boot() {
	become_nspawn </dev/null >>"$machine/console" 2>&1 &
	nspawn=$!
	wait_for machine_find_leader && wait_for test -d "$machine_cgroup/payload/system.slice" && machine_client &&
		wait_for machine_is_up && return 0
	echo "the machine does not start:"
	cat "$machine/console"
	return 1
}

# Where what the test runs in the machine belongs to, and so the clients of its traffic
machine_client() {
	mkdir -p "$machine_cgroup/payload/client.service"
}

# enter_machine NSENTER'S OPTION... -- COMMAND...
enter_machine() {
	# shellcheck disable=SC2016
	sh -c 'echo $$ >"$1/cgroup.procs"; leader=$2; shift 2; exec nsenter -t "$leader" "$@"' sh \
		"$machine_cgroup/payload/client.service" "$leader" "$@"
}

# in_machine COMMAND...
in_machine() {
	enter_machine -m -p -u -i -n -C -- "$@"
}

# on_its_network COMMAND...: a program of this host, which is a client in the machine
on_its_network() {
	enter_machine -n -- "$@"
}

# pids_of UNIT: as this host numbers them
pids_of() {
	cat "$machine_cgroup/payload/system.slice/$1/cgroup.procs" 2>/dev/null
}

# is_state UNIT STATE
is_state() {
	[ "$(in_machine systemctl is-active "$1")" = "$2" ]
}

# machine_reboot: nspawn ends with 133 when it is asked to start anew
machine_reboot() {
	local status=0

	in_machine systemctl reboot
	wait "$nspawn" || status=$?
	leader='' root=$machine/root
	[ "$status" = 133 ] || echo "nspawn ended with $status, not for a reboot"
	machine_boot
}

machine_poweroff() {
	[ -z "$leader" ] || kill -s RTMIN+4 "$leader"
	[ -z "$nspawn" ] || wait "$nspawn"
	leader='' nspawn='' root=$machine/root
}

machine_end() {
	[ -n "$machine" ] || return 0
	machine_poweroff
	umount "$machine/root"
	umount "$machine"
	rmdir "$machine"
	find "$machine_cgroup" -depth -type d -exec rmdir {} +
	machine=''
}
