/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which exchanges and header blocks a conversation of HTTP/2 has, when so much of it was sent.
 * Written from the specification, byte by byte, and not as the programs do it. Include after
 * talk_http2.h.
 */
#ifndef MESHTAP_HTTP2_TRUTH_H
#define MESHTAP_HTTP2_TRUTH_H

/* Bytes of a body as messages of gRPC: 0 or 1, four of length, and the message. */
struct h2_body {
	__u32 messages;
	__u32 left, prefix, have;
	int none;
};

static inline void h2_body_byte(struct h2_body *b, __u8 c)
{
	if (b->none)
		return;
	if (b->left) {
		b->left--;
		return;
	}
	if (!b->have && c > 1) {
		b->none = 1;
		return;
	}
	b->messages += !b->have;
	b->prefix = b->have ? b->prefix << 8 | c : 0;
	if (++b->have < 5)
		return;
	b->left = b->prefix;
	b->have = 0;
}

/* What is counted of one side. */
struct h2_side {
	__u64 wire, body;
	__u32 head, block, blocks, frames;
	struct h2_body messages;
	__u32 begin, end; /* of its first and its last frame */
	int ended;
};

static inline void h2_side_add(const struct h2_talk *t, struct h2_side *s, const struct h2_frame *f)
{
	const __u8 *content = t->talk.bytes[f->response] + f->content;
	int is_trailers;

	if (!s->frames++)
		s->begin = f->begin;
	s->end = f->end;
	s->wire += f->end - f->begin;
	s->ended |= f->ends_side;
	if (f->type == HTTP2_DATA) {
		s->body += f->length;
		for (__u32 i = 0; i < f->length; i++)
			h2_body_byte(&s->messages, content[i]);
		return;
	}
	s->block = f->begins_block ? f->length : s->block + f->length;
	if (!f->ends_block)
		return;
	is_trailers = s->blocks && (!f->response || f->ends_side);
	s->head += is_trailers ? 0 : s->block;
	s->blocks++;
}

static inline int h2_is_counted(const struct h2_frame *f, __u32 stream, int response)
{
	return f->stream == stream && f->response == response && !f->is_promise &&
	       f->type != HTTP2_RST_STREAM;
}

/* The first frames of a side up to a place in its direction, and at most so many. */
static inline void h2_side_of(const struct h2_talk *t, __u32 stream, int response, __u32 sent,
			      __u32 most, struct h2_side *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (__u32 i = 0; i < t->count; i++) {
		const struct h2_frame *f = &t->frames[i];

		if (h2_is_counted(f, stream, response) && f->end <= sent && ret->frames < most)
			h2_side_add(t, ret, f);
	}
}

/* Its frames that the sender of another one had received. */
static inline __u32 h2_heard(const struct h2_talk *t, __u32 stream, int response, __u32 heard)
{
	struct h2_side s;

	h2_side_of(t, stream, response, heard, H2_FRAMES, &s);
	return s.frames;
}

static inline int h2_is_body(const struct h2_side *side, const struct http2_exchange *x, int of)
{
	__u64 wire = of ? x->exchange.response_wire : x->exchange.request_wire;
	__u64 body = of ? x->exchange.response_body : x->exchange.request_body;
	__u32 head = of ? x->exchange.response_head : x->exchange.request_head;

	return side->wire == wire && side->body == body && side->head == head &&
	       side->messages.messages == x->messages[of] && side->blocks == x->blocks[of];
}

/* flag, code: when the response did not end before. */
static inline int h2_is(const struct http2_exchange *x, const struct h2_side side[2], __u8 flag,
			__u32 code)
{
	const struct exchange *e = &x->exchange;
	int state = (side[REQUEST].ended ? EXCHANGE_REQUEST_DONE : 0) |
		    (side[RESPONSE].ended ? EXCHANGE_RESPONSE_DONE : 0);

	if (side[RESPONSE].ended)
		flag = EXCHANGE_OK, code = 0;
	if (e->state != state || e->flag != flag || x->reset_code != code)
		return 0;
	if (e->started_ns > e->ended_ns || e->response_started_ns > e->ended_ns ||
	    !e->request_ended_ns != !side[REQUEST].ended ||
	    !e->response_started_ns != !side[RESPONSE].frames)
		return 0;
	return h2_is_body(&side[REQUEST], x, REQUEST) && h2_is_body(&side[RESPONSE], x, RESPONSE);
}

