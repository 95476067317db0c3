/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One file of the log, plain or compressed by gzip. */
#ifndef MESHTAP_LOG_SHIPPER_SOURCE_H
#define MESHTAP_LOG_SHIPPER_SOURCE_H

#include "cursor.h"

#include <sys/stat.h>
#include <zlib.h>

struct source {
	int fd;		  /* -1: none is open */
	gzFile gz;	  /* NULL: plain */
	bool is_damaged;  /* that was counted */
	struct stat stat; /* when it was opened */
	/* what a compressed file begins with; a plain one is asked again */
	char head[CURSOR_HEAD_MAX];
	unsigned int head_length;
};

/* Opens dir/name. Returns 0, -EINVAL when it is no regular file, or -errno. */
int source_open(struct source *ret, const char *dir, const char *name);
void source_close(struct source *s);

/* The next read begins there. Returns 0 or -errno; -EIO: damaged. */
int source_seek(struct source *s, uint64_t offset);

/* Returns bytes, 0 at the end, or -errno; -EIO: damaged. */
ssize_t source_read(struct source *s, void *ret, size_t size);

/* Whether the file is not shorter than the cursor's offset, and begins as the cursor says. */
bool source_matches(struct source *s, const struct cursor *c);

/* Says in the cursor, of which offset is set, what the file is. */
void source_identify(struct source *s, struct cursor *c);

#endif
