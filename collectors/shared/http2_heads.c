// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "http2_heads.h"

#include <errno.h>
#include <stdlib.h>

#include "http2_block.h"
#include "http2_stream.h"

#define BUCKETS	    4096u /* a power of two */
#define STREAMS_MAX 1024u /* of a connection that are kept; servers allow 100 to 250 at a time */

struct http2_connection {
	struct http2_connection *next_in_bucket;
	struct http2_connection *older, *newer; /* by their last block */
	__u64 id;
	struct http2_direction direction[HTTP2_DIRECTIONS];
	struct http2_stream *oldest, *newest; /* owned */
	unsigned int streams;
};

struct http2_heads {
	struct http2_connection *connections[BUCKETS];
	struct http2_stream *streams[BUCKETS];
	struct http2_connection *oldest, *newest; /* owned */
	struct http2_memory memory;
	size_t max_bytes;
	unsigned long long unresolved;
	struct http2_wanted wanted[HEAD_SIDES];
	struct http2_fields fields; /* of the block that is read now */
};

static const struct head_text no_values[HEAD_NAMES_MAX];
static const struct http2_head lost_head = { .unresolved = 1, .value = no_values };

int http2_heads_init(struct http2_heads **ret, size_t max_bytes,
		     const struct head_names wanted[HEAD_SIDES])
{
	struct http2_heads *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->max_bytes = max_bytes;
	for (int i = 0; i < HEAD_SIDES; i++)
		http2_wanted_init(&h->wanted[i], &wanted[i]);
	*ret = h;
	return 0;
}

static unsigned int bucket_of(__u64 connection, __u32 stream)
{
	return (connection + stream) * 0x9e3779b97f4a7c15ull >> 32 & (BUCKETS - 1);
}

/* What points to the connection, or to NULL. */
static struct http2_connection **connection_at(struct http2_heads *h, __u64 id)
{
	struct http2_connection **at = &h->connections[bucket_of(id, 0)];

	while (*at && (*at)->id != id)
		at = &(*at)->next_in_bucket;
	return at;
}

static struct http2_stream **stream_at(struct http2_heads *h, __u64 connection, __u32 id)
{
	struct http2_stream **at = &h->streams[bucket_of(connection, id)];

	while (*at && ((*at)->connection != connection || (*at)->id != id))
		at = &(*at)->next_in_bucket;
	return at;
}

static void remove_stream(struct http2_heads *h, struct http2_connection *c, struct http2_stream *s)
{
	*stream_at(h, s->connection, s->id) = s->next_in_bucket;
	*(s->older ? &s->older->newer : &c->oldest) = s->newer;
	*(s->newer ? &s->newer->older : &c->newest) = s->older;
	c->streams--;
	http2_stream_free(s, &h->memory);
}

static struct http2_stream *insert_stream(struct http2_heads *h, struct http2_connection *c,
					  __u32 id)
{
	struct http2_stream *s;

	if (c->streams == STREAMS_MAX)
		remove_stream(h, c, c->oldest);
	s = http2_memory_resize(&h->memory, NULL, sizeof(*s));
	if (!s)
		return NULL;
	*s = (struct http2_stream){ .older = c->newest, .connection = c->id, .id = id };
	for (int i = 0; i < HTTP2_DIRECTIONS; i++)
		s->losses[i] = c->direction[i].losses;
	*stream_at(h, c->id, id) = s;
	*(c->newest ? &c->newest->newer : &c->oldest) = s;
	c->newest = s;
	c->streams++;
	return s;
}

static void unlink_age(struct http2_heads *h, const struct http2_connection *c)
{
	*(c->older ? &c->older->newer : &h->oldest) = c->newer;
	*(c->newer ? &c->newer->older : &h->newest) = c->older;
}

static void link_newest(struct http2_heads *h, struct http2_connection *c)
{
	c->older = h->newest;
	c->newer = NULL;
	*(h->newest ? &h->newest->newer : &h->oldest) = c;
	h->newest = c;
}

static void remove_connection(struct http2_heads *h, struct http2_connection *c)
{
	*connection_at(h, c->id) = c->next_in_bucket;
	unlink_age(h, c);
	while (c->oldest)
		remove_stream(h, c, c->oldest);
	for (int i = 0; i < HTTP2_DIRECTIONS; i++)
		http2_direction_free(&c->direction[i], &h->memory);
	http2_memory_free(&h->memory, c);
}

static struct http2_connection *insert_connection(struct http2_heads *h, __u64 id)
{
	struct http2_connection *c = http2_memory_resize(&h->memory, NULL, sizeof(*c));