/* It was reset by the frame, which went past frames of the other side. */
static inline int h2_is_reset_by(const struct h2_talk *t, const struct talk_end *end,
				 const struct http2_exchange *x, const struct h2_frame *reset)
{
	int other = !reset->response;
	struct h2_side side[2];
	__u32 most;

	if (reset->end > end->sent[reset->response])
		return 0;
	h2_side_of(t, reset->stream, reset->response, reset->begin, H2_FRAMES,
		   &side[reset->response]);
	most = h2_heard(t, reset->stream, other, end->sent[other]);
	for (__u32 n = h2_heard(t, reset->stream, other, reset->heard); n <= most; n++) {
		h2_side_of(t, reset->stream, other, end->sent[other], n, &side[other]);
		if (h2_is(x, side, reset->response ? EXCHANGE_UR : EXCHANGE_DR, reset->code))
			return 1;
	}
	return 0;
}

/* Is this what the stream came to? client: the client's end was seen. */
static inline int h2_is_true(const struct h2_talk *t, const struct talk_end *end, int client,
			     const struct http2_exchange *x)
{
	__u32 stream = x->exchange.ordinal;
	struct h2_side side[2];
	int is_reset = 0, by_client;

	h2_side_of(t, stream, REQUEST, end->sent[REQUEST], H2_FRAMES, &side[REQUEST]);
	h2_side_of(t, stream, RESPONSE, end->sent[RESPONSE], H2_FRAMES, &side[RESPONSE]);
	if (side[REQUEST].ended && side[RESPONSE].ended && h2_is(x, side, EXCHANGE_OK, 0))
		return 1;
	for (__u32 i = 0; i < t->count; i++) {
		const struct h2_frame *f = &t->frames[i];

		if (f->stream != stream || f->type != HTTP2_RST_STREAM)
			continue;
		is_reset |= f->end <= end->sent[f->response];
		if (h2_is_reset_by(t, end, x, f))
			return 1;
	}
	by_client = end->closer == CLOSER_CLIENT || (end->closer == CLOSER_NONE && client);
	return !is_reset && !(side[REQUEST].ended && side[RESPONSE].ended) &&
	       h2_is(x, side, by_client ? EXCHANGE_DC : EXCHANGE_UC, 0);
}

/* The first frame of a client's stream. */
static inline const struct h2_frame *h2_first_of(const struct h2_talk *t, __u32 stream)
{
	for (__u32 i = 0; i < t->count; i++)
		if (t->frames[i].stream == stream && !t->frames[i].response)
			return &t->frames[i];
	return NULL;
}

/* Streams that began: whose first frame's header came. */
static inline __u32 h2_begun(const struct h2_talk *t, const struct talk_end *end, __u32 from)
{
	__u32 n = 0;

	for (__u32 i = 0; i < t->stream_count; i++) {
		__u32 begin = h2_first_of(t, t->streams[i])->begin;

		n += begin >= from && begin + HTTP2_HEADER <= end->sent[REQUEST];
	}
	return n;
}

static inline void h2_show(const char *what, const struct http2_exchange *h2)
{
	const struct exchange *x = &h2->exchange;

	printf("  times %llu %llu %llu %llu\n", x->started_ns, x->request_ended_ns,
	       x->response_started_ns, x->ended_ns);
	printf("  %s: stream %u state %u flag %u code %u request %llu/%llu head %u messages %u "
	       "blocks %u response %llu/%llu head %u messages %u blocks %u\n",
	       what, x->ordinal, x->state, x->flag, h2->reset_code, x->request_wire,
	       x->request_body, x->request_head, h2->messages[0], h2->blocks[0], x->response_wire,
	       x->response_body, x->response_head, h2->messages[1], h2->blocks[1]);
}

