/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Layers 1 to 3 put together: walks a segment message by message and hands finished exchanges to
 * the sink that includes this file. The sink defines, before the include: sink_head(c, response,
 * ordinal, first, w, at, length)  bytes of a head in the window sink_exchange(c, x) a request that
 * ended Bytes come through reader_load(), so nothing here knows that they come from an skb.
 */
#ifndef MESHTAP_HTTP_H
#define MESHTAP_HTTP_H

#include "scratch.h"
#include "sequence.h"

struct reader {
	struct __sk_buff *skb;
	__u32 base; /* of the payload in the skb */
};

/* length: 1 to HTTP1_WINDOW. */
static __always_inline long reader_load(const struct reader *r, __u32 offset, void *to,
					__u32 length)
{
	return bpf_skb_load_bytes(r->skb, r->base + offset, to, length);
}

struct walk {
	struct connection *c;
	struct direction *d;
	struct scratch *scratch;
	struct reader reader;
	struct segment segment;
	__u64 now;
	__u32 window; /* bytes to load at a time */
};

/* From here on the connection's bytes are only counted. */
static __always_inline void connection_give_up(struct connection *c, enum inexact_reason reason)
{
	int first;

	bpf_spin_lock(&c->lock);
	first = !c->dead;
	c->dead = 1;
	c->inexact = c->is_http;
	bpf_spin_unlock(&c->lock);
	if (first && c->is_http)
		count_inexact(reason, 1);
}

/* The newest exchange, for a request whose head is complete. Call under the lock. Returns 0, or -1:
 * no room. */
static __always_inline int exchange_push(struct connection *c, struct direction *d)
{
	struct exchange *x;

	if (d->pushed)
		return 0;
	if (c->next - c->first >= EXCHANGES)
		return -1;
	x = &c->ring[c->next & (EXCHANGES - 1)];
	x->started_ns = d->started_ns;
	x->ended_ns = 0;
	x->request_wire = 0;
	x->request_body = 0;
	x->response_wire = 0;
	x->response_body = 0;
	x->ordinal = c->next;
	x->status = 0;
	x->minor = d->parser.minor;
	x->method = d->parser.method;
	x->state = 0;
	x->flag = EXCHANGE_OK;
	c->next++;
	c->is_http = 1;
	d->pushed = 1;
	return 0;
}

/* Takes the oldest exchange out when both halves are done. Call under the lock. */
static __always_inline int exchange_pop(struct connection *c, struct exchange *ret)
{
	struct exchange *x = &c->ring[c->first & (EXCHANGES - 1)];

	if (c->first == c->next || x->state != (EXCHANGE_REQUEST_DONE | EXCHANGE_RESPONSE_DONE))
		return 0;
	*ret = *x;
	c->first++;
	return 1;
}

static __always_inline enum http1_event request_head_end(struct walk *k)
{
	int full;

	bpf_spin_lock(&k->c->lock);
	full = exchange_push(k->c, k->d);
	k->c->ring[(k->c->next - 1) & (EXCHANGES - 1)].method = k->d->parser.method;
	bpf_spin_unlock(&k->c->lock);
	if (full) {
		connection_give_up(k->c, INEXACT_PIPELINE);
		return HTTP1_MORE;
	}
	return http1_body(&k->d->parser, k->d->parser.method);
}

static __always_inline enum http1_event response_head_end(struct walk *k)
{
	struct connection *c = k->c;
	struct direction *request = &c->direction[0];
	struct exchange *x;
	__u8 method = HTTP1_METHOD_OTHER;

	bpf_spin_lock(&c->lock);
	/* An error answered before the request's head is complete (400, 408, 431). */
	if (c->first == c->next && request->begun && (request->parser.flags & HTTP1_LINE_OK))
		exchange_push(c, request);
	k->d->orphan = c->first == c->next;
	if (!k->d->orphan) {
		x = &c->ring[c->first & (EXCHANGES - 1)];
		method = x->method;
		x->status = k->d->parser.status;
		if (method == HTTP1_METHOD_CONNECT && x->status >= 300) { /* no tunnel */
			x->request_wire = request->position - request->message_start;
			x->state |= EXCHANGE_REQUEST_DONE;
			c->refused = 1;
		}
	}
	bpf_spin_unlock(&c->lock);
	return http1_body(&k->d->parser, method);
}

