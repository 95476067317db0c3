/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The heads of HTTP/2 messages, out of the header blocks that the kernel sends in the order of the
 * wire (bpf/record.h): one HPACK table per connection and direction, fed on arrival, and of each
 * stream the fields that are wanted, until its exchange ends.
 *
 * A table that was not seen from its beginning, or of which a block was lost, is followed on from
 * there: indices count from the newest entry, so what was inserted since is known exactly. What
 * refers to entries before is unresolved: it is never guessed, and counted.
 *
 * Bounded: the connections that were idle longest, and then their streams, give way.
 */
#ifndef MESHTAP_HTTP2_HEADS_H
#define MESHTAP_HTTP2_HEADS_H

#include "http_head.h"
#include "record.h"

struct http2_heads;

/* All is borrowed, valid until the table changes. */
struct http2_head {
	/* Fields of the block that are not known, besides those below; a block that was lost has at
	 * least one. While it is 0, what is missing was not sent. */
	unsigned int unresolved;
	unsigned short
		status; /* :status; of an interim response when nothing final followed; 0: none */
	struct head_text method, scheme, authority, path,
		protocol; /* of a request; data NULL: none */
	/* The wanted headers by their numbers: the first of each name; data NULL: none. A request's
	 * authority stands for "host" too, if that is wanted and was not sent. Unresolved fields
	 * may be of the same name: a cookie of which a piece may be missing is not known, nor is
	 * after one what senders commonly send more than once (Set-Cookie, Via ...); other names
	 * are taken to be there once. */
	const struct head_text *value;
};

/* wanted: HEAD_SIDES of them, borrowed; without pseudo-header fields. max_bytes: of everything that
 * is kept. Returns 0 or -ENOMEM. */
int http2_heads_init(struct http2_heads **ret, size_t max_bytes,
		     const struct head_names wanted[HEAD_SIDES]);
void http2_heads_free(struct http2_heads **h);

/* The next RECORD_BLOCK; bytes: block->length of them. */
void http2_heads_block(struct http2_heads *h, const struct record_block *block, const void *bytes);

/* NULL: no such block came, or nothing of it is known. Where blocks were lost that may have been
 * this one, a head of which all is unresolved; a loss shows with the direction's next piece. */
const struct http2_head *http2_heads_get(struct http2_heads *h, __u64 connection, __u32 stream,
					 enum head_side side);

/* The stream's exchange has ended. */
void http2_heads_end(struct http2_heads *h, __u64 connection, __u32 stream);

/* RECORD_GONE. */
void http2_heads_gone(struct http2_heads *h, __u64 connection);

/* How many fields were unresolved since the start; a block that was lost counts as one. */
unsigned long long http2_heads_unresolved(const struct http2_heads *h);

/* What is kept now, with malloc's own; at most max_bytes. */
size_t http2_heads_bytes(const struct http2_heads *h);

#endif
