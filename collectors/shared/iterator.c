// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "iterator.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int iterator_run(int link_fd)
{
	int fd = bpf_iter_create(link_fd), err = 0;
	char output[4096];
	ssize_t n;

	if (fd < 0)
		return -errno;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	for (;;) {
		n = read(fd, output, sizeof(output));
		if (n > 0)
			continue;
		if (n == 0)
			break;
		/* EAGAIN: the kernel pauses after many objects of no output */
		if (errno != EINTR && errno != EAGAIN) {
			err = -errno;
			break;
		}
	}
	close(fd);
	return err;
}
