// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* measure COMMAND...: runs it, then prints its wall-clock and CPU time in ms and its peak RSS in
 * KiB to descriptor 3. Exits as it does. */
#include <err.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double ms_of(struct timeval t)
{
	return t.tv_sec * 1e3 + t.tv_usec / 1e3;
}

int main(int argc, char **argv)
{
	struct timespec began, ended;
	struct rusage use;
	int status;
	pid_t child;

	if (argc < 2)
		errx(2, "usage: measure COMMAND...");
	clock_gettime(CLOCK_MONOTONIC, &began);
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (!child) {
		execvp(argv[1], argv + 1);
		err(127, "%s", argv[1]);
	}
	if (wait4(child, &status, 0, &use) != child)
		err(1, "wait");
	clock_gettime(CLOCK_MONOTONIC, &ended);
	dprintf(3, "%.2f %.2f %ld\n",
		(ended.tv_sec - began.tv_sec) * 1e3 + (ended.tv_nsec - began.tv_nsec) / 1e6,
		ms_of(use.ru_utime) + ms_of(use.ru_stime), use.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
