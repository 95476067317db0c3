/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One direction of an HTTP/2 connection: pieces into header blocks, and these into fields. */
#ifndef MESHTAP_HTTP2_BLOCK_H
#define MESHTAP_HTTP2_BLOCK_H

#include "hpack.h"
#include "record.h"

#define HTTP2_BLOCK_MAX (256u << 10) /* bytes; a longer one is as if it was lost */

/* Zero before the first piece. Stays where it is. */
struct http2_direction {
	struct hpack table;
	char *text; /* owned: what came of a block that comes in more than one piece */
	unsigned int length, capacity;
	unsigned int losses; /* how many times blocks were lost */
	__u32 next;	     /* the piece expected */
	__u32 stream;	     /* of the block that has begun and not ended */
	bool open;	     /* there is one */
	bool lost;	     /* the table's past is not known from here */
	__u32 resume;	     /* with this size */
};

/*
 * The next piece. Returns true when it ends a block that came whole; ret is the block, and borrows
 * from bytes or from d until http2_block_done().
 */
bool http2_block_append(struct http2_direction *d, struct http2_memory *m,
			const struct record_block *piece, const void *bytes, struct head_text *ret);

/* hpack_next() of such a block. After an error the block's other fields are not known. */
int http2_block_next(struct http2_direction *d, struct http2_memory *m, struct head_text *block,
		     struct hpack_field *ret);

/* Releases the block. */
void http2_block_done(struct http2_direction *d, struct http2_memory *m);

void http2_direction_free(struct http2_direction *d, struct http2_memory *m);

#endif
