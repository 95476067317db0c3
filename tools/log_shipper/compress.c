/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "compress.h"

#include <errno.h>
#include <libdeflate.h>

#define FASTEST 1 /* more would cost more than all else */

struct libdeflate_compressor *compress_new(void)
{
	return libdeflate_alloc_compressor(FASTEST);
}

void compress_free(struct libdeflate_compressor *c)
{
	libdeflate_free_compressor(c);
}

int compress_gzip(struct libdeflate_compressor *c, struct buffer *to, const struct buffer *from)
{
	size_t bound = libdeflate_gzip_compress_bound(c, from->length);
	char *out;

	to->length = 0;
	out = buffer_reserve(to, bound);
	if (!out)
		return -ENOMEM;
	to->length = libdeflate_gzip_compress(c, from->data, from->length, out, bound);
	return to->length ? 0 : -ENOMEM;
}
