// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "iterator.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct bpf_link *iterator_attach_to_map(const struct bpf_program *program, int map_fd)
{
	union bpf_iter_link_info info = { .map.map_fd = map_fd };
	struct bpf_iter_attach_opts options;

	memset(&options, 0, sizeof(options)); /* libbpf looks at the padding, too */
	options.sz = sizeof(options);
	options.link_info = &info;
	options.link_info_len = sizeof(info);
	return bpf_program__attach_iter(program, &options);
}

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
