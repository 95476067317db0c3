// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "hpack.h"

#include <errno.h>
#include <stdint.h>

/* Of an entry without name and value (RFC 7541 4.1): there is none smaller. */
#define ENTRY_MIN 32u

static void *mem_malloc(size_t size, void *m)
{
	return http2_memory_resize(m, NULL, size ? size : 1);
}

static void mem_free(void *p, void *m)
{
	http2_memory_free(m, p);
}

static void *mem_calloc(size_t n, size_t size, void *m)
{
	size_t all;
	void *p;

	if (__builtin_mul_overflow(n, size, &all))
		return NULL;
	p = mem_malloc(all, m);
	return p ? memset(p, 0, all) : NULL;
}

static void *mem_realloc(void *p, size_t size, void *m)
{
	return http2_memory_resize(m, p, size ? size : 1);
}

void hpack_free(struct hpack *t)
{
	if (t->inflater)
		nghttp2_hd_inflate_del(t->inflater);
	t->inflater = NULL;
}

/*
 * To the inflater the ceiling is what SETTINGS_HEADER_TABLE_SIZE allowed. It leaves the table at
 * HPACK_SIZE, and the encoder says every change in the block itself (RFC 7541 6.3), so SETTINGS
 * need not be seen.
 */
int hpack_begin(struct hpack *t, struct http2_memory *m)
{
	hpack_free(t);
	t->mem = (nghttp2_mem){ m, mem_malloc, mem_free, mem_calloc, mem_realloc };
	if (nghttp2_hd_inflate_new2(&t->inflater, &t->mem)) {
		t->inflater = NULL;
		return -ENOMEM;
	}
	if (nghttp2_hd_inflate_change_table_size(t->inflater, HPACK_SIZE_MAX)) {
		hpack_free(t);
		return -ENOMEM;
	}
	return 0;
}

static int feed(struct hpack *t, const uint8_t *bytes, size_t length, int final)
{
	nghttp2_nv field;
	int flags;

	return nghttp2_hd_inflate_hd2(t->inflater, &field, &flags, bytes, length, final) < 0;
}

/* A dynamic table size update (RFC 7541 6.3, 5.1). Returns its length, at most 6. */
static size_t put_size(uint8_t *p, size_t size)
{
	const uint8_t *start = p;

	if (size < 31) {
		*p = 0x20 | size;
		return 1;
	}
	*p++ = 0x3f;
	for (size -= 31; size > 127; size >>= 7)
		*p++ = 0x80 | (size & 127);
	*p++ = size;
	return p - start;
}

/* Inserted entries without name and value; the newest one's name does for the next, so it is in
 * memory only once. */
static int fill(struct hpack *t, size_t size)
{
	static const uint8_t first[] = { 0x40, 0, 0 }, next[] = { 0x7e, 0 };
	uint8_t update[6];
	int err = feed(t, update, put_size(update, size), 0);

	for (size_t n = 0; !err && n < size / ENTRY_MIN; n++)
		err = n ? feed(t, next, sizeof(next), 0) : feed(t, first, sizeof(first), 0);
	return err || feed(t, next, 0, 1) || nghttp2_hd_inflate_end_headers(t->inflater);
}

int hpack_resume(struct hpack *t, struct http2_memory *m, size_t size)
{
	int err = hpack_begin(t, m);

	if (err)
		return err;
	if (fill(t, size)) {
		hpack_free(t);
		return -ENOMEM;
	}
	return 0;
}

size_t hpack_size(const struct hpack *t)
{
	return nghttp2_hd_inflate_get_max_dynamic_table_size(t->inflater);
}

int hpack_next(struct hpack *t, struct head_text *block, struct hpack_field *ret)
{
	nghttp2_nv field;
	int flags;
	ssize_t n = nghttp2_hd_inflate_hd2(t->inflater, &field, &flags,
					   (const uint8_t *)block->data, block->length, 1);

	if (n < 0) {
		hpack_free(t);
		return n == NGHTTP2_ERR_NOMEM ? -ENOMEM : -EBADMSG;
	}
	block->data += n;
	block->length -= n;
	if (!(flags & NGHTTP2_HD_INFLATE_EMIT)) {
		nghttp2_hd_inflate_end_headers(t->inflater);
		return 0;
	}
	ret->name = (struct head_text){ (const char *)field.name, field.namelen };
	ret->value = (struct head_text){ (const char *)field.value, field.valuelen };
	return 1;
}
