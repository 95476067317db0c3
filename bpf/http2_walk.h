/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * HTTP/2 in the data path: what frames mean for streams. Header blocks go to the sink piece by
 * piece in the order of the wire, sink_block(); user space decodes them.
 */
#ifndef MESHTAP_HTTP2_WALK_H
#define MESHTAP_HTTP2_WALK_H

#include "http2_sync.h"
#include "record.h"

#define HTTP2_EVENTS 2 /* handled in one go */

/* A frame's header was read. */
static __always_inline void http2_frame_begins(struct scratch *s, struct connection *c,
					       struct http2_connection *h2)
{
	struct http2_parser *p = &s->frames.parser;
	struct http2_stream *st;

	if (p->type == HTTP2_HEADERS && s->walk.direction == REQUEST)
		http2_stream_begin(s, c, h2);
	if (p->type != HTTP2_DATA)
		return;
	st = http2_stream_of(c, s, p->stream);
	if (st)
		p->messages = st->messages[s->walk.direction & 1];
	else
		p->messages.none = 1;
}

/* A piece of a header block, as a record that stands in the window right before it. */
static __always_inline struct record_block *http2_block(const struct connection *c,
							struct scratch *s)
{
	struct http2_window *f = &s->frames;
	__u32 at = f->piece - HTTP1_START;
	struct record_block *r;

	http1_hide(at);
	at &= 2 * HTTP1_WINDOW - 1;
	if (at > HTTP1_WINDOW)
		return NULL;
	r = (struct record_block *)(s->window.bytes + HTTP1_START - sizeof(*r) + at);
	r->header.type = RECORD_BLOCK;
	r->header.ordinal = f->parser.stream;
	r->header.connection = c->id;
	r->length = f->piece_length;
	r->index = f->parser.pieces;
	r->response = s->walk.direction;
	r->flags = (f->parser.is_first ? BLOCK_BEGINS : 0) | (f->piece_ends ? BLOCK_ENDS : 0) |
		   (f->parser.block_type == HTTP2_PUSH_PROMISE ? BLOCK_PROMISE : 0);
	r->reserved = 0;
	return r;
}

static __always_inline void http2_frame_piece(struct scratch *s, struct connection *c)
{
	struct record_block *r = http2_block(c, s);
	__u64 length = s->frames.piece_length;

	http1_hide(length);
	length &= 2 * HTTP1_WINDOW - 1;
	if (length > HTTP1_WINDOW)
		length = HTTP1_WINDOW;
	if (r)
		sink_block(c, r, sizeof(*r) + length);
	s->frames.parser.pieces++;
	s->frames.parser.is_first = 0;
}

static __always_inline int http2_block_is_whole(const struct http2_parser *p)
{
	return p->type != HTTP2_DATA && !p->in_block;
}

/* Does the side of the stream end with the frame? */
static __always_inline int http2_ends_stream(const struct http2_parser *p)
{
	return p->type == HTTP2_DATA ? p->flags & HTTP2_END_STREAM
				     : !p->in_block && (p->block_flags & HTTP2_END_STREAM);
}

static __always_inline void http2_count_request(struct http2_stream *st,
						const struct http2_parser *p)
{
	struct exchange *x = &st->h2.exchange;

	x->request_wire += p->length + HTTP2_HEADER;
	if (p->type == HTTP2_DATA)
		x->request_body += http2_data_bytes(p);
	else if (http2_block_is_whole(p) && !st->h2.blocks[REQUEST])
		x->request_head = p->block;
}

/* Trailers end the stream; so does a head without a body, the first block. */
static __always_inline void http2_count_response(struct http2_stream *st,
						 const struct http2_parser *p)
{
	struct exchange *x = &st->h2.exchange;

	x->response_wire += p->length + HTTP2_HEADER;
	if (p->type == HTTP2_DATA)
		x->response_body += http2_data_bytes(p);
	else if (http2_block_is_whole(p) &&
		 (!st->h2.blocks[RESPONSE] || !(p->block_flags & HTTP2_END_STREAM)))
		x->response_head += p->block;
	if (p->type == HTTP2_HEADERS && !x->response_started_ns)
		x->response_started_ns = p->started_ns;
}

static __always_inline void http2_count(struct http2_stream *st, const struct http2_parser *p,
					__u32 direction)
{
	direction &= 1;
	if (direction == REQUEST)
		http2_count_request(st, p);
	else
		http2_count_response(st, p);
	if (p->type == HTTP2_DATA) {
		st->messages[direction] = p->messages;
		st->h2.messages[direction] = p->messages.count;
	} else if (http2_block_is_whole(p) && st->h2.blocks[direction] < 255) {
		st->h2.blocks[direction]++;
	}
}

/* Another CPU may have seen the response begin, by a clock that is ahead. */
static __always_inline void http2_ends(struct exchange *x, __u64 now)
{
	x->ended_ns = now < x->response_started_ns ? x->response_started_ns : now;
}

