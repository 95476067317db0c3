// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "service.h"

#include "pins_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int claim_path(char ret[PATH_MAX], const char *pin_dir, const char *section)
{
	int n = snprintf(ret, PATH_MAX, "%s/%s_service", pin_dir, section);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* Returns -EAGAIN when the directory was removed after it was opened. */
static int try_claim(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	struct stat ours, now;

	if (fd < 0)
		return errno == ENOENT ? -EAGAIN : -errno;
	if (flock(fd, LOCK_EX | LOCK_NB))
		r = errno == EWOULDBLOCK ? -EBUSY : -errno;
	else if (fstat(fd, &ours))
		r = -errno;
	else if (stat(path, &now) || now.st_ino != ours.st_ino || now.st_dev != ours.st_dev)
		r = -EAGAIN;
	if (!r)
		return fd;
	close(fd);
	return r;
}

int service_claim(const char *pin_dir, const char *section)
{
	char path[PATH_MAX];
	int r = claim_path(path, pin_dir, section);

	while (!r || r == -EAGAIN) {
		r = pins_dir_create(pin_dir);
		if (r)
			return r;
		if (mkdir(path, 0700) && errno != EEXIST)
			return -errno;
		r = try_claim(path);
		if (r >= 0)
			return r; /* never 0: standard input is open, or nothing would come this far
				   */
	}
	return r;
}

void service_unclaim(const char *pin_dir, const char *section)
{
	char path[PATH_MAX];
	int fd;

	if (claim_path(path, pin_dir, section))
		return;
	fd = try_claim(path);
	if (fd < 0)
		return;
	rmdir(path);
	close(fd);
	rmdir(pin_dir); /* fails while other collectors are in it, as it should */
}
