// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "service.h"

#include "privileges.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a child, which loses its privileges and ends. */
static int can_read_without(int map_fd)
{
	char value[256]; /* that of no map used here is larger */
	__u32 zero = 0;

	if (privileges_drop())
		return 0;
	return !bpf_map_lookup_elem(map_fd, &zero, value) || errno != EPERM;
}

int service_drop_privileges(int map_fd)
{
	int status;
	pid_t child = fork();

	if (child < 0)
		return -errno;
	if (!child)
		_exit(can_read_without(map_fd) ? 0 : 1);
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return 1;
	return privileges_drop();
}
