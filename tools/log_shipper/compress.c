/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "compress.h"

#include <errno.h>
#include <zlib.h>

#define WINDOW_GZIP (15 + 16) /* deflateInit2(): 32 KiB, gzip's header */
#define MEMORY	    8

/* The fastest level: more would cost more than all else. */
int compress_gzip(struct buffer *to, const struct buffer *from)
{
	z_stream z = { 0 };
	char *out;
	size_t bound;
	int r;

	if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, WINDOW_GZIP, MEMORY, Z_DEFAULT_STRATEGY))
		return -ENOMEM;
	to->length = 0;
	bound = deflateBound(&z, from->length);
	out = buffer_reserve(to, bound);
	if (!out) {
		deflateEnd(&z);
		return -ENOMEM;
	}
	z.next_in = (unsigned char *)from->data;
	z.avail_in = from->length;
	z.next_out = (unsigned char *)out;
	z.avail_out = bound;
	r = deflate(&z, Z_FINISH);
	to->length = z.total_out;
	deflateEnd(&z);
	return r == Z_STREAM_END ? 0 : -ENOMEM;
}
