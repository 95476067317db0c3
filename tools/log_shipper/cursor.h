/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How far the log is delivered: which file, known by its inode and by how it begins, and where in
 * it.
 */
#ifndef MESHTAP_LOG_SHIPPER_CURSOR_H
#define MESHTAP_LOG_SHIPPER_CURSOR_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define CURSOR_HEAD_MAX 1024

struct cursor {
	uint64_t device, inode;
	uint64_t offset; /* of the first byte that is not delivered; not compressed */
	/* The file's first bytes, at most CURSOR_HEAD_MAX and none behind offset: compressing and
	 * copying keep them, and a new file with an old inode has others. */
	unsigned int head_length;
	uint64_t head_hash;
	struct timespec modified; /* when the file was last written to, as far as it was read */
};

/* Hash of a file's first bytes. */
uint64_t cursor_hash(const void *bytes, unsigned int length);

/* Reads DIR/cursor. Returns 0, -ENOENT, -EINVAL when it is damaged, or -errno. */
int cursor_read(struct cursor *ret, const char *dir);

/* Replaces DIR/cursor, durably. Returns 0 or -errno. */
int cursor_write(const struct cursor *c, const char *dir);

#endif