/* The header block that begins with the i-th frame. Returns whether all of it was sent. */
static inline int h2_block_at(const struct h2_talk *t, __u32 i, const struct talk_end *end,
			      struct sink_block *ret)
{
	const struct h2_frame *first = &t->frames[i];

	memset(ret, 0, sizeof(*ret));
	ret->stream = first->stream;
	ret->response = first->response;
	ret->is_promise = first->is_promise;
	for (; i < t->count; i++) {
		const struct h2_frame *f = &t->frames[i];

		ret->hash =
			sink_hash(ret->hash, t->talk.bytes[f->response] + f->content, f->length);
		ret->length += f->length;
		if (f->ends_block) {
			ret->is_whole = 1;
			return f->content + f->length <= end->sent[f->response];
		}
	}
	return 0;
}

static inline int h2_same_block(const struct sink_block *a, const struct sink_block *b)
{
	return a->stream == b->stream && a->length == b->length && a->hash == b->hash &&
	       a->is_promise == b->is_promise;
}

/* The whole blocks of a direction: each of them was said, in this order. Returns how many of those
 * that were said did not come, or -1. */
static inline int h2_check_blocks(const struct h2_talk *t, const struct talk_end *end, int response)
{
	struct sink_block said;
	__u32 at = 0;
	int missing = 0;

	for (__u32 i = 0; i < t->count; i++) {
		if (!t->frames[i].begins_block || t->frames[i].response != response ||
		    !h2_block_at(t, i, end, &said))
			continue;
		while (at < sink_http2.block_count && (!sink_http2.blocks[at].is_whole ||
						       sink_http2.blocks[at].response != response))
			at++;
		if (at < sink_http2.block_count && h2_same_block(&sink_http2.blocks[at], &said))
			at++;
		else
			missing++;
	}
	for (; at < sink_http2.block_count; at++)
		if (sink_http2.blocks[at].is_whole && sink_http2.blocks[at].response == response)
			return -1;
	return missing;
}

/* Of a request that was seen from its beginning: user space decodes it and sees whether it is
 * one. */
static inline int h2_has_request(const struct h2_talk *t, __u32 stream)
{
	struct talk_end all = { .sent = { TALK_BYTES, TALK_BYTES } };
	struct sink_block said;

	for (__u32 i = 0; i < sink_http2.block_count; i++) {
		const struct sink_block *b = &sink_http2.blocks[i];

		if (b->stream != stream || b->response)
			continue;
		h2_block_at(t, h2_first_of(t, stream) - t->frames, &all, &said);
		return !b->is_whole || h2_same_block(b, &said);
	}
	return 1; /* its block did not end */
}

/* Returns how many streams are right, or -1: one is not, or came twice. What user space sees to be
 * trailers, not a request, is declared by it: *ret_refused. */
static inline int h2_check_streams(const struct h2_talk *t, const struct talk_end *end, int client,
				   __u32 *ret_refused)
{
	int n = 0;

	*ret_refused = 0;
	for (__u32 i = 0; i < sink_http2.stream_count; i++) {
		const struct http2_exchange *x = &sink_http2.streams[i];

		for (__u32 j = 0; j < i; j++)
			if (sink_http2.streams[j].exchange.ordinal == x->exchange.ordinal)
				return h2_show("twice", x), -1;
		if (!h2_first_of(t, x->exchange.ordinal))
			return h2_show("never said", x), -1;
		if (!h2_has_request(t, x->exchange.ordinal)) {
			++*ret_refused;
			continue;
		}
		if (!h2_is_true(t, end, client, x))
			return h2_show("not true", x), -1;
		n++;
	}
	return n;
}

#endif
