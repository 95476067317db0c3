/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bytes that grow at their end. After a failure nothing is added, and whoever sends them asks. */
#ifndef MESHTAP_LOG_SHIPPER_BUFFER_H
#define MESHTAP_LOG_SHIPPER_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct buffer {
	char *data; /* owned */
	size_t length, capacity;
	bool failed; /* no memory */
};

void buffer_free(struct buffer *b);

/* Room for n more bytes, or NULL. What was written there becomes part of it by adding to length. */
char *buffer_reserve(struct buffer *b, size_t n);

void buffer_add(struct buffer *b, const void *bytes, size_t n);
void buffer_add_string(struct buffer *b, const char *s);

/* Moves what begins at `at` on, to put bytes before it. */
void buffer_insert(struct buffer *b, size_t at, const void *bytes, size_t n);

#endif
