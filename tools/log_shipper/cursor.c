/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cursor.h"

#include "prom_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME	 "cursor"
#define TEXT_MAX 512
#define FORMAT                                                                                     \
	"device %" PRIu64 "\ninode %" PRIu64 "\noffset %" PRIu64 "\nhead %u %" PRIx64              \
	"\nmodified %lld.%09ld\n"
#define SCAN                                                                                       \
	"device %" SCNu64 " inode %" SCNu64 " offset %" SCNu64 " head %u %" SCNx64                 \
	" modified %lld.%ld %n"

/* FNV-1a */
uint64_t cursor_hash(const void *bytes, unsigned int length)
{
	const unsigned char *p = bytes;
	uint64_t hash = 0xcbf29ce484222325;

	for (unsigned int i = 0; i < length; i++)
		hash = (hash ^ p[i]) * 0x100000001b3;
	return hash;
}

static int parse(struct cursor *ret, const char *text)
{
	struct cursor c;
	long long seconds;
	int end = 0;

	if (sscanf(text, SCAN, &c.device, &c.inode, &c.offset, &c.head_length, &c.head_hash,
		   &seconds, &c.modified.tv_nsec, &end) != 7)
		return -EINVAL;
	if (text[end] || c.head_length > CURSOR_HEAD_MAX || c.head_length > c.offset ||
	    c.offset > INT64_MAX || c.modified.tv_nsec < 0 || c.modified.tv_nsec > 999999999)
		return -EINVAL;
	c.modified.tv_sec = seconds;
	*ret = c;
	return 0;
}

int cursor_read(struct cursor *ret, const char *dir)
{
	char path[PATH_MAX], text[TEXT_MAX];
	ssize_t n;
	int fd;

	if (snprintf(path, sizeof(path), "%s/" NAME, dir) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	text[n] = '\0';
	return parse(ret, text);
}

/* So that the new name outlives a crash of the host. */
static int sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (fsync(fd))
		err = -errno;
	close(fd);
	return err;
}

/* A file that is replaced whole is what prom_file makes, whatever is in it. */
int cursor_write(const struct cursor *c, const char *dir)
{
	struct prom_file file;
	int r = prom_file_begin(&file, dir, NAME);

	if (r)
		return r;
	prom_printf(&file.text, FORMAT, c->device, c->inode, c->offset, c->head_length,
		    c->head_hash, (long long)c->modified.tv_sec, c->modified.tv_nsec);
	r = prom_file_end(&file);
	return r ? r : sync_dir(dir);
}
