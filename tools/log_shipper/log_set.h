/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The log's files: the one that is written, and those that rotation has made of it. */
#ifndef MESHTAP_LOG_SHIPPER_LOG_SET_H
#define MESHTAP_LOG_SHIPPER_LOG_SET_H

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct log_entry {
	char *name; /* owned */
	uint64_t device, inode, size;
	struct timespec modified;
};

/* From the oldest to the newest, by their last change; of a compressed file and what it was made of
 * only the latter. */
struct log_set {
	struct log_entry *entries; /* owned */
	size_t count;
};

/* Those of dir that are called base, or base, a . or -, and anything. Returns 0, -EAGAIN when they
 * are being renamed, so that one may have been missed, or -errno. */
int log_set_read(struct log_set *ret, const char *dir, const char *base);
void log_set_free(struct log_set *s);

#endif
