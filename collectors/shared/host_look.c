// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host_look.h"

#include "host_refusal.h"
#include "pins_dir.h"
#include "privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

#define BPFFS_USUAL  "/sys/fs/bpf"
#define VMLINUX_BTF  "/sys/kernel/btf/vmlinux"
#define CAPABILITIES "capabilities"

static bool is_effective(cap_t caps, cap_value_t value)
{
	cap_flag_value_t set = CAP_CLEAR;

	return !cap_get_flag(caps, value, CAP_EFFECTIVE, &set) && set == CAP_SET;
}

static void append(char *ret, size_t size, const char *word)
{
	size_t length = strlen(ret);

	snprintf(ret + length, size - length, "%s%s", length ? ", " : "", word);
}

/* CAP_SYS_ADMIN is CAP_BPF and CAP_PERFMON too. CAP_NET_ADMIN is asked for on attaching to a
 * cgroup, also of CAP_SYS_ADMIN. */
static void list_missing(char *ret, size_t size, cap_t caps, bool needs_cgroup)
{
	bool admin = is_effective(caps, CAP_SYS_ADMIN);

	if (!admin && !is_effective(caps, CAP_BPF))
		append(ret, size, "CAP_BPF");
	if (!admin && !is_effective(caps, CAP_PERFMON))
		append(ret, size, "CAP_PERFMON");
	if (needs_cgroup && !is_effective(caps, CAP_NET_ADMIN))
		append(ret, size, "CAP_NET_ADMIN");
}

/* Both are wanted by setns() to the network namespace of another user's process. */
static void list_wished(char *ret, size_t size, cap_t caps)
{
	if (!is_effective(caps, CAP_SYS_ADMIN))
		append(ret, size, "CAP_SYS_ADMIN");
	if (!is_effective(caps, CAP_SYS_PTRACE))
		append(ret, size, "CAP_SYS_PTRACE");
}

void look_at_capabilities(struct host_features *f, const struct host_needs *needs)
{
	const char *all = needs->cgroup ? "CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN"
					: "CAP_BPF and CAP_PERFMON";
	char missing[64] = "", wished[64] = "", remedy[192];
	cap_t caps = cap_get_proc();

	if (!caps) {
		feature_add(f, FEATURE_MISSING, CAPABILITIES, "", "cannot read them: %s",
			    strerror(errno));
		return;
	}
	list_missing(missing, sizeof(missing), caps, needs->cgroup);
	list_wished(wished, sizeof(wished), caps);
	cap_free(caps);
	snprintf(remedy, sizeof(remedy),
		 "run as root, or with %s (systemd CapabilityBoundingSet=, containers --cap-add=)",
		 all);
	if (*missing)
		feature_add(f, FEATURE_MISSING, CAPABILITIES, remedy, "%s %s missing", missing,
			    strchr(missing, ',') ? "are" : "is");
	else if (*wished)
		feature_add(f, FEATURE_LIMITED, CAPABILITIES, "run with them, too",
			    "without %s older sockets of other network namespaces are not seen",
			    wished);
	else
		feature_add(f, FEATURE_OK, CAPABILITIES, "",
			    "enough for programs and for other network namespaces");
}

void look_at_btf(struct host_features *f)
{
	if (!access(VMLINUX_BTF, R_OK))
		feature_add(f, FEATURE_OK, "BTF", "", "%s", VMLINUX_BTF);
	else
		feature_add(f, FEATURE_MISSING, "BTF",
			    "a kernel with CONFIG_DEBUG_INFO_BTF=y, and sysfs on /sys",
			    "cannot read %s: %s", VMLINUX_BTF, strerror(errno));
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

static void add_no_bpffs(struct host_features *f, const char *pin_dir)
{
	if (!strncmp(pin_dir, BPFFS_USUAL "/", sizeof(BPFFS_USUAL)))
		feature_add(f, FEATURE_MISSING, "bpffs", "mount -t bpf bpf " BPFFS_USUAL,
			    "bpffs is not mounted at %s", BPFFS_USUAL);
	else
		feature_add(f, FEATURE_MISSING, "bpffs",
			    "mount -t bpf bpf DIR, or use one under " BPFFS_USUAL,
			    "pin directory %.150s is not on a bpffs", pin_dir);
}

/* The pin directory, or the nearest above it that is there: it is made by the first start. */
void look_at_bpffs(struct host_features *f, const char *pin_dir)
{
	char path[PATH_MAX];
	int r;

	if ((size_t)snprintf(path, sizeof(path), "%s", pin_dir) >= sizeof(path))
		r = -ENAMETOOLONG;
	else
		do {
			r = pins_dir_is_bpffs(path);
		} while (r == -ENOENT && cut_to_parent(path));
	if (!r)
		add_no_bpffs(f, pin_dir);
	else if (r < 0)
		feature_add(f, FEATURE_MISSING, "bpffs", "", "cannot examine %.150s: %s", path,
			    strerror(-r));
	else if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS))
		feature_add(f, FEATURE_MISSING, "bpffs",
			    errno == EROFS ? "mount -o remount,rw, systemd ReadWritePaths=, or a "
					     "container's volume without :ro"
					   : "run as its owner",
			    "cannot write to %.150s: %s", path, strerror(errno));
	else
		feature_add(f, FEATURE_OK, "bpffs", "", "%.200s", path);
}

/* The root of the hierarchy is the only cgroup that has no cgroup.type (cgroup-v2.rst). */
static bool is_root_of_hierarchy(const char *mount_point)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/cgroup.type", mount_point);
	return access(path, F_OK) && errno == ENOENT;
}

void look_at_cgroup(struct host_features *f)
{
	char path[PATH_MAX];
	int r = cgroup2_mount_point(path, sizeof(path));

	if (r == -ENOENT)
		feature_add(f, FEATURE_MISSING, "cgroup v2",
			    "mount -t cgroup2 none /sys/fs/cgroup/unified (beside version 1)",
			    "cgroup v2 is not mounted");
	else if (r)
		feature_add(f, FEATURE_MISSING, "cgroup v2", "",
			    "cannot find the mount point of cgroup v2: %s", strerror(-r));
	else if (!is_root_of_hierarchy(path))
		feature_add(f, FEATURE_LIMITED, "cgroup v2",
			    "mount the host's hierarchy; containers: --cgroupns=host",
			    "%.100s is a part of the hierarchy: traffic of others is not seen",
			    path);
	else
		feature_add(f, FEATURE_OK, "cgroup v2", "", "%.150s%s", path,
			    strcmp(path, "/sys/fs/cgroup/unified") ? ""
								   : " (hybrid: beside version 1)");
}

void look_at_processes(struct host_features *f)
{
	if (access("/proc/self/ns/net", F_OK))
		feature_add(f, FEATURE_LIMITED, "processes", "mount -t proc proc /proc",
			    "without /proc sockets of other network namespaces are not seen");
	else if (refusal_in_namespace("pid", FIRST_PID_NAMESPACE))
		feature_add(f, FEATURE_LIMITED, "processes",
			    "containers: --pid=host, hostPID: true",
			    "in a pid namespace older sockets of others are not seen");
	else
		feature_add(f, FEATURE_OK, "processes", "", "/proc shows those of the host");
}
