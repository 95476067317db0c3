/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "privileges.h"

#include <errno.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>

int cgroup2_find_mount(char *ret, unsigned long size, const char *table)
{
	FILE *mounts = setmntent(table, "re");
	char strings[2 * PATH_MAX];
	struct mntent entry;
	int err = -ENOENT;

	if (!mounts)
		return -errno;
	while (getmntent_r(mounts, &entry, strings, sizeof(strings))) {
		if (strcmp(entry.mnt_type, "cgroup2"))
			continue;
		err = (size_t)snprintf(ret, size, "%s", entry.mnt_dir) < size ? 0 : -ENAMETOOLONG;
		break;
	}
	endmntent(mounts);
	return err;
}

int cgroup2_mount_point(char *ret, unsigned long size)
{
	return cgroup2_find_mount(ret, size, "/proc/self/mounts");
}

int privileges_drop(void)
{
	cap_t none;
	int err = 0;

	/* Without CAP_SETPCAP the bounding set stays; no_new_privs makes it useless. */
	for (cap_value_t cap = 0; cap_get_bound(cap) >= 0; cap++)
		if (cap_drop_bound(cap))
			break;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
		return -errno;
	none = cap_init();
	if (!none)
		return -errno;
	if (cap_set_proc(none))
		err = -errno;
	cap_free(none);
	return err;
}

void privileges_raise_memlock(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &limit);
}
