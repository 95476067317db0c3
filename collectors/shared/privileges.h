/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the process may do, and saying what it lacks. */
#ifndef MESHTAP_PRIVILEGES_H
#define MESHTAP_PRIVILEGES_H

/*
 * Writes into why, one line, the first thing missing on this host for a collector to load:
 * capability (CAP_BPF + CAP_PERFMON, or CAP_SYS_ADMIN; CAP_NET_ADMIN when needs_cgroup),
 * /sys/kernel/btf/vmlinux, bpffs at pin_dir (how to mount it), cgroup v2 (needs_cgroup). Returns 0
 * when nothing is missing, else -errno.
 */
int privileges_check(const char *pin_dir, int needs_cgroup, char *why, unsigned long size);

/* Drops every capability for good and sets no_new_privs. Returns 0 or -errno. */
int privileges_drop(void);

/* Mount point of cgroup v2 (/proc/self/mounts; hybrid hosts have it at /sys/fs/cgroup/unified).
 * -ENOENT: none. */
int cgroup2_mount_point(char *ret, unsigned long size);

/* RLIMIT_MEMLOCK to infinity: kernels before 5.11 charge maps to it. */
void privileges_raise_memlock(void);

#endif
