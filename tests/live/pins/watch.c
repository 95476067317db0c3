/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For test_pins.sh, by LD_PRELOAD: says "opened" on standard error when a program opens its BPF
 * object, and kills it before the call KILL_BEFORE, counted from 1, of those that change what is
 * pinned.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

int bpf_object__open_skeleton(void *skeleton, const void *options);
int bpf_obj_pin(int fd, const char *path);
int munmap(void *at, size_t size);
int rename(const char *from, const char *to);

static void step(void)
{
	static int steps;
	const char *fatal = getenv("KILL_BEFORE");

	if (fatal && ++steps == atoi(fatal))
		kill(getpid(), SIGKILL);
}

int bpf_object__open_skeleton(void *skeleton, const void *options)
{
	if (write(STDERR_FILENO, "opened\n", 7) < 0)
		abort();
	return REAL(bpf_object__open_skeleton)(skeleton, options);
}

int bpf_obj_pin(int fd, const char *path)
{
	step();
	return REAL(bpf_obj_pin)(fd, path);
}

/* The control map's page is mapped for each change of it. */
int munmap(void *at, size_t size)
{
	step();
	return REAL(munmap)(at, size);
}

int rename(const char *from, const char *to)
{
	step();
	return REAL(rename)(from, to);
}

int unlink(const char *path)
{
	step();
	return REAL(unlink)(path);
}
