/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "log_buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int log_buffer_init(struct log_buffer *ret, size_t size, size_t line_max)
{
	size_t capacity = size + line_max;
	char *data = malloc(capacity); /* untouched pages cost nothing */

	if (!data)
		return -ENOMEM;
	*ret = (struct log_buffer){ .data = data, .capacity = capacity, .full = size };
	return 0;
}

void log_buffer_free(struct log_buffer *b)
{
	free(b->data);
	*b = (struct log_buffer){};
}

bool log_buffer_has_work(const struct log_buffer *b)
{
	return b->length || b->has_reopen;
}

bool log_buffer_has_room(const struct log_buffer *b, size_t length)
{
	return length <= b->capacity - b->length && b->length <= b->full;
}

void log_buffer_append(struct log_buffer *b, const char *line, size_t length)
{
	memcpy(b->data + b->length, line, length);
	b->length += length;
	b->lines++;
}

unsigned long long log_buffer_note_written(struct log_buffer *b, size_t n)
{
	const char *p = b->data + b->written, *end = p + n, *newline;
	unsigned long long lines = 0;

	if (end == b->data + b->length)
		lines = b->lines;
	else
		for (; p < end && (newline = memchr(p, '\n', end - p)); p = newline + 1)
			lines++;
	b->written += n;
	b->lines -= lines;
	return lines;
}

size_t log_buffer_unfinished(const struct log_buffer *b)
{
	const char *newline = memrchr(b->data, '\n', b->written);

	return b->written - (newline ? (size_t)(newline + 1 - b->data) : 0);
}

void log_buffer_begin_again(struct log_buffer *b)
{
	b->written -= log_buffer_unfinished(b);
}

unsigned int log_buffer_skip_unfinished(struct log_buffer *b)
{
	const char *newline;

	if (!log_buffer_unfinished(b))
		return 0;
	newline = memchr(b->data + b->written, '\n', b->length - b->written);
	b->written = newline ? (size_t)(newline + 1 - b->data) : b->length;
	b->lines--;
	return 1;
}

void log_buffer_clear(struct log_buffer *b)
{
	b->length = 0;
	b->written = 0;
	b->lines = 0;
}
