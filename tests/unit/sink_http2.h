/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a sink was given of HTTP/2: header blocks, put together of their pieces, and streams.
 * Include after record.h and http2_exchange.h. */
#ifndef MESHTAP_SINK_HTTP2_H
#define MESHTAP_SINK_HTTP2_H

#define SINK_STREAMS	1024
#define SINK_BLOCKS	8192
#define SINK_DIRECTIONS 8 /* two of each connection */

struct sink_block {
	__u64 connection;
	__u32 stream;
	__u32 length;
	__u32 hash;
	__u8 response;
	__u8 is_promise;
	__u8 is_whole; /* from its first piece to its last */
};

/* Where the pieces of a direction are. */
struct sink_pieces {
	__u64 connection;
	struct sink_block *block; /* that goes on, or NULL */
	__u32 next;		  /* index */
	__u8 response;
};

static struct {
	struct http2_exchange streams[SINK_STREAMS];
	__u64 of[SINK_STREAMS]; /* their connections */
	__u32 stream_count;
	struct sink_block blocks[SINK_BLOCKS];
	__u32 block_count;
	struct sink_pieces directions[SINK_DIRECTIONS];
	__u32 gaps; /* in the indices of pieces */
	__u32 gone;
} sink_http2;

/* Of bytes in their order. */
static inline __u32 sink_hash(__u32 hash, const void *bytes, __u32 length)
{
	const __u8 *b = bytes;

	for (__u32 i = 0; i < length; i++)
		hash = (hash ^ b[i]) * 16777619 + 1;
	return hash;
}

static inline struct sink_pieces *sink_pieces_of(__u64 connection, __u8 response)
{
	struct sink_pieces *d = sink_http2.directions;

	for (; d < sink_http2.directions + SINK_DIRECTIONS; d++) {
		if (!d->connection) {
			d->connection = connection;
			d->response = response;
		}
		if (d->connection == connection && d->response == response)
			return d;
	}
	user_fail(__func__, "more than SINK_DIRECTIONS");
	return NULL;
}

static inline struct sink_block *sink_block_begin(const struct record_block *r)
{
	struct sink_block *b = &sink_http2.blocks[sink_http2.block_count++];

	if (sink_http2.block_count > SINK_BLOCKS)
		user_fail(__func__, "more than SINK_BLOCKS");
	memset(b, 0, sizeof(*b));
	b->connection = r->header.connection;
	b->stream = r->header.ordinal;
	b->response = r->response;
	b->is_promise = (r->flags & BLOCK_PROMISE) != 0;
	return b;
}

static inline void sink_piece(const struct record_block *r, const void *bytes)
{
	struct sink_pieces *d = sink_pieces_of(r->header.connection, r->response);

	if (r->index != d->next) {
		sink_http2.gaps++;
		d->block = NULL;
	}
	d->next = r->index + 1;
	if (!(r->flags & BLOCK_BEGINS) != !!d->block)
		user_fail(__func__, "a block in a block, or a piece of none");
	if (r->flags & BLOCK_BEGINS)
		d->block = sink_block_begin(r);
	if (d->block->stream != r->header.ordinal)
		user_fail(__func__, "a piece of another stream's block");
	d->block->hash = sink_hash(d->block->hash, bytes, r->length);
	d->block->length += r->length;
	if (r->flags & BLOCK_ENDS) {
		d->block->is_whole = 1;
		d->block = NULL;
	}
}

static user_unaligned inline void sink_block(const struct connection *c, struct record_block *r,
					     __u64 size)
{
	struct record_block copy;

	user_helper(__func__);
	memcpy(&copy, r, sizeof(copy));
	if (copy.header.type != RECORD_BLOCK || size != sizeof(copy) + copy.length)
		user_fail(__func__, "the record is not as long as it says");
	sink_piece(&copy, (const __u8 *)r + sizeof(copy));
}

static inline void sink_stream(const struct connection *c, struct scratch *s)
{
	__u32 n = sink_http2.stream_count++;

	user_helper(__func__);
	if (n >= SINK_STREAMS)
		user_fail(__func__, "more than SINK_STREAMS");
	sink_http2.streams[n] = s->stream.h2;
	sink_http2.of[n] = c->id;
}

static inline void sink_http2_gone(const struct connection *c)
{
	user_helper(__func__);
	sink_http2.gone++;
}

static inline void sink_http2_reset(void)
{
	memset(sink_http2.directions, 0, sizeof(sink_http2.directions));
	sink_http2.stream_count = sink_http2.block_count = 0;
	sink_http2.gaps = sink_http2.gone = 0;
}

#endif