/* One side is at its end. Call under the lock. Returns whether that ends the stream, for the
 * caller. */
static __always_inline int http2_side_ends(struct http2_connection *h2, struct http2_stream *st,
					   __u32 stream, __u32 direction, __u64 now)
{
	struct exchange *x = &st->h2.exchange;

	if (direction == REQUEST) {
		x->request_ended_ns = now;
		x->state |= EXCHANGE_REQUEST_DONE;
	} else {
		http2_ends(x, now);
		x->state |= EXCHANGE_RESPONSE_DONE;
	}
	return x->state == (EXCHANGE_REQUEST_DONE | EXCHANGE_RESPONSE_DONE) &&
	       http2_slot_give(h2, st->slot, stream);
}

/* RST_STREAM ends both sides. After a response that is complete it says nothing (RFC 9113 section
 * 8.1). Call under the lock. */
static __always_inline int http2_is_reset(struct http2_connection *h2, struct http2_stream *st,
					  const struct http2_parser *p, __u32 direction, __u64 now)
{
	struct exchange *x = &st->h2.exchange;

	if (!(x->state & EXCHANGE_RESPONSE_DONE)) {
		x->flag = direction == REQUEST ? EXCHANGE_DR : EXCHANGE_UR;
		http2_ends(x, now);
		st->h2.reset_code = p->code;
	}
	return http2_slot_give(h2, st->slot, p->stream);
}

/* A response has ended, or a request was reset, whose beginning was not seen: it was in progress
 * when the collector came, or began amid bytes that were lost, and so did those before it. */
static __always_inline void http2_orphan(const struct connection *c, struct http2_connection *h2,
					 const struct http2_parser *p, __u32 direction)
{
	int ends = p->type == HTTP2_RST_STREAM || (direction == RESPONSE && http2_ends_stream(p));

	if (!ends || !(p->stream & 1))
		return;
	if (c->older && (!h2->first || p->stream < h2->first)) {
		count_inexact(INEXACT_OLDER, 1);
	} else if (h2->lost_requests && h2->last && p->stream > h2->last) {
		count_inexact(c->lost_reason, (p->stream - h2->last) / 2);
		h2->last = p->stream;
	}
}

static __always_inline void http2_frame_ends(struct scratch *s, struct connection *c,
					     struct http2_connection *h2)
{
	const struct http2_parser *p = &s->frames.parser;
	__u32 direction = s->walk.direction & 1;
	struct http2_stream *st;
	int ended = 0;

	st = http2_stream_of(c, s, p->stream);
	if (!st) {
		http2_orphan(c, h2, p, direction);
		return;
	}
	if (p->type != HTTP2_RST_STREAM)
		http2_count(st, p, direction);
	if (p->type != HTTP2_RST_STREAM && !http2_ends_stream(p))
		return;
	bpf_spin_lock(&c->lock);
	if (p->type == HTTP2_RST_STREAM)
		ended = http2_is_reset(h2, st, p, direction, s->walk.now);
	else
		ended = http2_side_ends(h2, st, p->stream, direction, s->walk.now);
	bpf_spin_unlock(&c->lock);
	if (!ended)
		return;
	s->stream = *st;
	http2_stream_delete(s);
	http2_stream_report(c, s);
}

/* These are verified once, see scratch.h. */
__noinline int http2_next_in(__u32 slot)
{
	struct scratch *s = scratch_at(slot);

	return s ? http2_next(&s->window, &s->frames) : HTTP2_BAD;
}

/* Some events of the window, so that the connection is looked up once for them. Returns an enum
 * http2_event: ON, MORE or BAD. */
__noinline int http2_events_in(__u32 slot)
{
	struct scratch *s = scratch_at(slot);
	struct http2_connection *h2;
	struct connection *c;

	if (!s)
		return HTTP2_BAD;
	c = bpf_map_lookup_elem(&connections, &s->walk.tuple);
	h2 = c ? http2_of(c) : NULL;
	if (!h2)
		return HTTP2_BAD;
	for (int i = 0; i < HTTP2_EVENTS; i++) {
		int event = http2_next_in(slot);

		if (event == HTTP2_MORE || event == HTTP2_BAD)
			return event;
		if (event == HTTP2_BEGINS)
			http2_frame_begins(s, c, h2);
		else if (event == HTTP2_PIECE)
			http2_frame_piece(s, c);
		else if (event == HTTP2_ENDS)
			http2_frame_ends(s, c, h2);
	}
	return HTTP2_ON;
}

/* All of the window. Sets frames.is_bad: no frame can stand here. */
__noinline int http2_window_in(__u32 slot)
{
	struct scratch *s = scratch_at(slot);
	int event = HTTP2_ON;

	for (__u32 i = 0; i < HTTP1_WINDOW / 8 && event == HTTP2_ON; i++)
		event = http2_events_in(slot);
	if (s)
		s->frames.is_bad = event == HTTP2_BAD;
	return 0;
}

#endif
