/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define GZ_BUFFER (32u << 10)

static bool is_gz(const char *name)
{
	size_t length = strlen(name);

	return length > 3 && !strcmp(name + length - 3, ".gz");
}

/* Reads on, or returns -errno. */
static int open_gz(struct source *s)
{
	int own = fcntl(s->fd, F_DUPFD_CLOEXEC, 0), n;

	if (own < 0)
		return -errno;
	s->gz = gzdopen(own, "r");
	if (!s->gz) {
		close(own);
		return -ENOMEM;
	}
	gzbuffer(s->gz, GZ_BUFFER);
	n = gzread(s->gz, s->head, sizeof(s->head));
	if (n < 0)
		return -EIO;
	s->head_length = n;
	return gzrewind(s->gz) ? -EIO : 0;
}

int source_open(struct source *ret, const char *dir, const char *name)
{
	struct source s = { 0 };
	char path[PATH_MAX];
	int r = 0;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	s.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (s.fd < 0)
		return -errno;
	if (fstat(s.fd, &s.stat))
		r = -errno;
	else if (!S_ISREG(s.stat.st_mode))
		r = -EINVAL;
	else if (is_gz(name))
		r = open_gz(&s);
	if (r) {
		source_close(&s);
		return r;
	}
	*ret = s;
	return 0;
}

void source_close(struct source *s)
{
	if (s->gz)
		gzclose(s->gz);
	if (s->fd >= 0)
		close(s->fd);
	s->gz = NULL;
	s->fd = -1;
}

int source_seek(struct source *s, uint64_t offset)
{
	if (s->gz)
		return gzseek(s->gz, offset, SEEK_SET) < 0 ? -EIO : 0;
	return lseek(s->fd, offset, SEEK_SET) < 0 ? -errno : 0;
}

ssize_t source_read(struct source *s, void *ret, size_t size)
{
	ssize_t n;
	int error;

	if (!s->gz) {
		n = read(s->fd, ret, size);
		return n < 0 ? -errno : n;
	}
	n = gzread(s->gz, ret, size);
	gzerror(s->gz, &error);
	/* a file that ends too early is an error only behind its last byte */
	return n < 0 || (!n && error != Z_OK && error != Z_STREAM_END) ? -EIO : n;
}

/* Hash of the first length bytes. Returns whether there are so many. */
static bool hash_head(struct source *s, unsigned int length, uint64_t *ret)
{
	if (!s->gz) {
		ssize_t n = pread(s->fd, s->head, length, 0);

		s->head_length = n < 0 ? 0 : n;
	}
	if (s->head_length < length)
		return false;
	*ret = cursor_hash(s->head, length);
	return true;
}

bool source_matches(struct source *s, const struct cursor *c)
{
	struct stat st;
	uint64_t hash;

	if (!s->gz && (fstat(s->fd, &st) || (uint64_t)st.st_size < c->offset))
		return false;
	return hash_head(s, c->head_length, &hash) && hash == c->head_hash;
}

void source_identify(struct source *s, struct cursor *c)
{
	struct stat st;

	c->device = s->stat.st_dev;
	c->inode = s->stat.st_ino;
	c->head_length = c->offset < CURSOR_HEAD_MAX ? c->offset : CURSOR_HEAD_MAX;
	if (!hash_head(s, c->head_length, &c->head_hash))
		c->head_length = 0;
	if (!fstat(s->fd, &st))
		c->modified = st.st_mtim;
}
