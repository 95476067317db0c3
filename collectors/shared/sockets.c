/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "sockets.h"

#include "iterator.h"

#include <bpf/bpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NETNS_DIR "/run/netns"

/* A namespace is told by its file's device and inode. */
struct netns {
	dev_t device;
	ino_t inode;
};

struct walk {
	int link_fd;
	int own_fd; /* the namespace to come back to */
	bool away;
	void *seen;  /* tree of struct netns: there may be thousands, of more processes */
	int entered; /* how many are in it */
};

static int compare(const void *a, const void *b)
{
	const struct netns *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return x->device < y->device ? -1 : x->device > y->device;
}

static int remember(struct walk *w, const struct stat *st)
{
	struct netns *n = malloc(sizeof(*n));

	if (!n)
		return -ENOMEM;
	*n = (struct netns){ st->st_dev, st->st_ino };
	if (!tsearch(n, &w->seen, compare)) {
		free(n);
		return -ENOMEM;
	}
	w->entered++;
	return 0;
}

static bool is_remembered(const struct walk *w, const struct stat *st)
{
	struct netns n = { st->st_dev, st->st_ino };

	return tfind(&n, &w->seen, compare);
}

static int walk_entered(struct walk *w, int fd, const struct stat *st)
{
	int err;

	if (setns(fd, CLONE_NEWNET))
		return 0; /* no right to, no namespace, or gone */
	w->away = true;
	err = remember(w, st);
	return err ? err : iterator_run(w->link_fd);
}

static int walk_path(struct walk *w, int dir_fd, const char *path)
{
	struct stat st;
	int fd, err = 0;

	/* stat() first: most processes share a namespace, and it costs less than open() */
	if (fstatat(dir_fd, path, &st, 0) || is_remembered(w, &st))
		return 0;
	fd = openat(dir_fd, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (!fstat(fd, &st) && !is_remembered(w, &st))
		err = walk_entered(w, fd, &st);
	close(fd);
	return err;
}

static int walk_processes(struct walk *w)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir))) {
		char path[sizeof(entry->d_name) + sizeof("/ns/net")];

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "%s/ns/net", entry->d_name);
		err = walk_path(w, dirfd(dir), path);
	}
	closedir(dir);
	return err;
}

/* Namespaces that are kept by a bind mount and may have no process. */
static int walk_named(struct walk *w)
{
	DIR *dir = opendir(NETNS_DIR);
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return 0;
	while (!err && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			err = walk_path(w, dirfd(dir), entry->d_name);
	closedir(dir);
	return err;
}

static int walk_all(struct walk *w)
{
	struct stat st;
	int err;

	if (fstat(w->own_fd, &st))
		return -errno;
	err = remember(w, &st);
	if (!err)
		err = iterator_run(w->link_fd);
	if (!err)
		err = walk_processes(w);
	if (!err)
		err = walk_named(w);
	return err;
}

int sockets_walk(int link_fd)
{
	struct walk w = { .link_fd = link_fd };
	int err;

	w.own_fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (w.own_fd < 0)
		return -errno;
	err = walk_all(&w);
	if (w.away && setns(w.own_fd, CLONE_NEWNET) && !err)
		err = -errno;
	close(w.own_fd);
	tdestroy(w.seen, free);
	return err ? err : w.entered;
}
