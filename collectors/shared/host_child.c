// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host_child.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

int host_child(int (*try)(const void *), const void *argument)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		return errno;
	if (!child)
		_exit(try(argument));
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return errno;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : HOST_CHILD_KILLED;
}