	if (!c)
		return NULL;
	*c = (struct http2_connection){ .id = id };
	*connection_at(h, id) = c;
	link_newest(h, c);
	return c;
}

static struct http2_connection *touch(struct http2_heads *h, __u64 id)
{
	struct http2_connection *c = *connection_at(h, id);

	if (!c)
		return insert_connection(h, id);
	unlink_age(h, c);
	link_newest(h, c);
	return c;
}

static void evict(struct http2_heads *h)
{
	while (h->memory.bytes > h->max_bytes && h->oldest) {
		struct http2_connection *c = h->oldest;

		if (c == h->newest && c->oldest)
			remove_stream(h, c, c->oldest);
		else
			remove_connection(h, c);
	}
}

/* Reads the block to its end, for the sake of the table, and keeps what is wanted of its side. */
static enum head_side read_block(struct http2_heads *h, struct http2_direction *d,
				 const struct http2_stream *s, bool response,
				 struct head_text block)
{
	struct http2_fields *f = &h->fields;
	enum head_side side = HEAD_SIDES;
	struct hpack_field field = {};
	int r;

	http2_fields_begin(f);
	do {
		r = http2_block_next(d, &h->memory, &block, &field);
		if (r < 0)
			field = (struct hpack_field){};
		if (!f->count) {
			side = http2_stream_side(s, response, r ? &field : NULL);
			f->wanted = side < HEAD_SIDES ? &h->wanted[side] : NULL;
		}
		if (r)
			http2_fields_add(f, &field);
	} while (r > 0);
	h->unresolved += f->unresolved;
	return side;
}

static void take_block(struct http2_heads *h, struct http2_connection *c,
		       const struct record_block *b, struct head_text block)
{
	int direction = b->response ? HTTP2_RESPONSE : HTTP2_REQUEST;
	struct http2_direction *d = &c->direction[direction];
	__u32 id = b->header.ordinal;
	struct http2_stream *s = *stream_at(h, c->id, id);
	enum head_side side = read_block(h, d, s, b->response, block);
	bool pushed = b->flags & BLOCK_PROMISE || id % 2 == 0;

	if (pushed || side == HEAD_SIDES)
		return;
	if (!s) {
		s = insert_stream(h, c, id);
		if (s && b->response)
			s->losses[HTTP2_REQUEST]--; /* its request was not seen */
	}
	if (!s || http2_stream_keep(s, &h->memory, side, &h->fields))
		h->unresolved++;
}

void http2_heads_block(struct http2_heads *h, const struct record_block *block, const void *bytes)
{
	struct http2_connection *c = touch(h, block->header.connection);
	struct http2_direction *d;
	struct head_text whole;
	unsigned int losses;
	bool ended;

	if (!c) {
		h->unresolved++;
		return;
	}
	d = &c->direction[block->response ? HTTP2_RESPONSE : HTTP2_REQUEST];
	losses = d->losses;
	ended = http2_block_append(d, &h->memory, block, bytes, &whole);
	h->unresolved += d->losses - losses;
	if (ended) {
		take_block(h, c, block, whole);
		http2_block_done(d, &h->memory);
	}
	evict(h);
}

const struct http2_head *http2_heads_get(struct http2_heads *h, __u64 connection, __u32 stream,
					 enum head_side side)
{
	const struct http2_stream *s = *stream_at(h, connection, stream);
	int direction = side == HEAD_REQUEST ? HTTP2_REQUEST : HTTP2_RESPONSE;
	const struct http2_connection *c;

	if (!s)
		return NULL;
	c = *connection_at(h, connection);
	if (s->losses[direction] != c->direction[direction].losses &&
	    http2_stream_may_lack(s, side))
		return &lost_head;
	return s->head[side];
}

void http2_heads_end(struct http2_heads *h, __u64 connection, __u32 stream)
{
	struct http2_stream *s = *stream_at(h, connection, stream);

	if (s)
		remove_stream(h, *connection_at(h, connection), s);
}

void http2_heads_gone(struct http2_heads *h, __u64 connection)
{
	struct http2_connection *c = *connection_at(h, connection);

	if (c)
		remove_connection(h, c);
}

unsigned long long http2_heads_unresolved(const struct http2_heads *h)
{
	return h->unresolved;
}

size_t http2_heads_bytes(const struct http2_heads *h)
{
	return h->memory.bytes;
}

void http2_heads_free(struct http2_heads **h)
{
	while (*h && (*h)->oldest)
		remove_connection(*h, (*h)->oldest);
	free(*h);
	*h = NULL;
}
