/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "privileges.h"

#include <errno.h>
#include <limits.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

#define BPF_FS_MAGIC 0xcafe4a11
#define BPFFS_USUAL  "/sys/fs/bpf"
#define VMLINUX_BTF  "/sys/kernel/btf/vmlinux"

static bool is_effective(cap_t caps, cap_value_t value)
{
	cap_flag_value_t set = CAP_CLEAR;

	return !cap_get_flag(caps, value, CAP_EFFECTIVE, &set) && set == CAP_SET;
}

static const char *missing_capability(cap_t caps, int needs_cgroup)
{
	bool admin = is_effective(caps, CAP_SYS_ADMIN);

	if (!admin && !is_effective(caps, CAP_BPF))
		return "CAP_BPF";
	if (!admin && !is_effective(caps, CAP_PERFMON))
		return "CAP_PERFMON";
	/* the kernel asks for this one on attach, also of CAP_SYS_ADMIN */
	if (needs_cgroup && !is_effective(caps, CAP_NET_ADMIN))
		return "CAP_NET_ADMIN";
	return NULL;
}

static int check_capabilities(int needs_cgroup, char *why, size_t size)
{
	cap_t caps = cap_get_proc();
	const char *missing;

	if (!caps) {
		int err = -errno;

		snprintf(why, size, "cannot read the process's capabilities: %s", strerror(-err));
		return err;
	}
	missing = missing_capability(caps, needs_cgroup);
	cap_free(caps);
	if (!missing)
		return 0;
	snprintf(why, size, "%s is missing: run as root, or with CAP_BPF, CAP_PERFMON%s", missing,
		 needs_cgroup ? " and CAP_NET_ADMIN" : "");
	return -EPERM;
}

static int check_btf(char *why, size_t size)
{
	int err;

	if (!access(VMLINUX_BTF, R_OK))
		return 0;
	err = -errno;
	snprintf(why, size,
		 "cannot read %s: %s: a kernel built with CONFIG_DEBUG_INFO_BTF is needed",
		 VMLINUX_BTF, strerror(-err));
	return err;
}

/* Cuts path to its parent. Returns false when it has none. */
static bool cut_to_parent(char *path)
{
	char *slash = strrchr(path, '/');

	if (!strcmp(path, "/") || !strcmp(path, "."))
		return false;
	if (!slash)
		strcpy(path, ".");
	else
		slash[slash == path] = '\0';
	return true;
}

static int check_bpffs(const char *pin_dir, char *why, size_t size)
{
	char path[PATH_MAX];
	struct statfs fs;
	int err;

	if ((size_t)snprintf(path, sizeof(path), "%s", pin_dir) >= sizeof(path)) {
		snprintf(why, size, "the pin directory's name is too long");
		return -ENAMETOOLONG;
	}
	while (statfs(path, &fs)) {
		if (errno == ENOENT && cut_to_parent(path))
			continue;
		err = -errno;
		snprintf(why, size, "cannot examine %s: %s", path, strerror(-err));
		return err;
	}
	if ((unsigned int)fs.f_type == BPF_FS_MAGIC)
		return 0;
	if (!strncmp(pin_dir, BPFFS_USUAL "/", sizeof(BPFFS_USUAL)))
		snprintf(why, size, "bpffs is not mounted at %s: mount -t bpf bpf %s", BPFFS_USUAL,
			 BPFFS_USUAL);
	else
		snprintf(
			why, size,
			"pin directory %s is not on a bpffs: mount -t bpf bpf DIR, or use one under %s",
			pin_dir, BPFFS_USUAL);
	return -ENODEV;
}

int cgroup2_mount_point(char *ret, unsigned long size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
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

static int check_cgroup(char *why, size_t size)
{
	char path[PATH_MAX];
	int err = cgroup2_mount_point(path, sizeof(path));

	if (err == -ENOENT)
		snprintf(why, size,
			 "cgroup v2 is not mounted: mount -t cgroup2 none /sys/fs/cgroup/unified");
	else if (err)
		snprintf(why, size, "cannot find the mount point of cgroup v2: %s", strerror(-err));
	return err;
}

int privileges_check(const char *pin_dir, int needs_cgroup, char *why, unsigned long size)
{
	int err = check_capabilities(needs_cgroup, why, size);

	if (!err)
		err = check_btf(why, size);
	if (!err)
		err = check_bpffs(pin_dir, why, size);
	if (!err && needs_cgroup)
		err = check_cgroup(why, size);
	return err;
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
