/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which head of a stream a header block is (RFC 9113 8.1). Unresolved fields may hide that; then
 * nothing of it is kept but that it came.
 */
#ifndef MESHTAP_HTTP2_STREAM_H
#define MESHTAP_HTTP2_STREAM_H

#include "http2_fields.h"

enum { HTTP2_REQUEST, HTTP2_RESPONSE, HTTP2_DIRECTIONS };

struct http2_stream {
	struct http2_stream *next_in_bucket;
	struct http2_stream *older, *newer; /* on its connection */
	__u64 connection;
	__u32 id;
	unsigned int losses[HTTP2_DIRECTIONS]; /* of the connection, when the stream was new */
	bool guessed; /* that head[HEAD_RESPONSE] is the final one: its status is not known */
	struct http2_head *head[HEAD_SIDES]; /* owned */
};

/* The side that a block is of, by its first field: pseudo-header fields come first (RFC 9113 8.3).
 * s: NULL if it is not known yet; first: NULL for a block without fields. HEAD_SIDES: of none. */
enum head_side http2_stream_side(const struct http2_stream *s, bool response,
				 const struct hpack_field *first);

/* Keeps a block, which http2_stream_side() said is of side. Returns 0, or -ENOMEM: nothing of it is
 * kept. */
int http2_stream_keep(struct http2_stream *s, struct http2_memory *m, enum head_side side,
		      struct http2_fields *f);

/* Whether what is here of that side leaves room for a block that was lost. */
bool http2_stream_may_lack(const struct http2_stream *s, enum head_side side);

void http2_stream_free(struct http2_stream *s, struct http2_memory *m);

#endif
