// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "http2_block.h"

#include <errno.h>

void http2_block_done(struct http2_direction *d, struct http2_memory *m)
{
	http2_memory_free(m, d->text);
	d->text = NULL;
	d->length = d->capacity = 0;
	d->open = false;
}

void http2_direction_free(struct http2_direction *d, struct http2_memory *m)
{
	http2_block_done(d, m);
	hpack_free(&d->table);
}

/* Blocks are missing. A size that was known most likely still holds. */
static void lose(struct http2_direction *d, struct http2_memory *m)
{
	size_t size = d->table.inflater ? hpack_size(&d->table) : d->resume;

	d->losses++;
	d->lost = true;
	d->resume = size > HPACK_SIZE ? size : HPACK_SIZE;
	http2_direction_free(d, m);
}

static bool grow(struct http2_direction *d, struct http2_memory *m, size_t length)
{
	size_t capacity = d->capacity * 2;
	char *text;

	if (length > HTTP2_BLOCK_MAX)
		return false;
	if (length <= d->capacity)
		return true;
	if (capacity < length)
		capacity = length;
	text = http2_memory_resize(m, d->text, capacity);
	if (!text)
		return false;
	d->text = text;
	d->capacity = capacity;
	return true;
}

/* Returns false if that cannot be. */
static bool collect(struct http2_direction *d, struct http2_memory *m, const void *bytes,
		    size_t length)
{
	if (!length)
		return true;
	if (!grow(d, m, d->length + length))
		return false;
	memcpy(d->text + d->length, bytes, length);
	d->length += length;
	return true;
}

/* Whether the piece belongs where it stands. A rest of what was lost is ignored, not lost again. */
static bool fits(struct http2_direction *d, struct http2_memory *m,
		 const struct record_block *piece)
{
	bool begins = piece->flags & BLOCK_BEGINS;

	if (piece->index != d->next)
		lose(d, m);
	d->next = piece->index + 1;
	if (begins == d->open || (d->open && d->stream != piece->header.ordinal)) {
		if (d->open || !d->lost)
			lose(d, m);
		return begins;
	}
	return true;
}

bool http2_block_append(struct http2_direction *d, struct http2_memory *m,
			const struct record_block *piece, const void *bytes, struct head_text *ret)
{
	bool ends = piece->flags & BLOCK_ENDS;

	if (!fits(d, m, piece))
		return false;
	if (ends && piece->flags & BLOCK_BEGINS) {
		*ret = (struct head_text){ piece->length ? bytes : "", piece->length };
		return true;
	}
	d->open = true;
	d->stream = piece->header.ordinal;
	if (!collect(d, m, bytes, piece->length)) {
		lose(d, m);
		return false;
	}
	*ret = (struct head_text){ d->length ? d->text : "", d->length };
	return ends;
}

static int table_open(struct http2_direction *d, struct http2_memory *m)
{
	int err = d->lost ? hpack_resume(&d->table, m, d->resume) : hpack_begin(&d->table, m);

	d->lost = false;
	return err;
}

int http2_block_next(struct http2_direction *d, struct http2_memory *m, struct head_text *block,
		     struct hpack_field *ret)
{
	int r = d->table.inflater ? 0 : table_open(d, m);

	if (!r)
		r = hpack_next(&d->table, block, ret);
	if (r < 0) {
		d->lost = true;
		d->resume = HPACK_SIZE;
	}
	return r;
}
