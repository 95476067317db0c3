/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the process may do. */
#ifndef MESHTAP_PRIVILEGES_H
#define MESHTAP_PRIVILEGES_H

/* Drops every capability for good and sets no_new_privs. Returns 0 or -errno. */
int privileges_drop(void);

/* Mount point of cgroup v2 (/proc/self/mounts; hybrid hosts have it at /sys/fs/cgroup/unified).
 * -ENOENT: none. */
int cgroup2_mount_point(char *ret, unsigned long size);

/* The same in another table of mounts, a file in the format of fstab(5). */
int cgroup2_find_mount(char *ret, unsigned long size, const char *table);

/* RLIMIT_MEMLOCK to infinity: kernels before 5.11 charge maps to it. */
void privileges_raise_memlock(void);

#endif
