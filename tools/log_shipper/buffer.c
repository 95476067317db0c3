/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

#define STEP (64u << 10) /* doubling would cost half of what is allowed */

void buffer_free(struct buffer *b)
{
	free(b->data);
	*b = (struct buffer){ 0 };
}

char *buffer_reserve(struct buffer *b, size_t n)
{
	size_t capacity = (b->length + n + STEP) / STEP * STEP;
	char *data;

	if (b->failed)
		return NULL;
	if (b->length + n <= b->capacity)
		return b->data + b->length;
	data = realloc(b->data, capacity);
	if (!data) {
		b->failed = true;
		return NULL;
	}
	b->data = data;
	b->capacity = capacity;
	return data + b->length;
}

void buffer_add(struct buffer *b, const void *bytes, size_t n)
{
	char *to = buffer_reserve(b, n);

	if (!to)
		return;
	memcpy(to, bytes, n);
	b->length += n;
}

void buffer_add_string(struct buffer *b, const char *s)
{
	buffer_add(b, s, strlen(s));
}

void buffer_insert(struct buffer *b, size_t at, const void *bytes, size_t n)
{
	if (!buffer_reserve(b, n))
		return;
	memmove(b->data + at + n, b->data + at, b->length - at);
	memcpy(b->data + at, bytes, n);
	b->length += n;
}
