// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "pins_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

int pins_dir_is_bpffs(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs))
		return -errno;
	return fs.f_type == BPF_FS_MAGIC;
}

int pins_dir_create(const char *pin_dir)
{
	char parent[PATH_MAX];
	char *slash;
	int r = pins_dir_is_bpffs(pin_dir);

	if (r != -ENOENT)
		return r < 0 ? r : r ? 0 : -ENODEV;
	if (snprintf(parent, sizeof(parent), "%s", pin_dir) >= PATH_MAX)
		return -ENAMETOOLONG;
	slash = strrchr(parent, '/');
	if (!slash || slash == parent)
		return -ENODEV;
	*slash = '\0';
	r = pins_dir_is_bpffs(parent);
	if (r <= 0)
		return r == 0 || r == -ENOENT ? -ENODEV : r;
	return mkdir(pin_dir, 0700) && errno != EEXIST ? -errno : 0;
}

int pins_dir_lock(const char *path)
{
	struct stat ours, now;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	do {
		r = flock(fd, LOCK_EX) ? -errno : 0;
	} while (r == -EINTR);
	if (!r && fstat(fd, &ours))
		r = -errno;
	if (!r && (stat(path, &now) || now.st_ino != ours.st_ino || now.st_dev != ours.st_dev))
		r = -EAGAIN;
	if (r) {
		close(fd);
		return r;
	}
	return fd;
}