static __always_inline void message_end(struct walk *k)
{
	struct connection *c = k->c;
	struct direction *d = k->d;
	struct exchange done;
	struct exchange *x;
	int finished;

	bpf_spin_lock(&c->lock);
	if (k->d->parser.response) {
		x = &c->ring[c->first & (EXCHANGES - 1)];
		if (!d->orphan) {
			x->response_wire = d->position - d->message_start;
			x->response_body = d->parser.body;
			x->ended_ns = d->last_ns;
			x->state |= EXCHANGE_RESPONSE_DONE;
		}
	} else {
		x = &c->ring[(c->next - 1) & (EXCHANGES - 1)];
		x->request_wire = d->position - d->message_start;
		x->request_body = d->parser.body;
		x->state |= EXCHANGE_REQUEST_DONE;
	}
	d->begun = 0;
	d->pushed = 0;
	http1_next(&d->parser);
	finished = exchange_pop(c, &done);
	bpf_spin_unlock(&c->lock);
	if (finished)
		sink_exchange(c, &done);
}

/* Loads the window at offset and parses it. Returns the bytes done with. */
static __always_inline __u32 walk_window(struct walk *k, __u32 offset, enum http1_event *ret_event)
{
	struct http1_window *w = &k->scratch->window;
	struct direction *d = k->d;
	__u32 length = k->segment.length - offset, head_from = HTTP1_START;
	int in_head = d->parser.phase <= HTTP1_HEADERS, first = 0;

	if (length > k->window)
		length = k->window;
	http1_hide(length);
	length = ((length - 1) & (HTTP1_WINDOW - 1)) + 1;
	if (reader_load(&k->reader, offset, w->bytes + HTTP1_START, length)) {
		*ret_event = HTTP1_BAD;
		return 0;
	}
	w->parser = d->parser;
	*ret_event = http1_parse_in(w->slot, length);
	d->parser = w->parser;
	if (!d->begun && (d->parser.flags & HTTP1_BEGUN) && (__s32)w->consumed > w->begin) {
		first = 1;
		d->begun = 1;
		d->message_start = d->position + w->begin;
		d->started_ns = k->now;
		head_from += w->begin;
	} else if (!d->begun) {
		in_head = 0;
	}
	d->position += w->consumed;
	d->next_seq += w->consumed;
	d->last_ns = k->now;
	if (in_head && *ret_event != HTTP1_BAD)
		sink_head(k->c, k->d->parser.response,
			  k->d->parser.response ? k->c->first : k->c->next - d->pushed, first, w,
			  head_from, w->consumed + HTTP1_START - head_from);
	return w->consumed;
}

/* Up to the end of the message. Returns 1 while bytes of the segment remain: walk on. */
static __always_inline int walk_message(struct walk *k)
{
	enum sequence_verdict verdict;
	struct connection *c = k->c;
	struct direction *d = k->d;
	enum http1_event event;
	__u32 offset = 0;
	int dead;

	bpf_spin_lock(&c->lock);
	dead = c->dead;
	if (dead)
		d->parser.phase = HTTP1_DEAD;
	if (c->refused && !k->d->parser.response) {
		c->refused = 0;
		d->begun = 0;
		d->pushed = 0;
		http1_next(&d->parser);
	}
	verdict = sequence_advance(d, &k->segment, k->now, &event, &offset);
	if (verdict == SEQUENCE_NEXT)
		d->busy = 1;
	bpf_spin_unlock(&c->lock);

	if (verdict == SEQUENCE_HOLE || verdict == SEQUENCE_BUSY)
		connection_give_up(c, verdict == SEQUENCE_HOLE ? INEXACT_HOLE : INEXACT_RACE);
	if (verdict != SEQUENCE_NEXT)
		return 0;
	if (event == HTTP1_MORE && offset < k->segment.length)
		offset += walk_window(k, offset, &event);
	if (event == HTTP1_HEAD_END) {
		event = k->d->parser.response ? response_head_end(k) : request_head_end(k);
		if (event == HTTP1_MORE && offset < k->segment.length)
			event = sequence_pass(d, &k->segment, k->now, &offset);
	}
	if (event == HTTP1_MESSAGE_END)
		message_end(k);
	else if (event == HTTP1_BAD)
		connection_give_up(c, INEXACT_FRAMING);
	bpf_spin_lock(&c->lock);
	d->busy = 0;
	bpf_spin_unlock(&c->lock);
	return offset < k->segment.length;
}

/* A FIN or RST of this direction's sender; in_order: nothing before it is missing. */
static __always_inline void walk_fin(struct walk *k, int in_order)
{
	struct connection *c = k->c;
	int ends;

	bpf_spin_lock(&c->lock);
	if (c->closer == CLOSER_NONE)
		c->closer = k->d->parser.response ? CLOSER_SERVER : CLOSER_CLIENT;
	ends = in_order && k->d->parser.response && k->d->parser.phase == HTTP1_UNTIL_CLOSE &&
	       !k->d->busy;
	bpf_spin_unlock(&c->lock);
	if (ends)
		message_end(k);
}
#endif
