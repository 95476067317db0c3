/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The log's lines in their order, from file to file: rotated by renaming or copying, compressed or
 * not. A file is left for the next one when that has something in it: whoever writes the log is
 * then done with the old one.
 */
#ifndef MESHTAP_LOG_SHIPPER_FOLLOW_H
#define MESHTAP_LOG_SHIPPER_FOLLOW_H

#include "http_head.h"
#include "log_set.h"
#include "source.h"

#include <limits.h>

struct follower {
	char dir[PATH_MAX];
	const char *base; /* of the log, in the path that was given */
	struct source source;
	struct cursor known; /* what the source was when it was looked at last */
	uint64_t offset;     /* of the first byte that was not given out */
	char *buffer;	     /* owned */
	size_t begin, end;   /* what was read and not given out */
	size_t scanned;	     /* of it: bytes without a newline */
	uint64_t skipped;    /* bytes of its first line that were dropped: it is too long */

	unsigned long long cut_lines; /* longer than LINE_MAX_BYTES */
	unsigned long long gaps;      /* the place to go on from was gone: lines may be missing */
	unsigned long long damaged_files; /* compressed, and not readable to the end */
};

/* path: of the log, borrowed. Returns 0 or -ENOMEM. */
int follow_init(struct follower *f, const char *path);
void follow_free(struct follower *f);

/*
 * Begins at the cursor; without one, or where what it means is gone, at the oldest file that is not
 * older; NULL: at the beginning of the log. Returns 1, 0 when there is no file yet, or -errno;
 * -EAGAIN: try again, files are being renamed.
 */
int follow_begin(struct follower *f, const struct cursor *c);

/*
 * The next line that is not empty, without its newline, valid until the next call. Returns 1, 0
 * when there is none now, -ESTALE when the file was truncated (begin again where lines are
 * delivered), or -errno.
 */
int follow_next(struct follower *f, struct head_text *line);

/* The place behind the last line. Returns 0, or -ESTALE as above: then no line since the last call
 * may be trusted. */
int follow_mark(struct follower *f, struct cursor *ret);

/* Bytes of the log, compressed ones as they are, from the cursor's place on. */
unsigned long long follow_lag(const struct follower *f, const struct cursor *from);

/* Which entry of the set is the cursor's file, or the last that is older; -1: all are newer. */
ssize_t follow_find(const char *dir, const struct log_set *s, const struct cursor *c);

#endif
