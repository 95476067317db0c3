// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Requests of HTTP/2 become lines. Their heads stand in header blocks, which the kernel sends as
 * they pass. What of them is not known is `-`, and is not taken for something that was not sent.
 */
#include "access_log_writer.h"

static void count_unresolved(struct writer *w)
{
	unsigned long long now = http2_heads_unresolved(w->streams);

	if (now == w->unresolved)
		return;
	__atomic_fetch_add(&w->maps.counters->unresolved, now - w->unresolved, __ATOMIC_RELAXED);
	w->unresolved = now;
}

static void take_block(struct writer *w, const struct record_block *block, size_t size)
{
	if (size - sizeof(*block) >= block->length)
		http2_heads_block(w->streams, block, block + 1);
}

static const struct http2_head *stream_head(struct writer *w, const struct record_stream *s,
					    enum head_side side)
{
	return http2_heads_get(w->streams, s->header.connection, s->header.ordinal, side);
}

static void take_request(struct writer *w, struct access_record *r, const struct record_stream *s)
{
	const struct http2_head *head = stream_head(w, s, HEAD_REQUEST);

	r->unresolved[HEAD_REQUEST] = !head || head->unresolved;
	w->damaged_heads += !head && s->h2.blocks[0];
	if (!head)
		return;
	r->start = (struct request_line){ .method = head->method,
					  .target = head->path.data ? head->path : head->authority,
					  .authority = head->authority,
					  .path = head->path };
	r->scheme = head->scheme;
	r->header[HEAD_REQUEST] = head->value;
}

/* It came as HTTP/1, so its head did: in pieces, right before the record. */
static void take_upgraded(struct writer *w, struct access_record *r, const struct record_stream *s)
{
	const struct exchange *x = &s->h2.exchange;
	__u32 ordinal = s->h2.upgraded - 1;
	const struct http_head *head =
		exchange_table_get(&w->table, r->connection, ordinal, x->kept).side[HEAD_REQUEST];

	r->unresolved[HEAD_REQUEST] = !head;
	w->damaged_heads += !head;
	if (head)
		lines_take_head(w, r, HEAD_REQUEST, head);
}

/* A block that was lost is not known to be until the next one comes, but the kernel has counted it:
 * it may be the final response after one that is interim, or may be, or it may be trailers. */
static void take_response(struct writer *w, struct access_record *r, const struct record_stream *s)
{
	const struct http2_head *head = stream_head(w, s, HEAD_RESPONSE);
	const struct http2_head *trailer = stream_head(w, s, HEAD_TRAILER);
	unsigned int blocks = s->h2.blocks[1];
	bool is_whole = trailer && !trailer->unresolved;

	if (!blocks)
		return;
	if (head && head->status < 200 && blocks > (is_whole ? 2 : 1))
		head = NULL;
	r->status = head ? head->status : 0;
	r->status_unknown = !r->status;
	r->unresolved[HEAD_RESPONSE] = !head || head->unresolved;
	r->unresolved[HEAD_TRAILER] = blocks > 1 && !is_whole;
	w->damaged_heads += !head;
	if (head)
		r->header[HEAD_RESPONSE] = head->value;
	if (trailer)
		r->header[HEAD_TRAILER] = trailer->value;
}

static void take_stream(struct writer *w, const struct record_stream *s)
{
	struct access_record r = {
		.is_http2 = true,
		.connection = s->header.connection,
		.reset_code = s->h2.reset_code,
	};

	lines_describe(w, &r, &s->connection);
	lines_describe_exchange(&r, &s->h2.exchange);
	if (s->h2.upgraded)
		take_upgraded(w, &r, s);
	else
		take_request(w, &r, s);
	take_response(w, &r, s);
	lines_write(w, &r);
	if (s->h2.upgraded)
		exchange_table_remove(&w->table, r.connection, s->h2.upgraded - 1);
	http2_heads_end(w->streams, r.connection, s->header.ordinal);
}

void streams_take(struct writer *w, const struct record_header *record, size_t size)
{
	if (record->type == RECORD_BLOCK && size >= sizeof(struct record_block))
		take_block(w, (const struct record_block *)record, size);
	else if (record->type == RECORD_STREAM && size >= sizeof(struct record_stream))
		take_stream(w, (const struct record_stream *)record);
	else if (record->type == RECORD_STREAM)
		http2_heads_end(w->streams, record->connection, record->ordinal);
	else if (record->type == RECORD_GONE)
		http2_heads_gone(w->streams, record->connection);
	count_unresolved(w);
}
