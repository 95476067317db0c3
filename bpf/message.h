/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a message's head, end or unreadable bytes mean for the exchanges in flight. */
#ifndef MESHTAP_MESSAGE_H
#define MESHTAP_MESSAGE_H

#include "hello.h"
#include "http2_walk.h"
#include "lose.h"
#include "pending.h"
#include "pickup.h"
#include "scratch.h"

/* Unless the other direction has proved meanwhile, on another CPU, that it is: then this one's
 * bytes are judged anew. */
static __always_inline void connection_is_not_http(struct connection *c)
{
	int proved;

	bpf_spin_lock(&c->lock);
	proved = c->is_http;
	if (!proved) {
		c->dead = 1;
		c->first = c->next;
	}
	bpf_spin_unlock(&c->lock);
	if (!proved)
		sink_gone(c, c->next + 1);
}

static __always_inline enum http1_event request_head_end(struct walk *k, struct connection *c,
							 struct direction *d)
{
	struct deep_ring *deep = deep_ring_of(c, 1);
	struct exchange *x;
	__u32 declared = 0;
	int was_ahead;

	if (c->h2) { /* the server seemed to speak HTTP/2 */
		connection_is_not_http(c);
		return HTTP1_MORE;
	}
	bpf_spin_lock(&c->lock);
	was_ahead = c->ahead;
	if (!d->stale) {
		declared = exchange_push(c, d, deep);
		if (d->pushed) { /* maybe before the head was complete */
			x = exchange_at(c, deep, c->next - 1);
			x->method = d->parser.method;
			x->host = d->host;
		}
	}
	bpf_spin_unlock(&c->lock);
	connection_declare(c, declared);
	if (d->skipped)
		sink_skipped(c, d);
	/* its answer's end was looked for in the wrong place */
	if (was_ahead &&
	    (d->parser.method == HTTP1_METHOD_HEAD || d->parser.method == HTTP1_METHOD_CONNECT))
		connection_lose(c, INEXACT_FRAMING, LOST_RECEIVED);
	return http1_body(&d->parser, d->parser.method);
}

/* The server's answer tells the request direction how to go on. Call under the lock. */
static __always_inline void response_steers_request(struct connection *c, struct exchange *x)
{
	struct direction *request = &c->direction[REQUEST];

	if (x->status == 101 || (x->method == HTTP1_METHOD_CONNECT && x->status / 100 == 2)) {
		x->state &= ~EXCHANGE_REQUEST_DONE;
		c->tunnel = 1;
	} else if (x->method == HTTP1_METHOD_CONNECT && x->status >= 300) {
		x->request_wire = request->position - request->message_start;
		x->state |= EXCHANGE_REQUEST_DONE;
		c->refused = 1;
	}
}

/*
 * A request came twice, TCP took one while another CPU is still at the other one, and the server
 * has answered. The exchange is declared now, and left out when its request is known. Bytes are not
 * missing, so both streams are followed on. Only where requests are received: what is sent is known
 * before it can be answered. Call under the lock. Returns whether it is so.
 */
static __always_inline int response_is_ahead(struct connection *c, __u16 status)
{
	const struct direction *request = &c->direction[REQUEST];

	if (c->reporter != REPORTER_DESTINATION || c->first != c->next || !request->busy ||
	    request->stale || request->pushed || request->skipped || c->skipped || c->ahead ||
	    c->unusual || c->pickup != PICKUP_NONE || status < 200 || status == 408)
		return 0;
	c->next++;
	c->first = c->next;
	c->ahead = 1;
	return 1;
}

/* What a final response that answers no exchange is. */
struct orphan {
	__u32 ahead;	/* the request is not known yet */
	__u32 lost;	/* nobody asked */
	__u32 skipped;	/* the request found no room */
	__u32 declared; /* the request was not seen */
};

/* Call under the lock. */
static __always_inline void response_is_orphan(struct connection *c, struct orphan *ret)
{
	if (is_searched(c, 0)) {
		ret->declared = !c->owed;
		c->owed -= !ret->declared;
	} else if (c->skipped) {
		ret->skipped = 1;
		c->skipped--;
	} else if (response_is_ahead(c, c->direction[RESPONSE].parser.status)) {
		ret->ahead = 1;
	} else { /* RFC 9110 15.5.9: a 408 may come on an idle connection */
		ret->lost = c->direction[RESPONSE].parser.status != 408;
	}
}

/* Call under the lock. Returns the request's method. */
static __always_inline __u8 response_answers(struct connection *c, struct direction *d,
					     struct deep_ring *deep, struct orphan *ret)
{
	struct direction *request = &c->direction[REQUEST];
	int is_final = d->parser.status >= 200 || d->parser.status == 101;
	struct exchange *x;

	/* An error answered before the request's head is complete (400, 408, 431). */
	if (c->first == c->next && !is_searched(c, 0) && request->begun && !request->stale &&
	    (request->parser.flags & HTTP1_LINE_OK))
		exchange_push(c, request, deep);
	x = exchange_at(c, deep, c->first);
	/* None waits for an answer. (A duplicate of what another CPU still walks can bring the next
	 * request to the server before it is known here.) */
	if (c->first == c->next || (x->state & EXCHANGE_RESPONSE_DONE)) {
		if (is_final)
			response_is_orphan(c, ret);
		return HTTP1_METHOD_OTHER;
	}
	x->status = d->parser.status;
	if (!x->response_started_ns)
		x->response_started_ns = d->started_ns;
	x->response_head = d->position - d->message_start;
	d->answers = is_final;
	if (is_final)
		response_steers_request(c, x);
	return x->method;
}

static __always_inline enum http1_event response_head_end(struct walk *k, struct connection *c,
							  struct direction *d)
{
	struct deep_ring *deep = deep_ring_of(c, 1);
	__u8 method = HTTP1_METHOD_OTHER;
	struct orphan orphan = {};
	__u32 undeclared = 0;

	bpf_spin_lock(&c->lock);
	if (!d->stale) {
		method = response_answers(c, d, deep, &orphan);
		if (c->pickup == PICKUP_TRY && d->answers)
			undeclared = pickup_confirm(c);
	}
	bpf_spin_unlock(&c->lock);
	if (orphan.skipped)
		count_inexact(INEXACT_PIPELINE, 1);
	if (orphan.ahead) {
		count_inexact(INEXACT_FRAMING, 1);
		sink_gone(c, c->next);
	}
	if (undeclared)
		count_inexact(c->lost_reason, undeclared);
	connection_declare(c, orphan.declared);
	if (orphan.lost)
		connection_lose(c, INEXACT_FRAMING, LOST_ANSWERED);
	return http1_body(&d->parser, method);
}

/* Call under the lock. */
static __always_inline void message_store(struct connection *c, struct direction *d,
					  struct deep_ring *deep, int is_response)
{
	struct exchange *x;

	if (is_response && d->answers) {
		x = exchange_at(c, deep, c->first);
		x->response_wire = d->position - d->message_start;
		x->response_body = d->parser.body;
		x->ended_ns = d->last_ns;
		x->kept[RESPONSE] = d->kept;
		x->state |= EXCHANGE_RESPONSE_DONE;
	} else if (!is_response && d->pushed) {
		x = exchange_at(c, deep, c->next - 1);
		x->request_wire = d->position - d->message_start;
		x->request_body = d->parser.body;
		x->request_ended_ns = d->last_ns;
		x->kept[REQUEST] = d->kept;
		x->state |= EXCHANGE_REQUEST_DONE;
	}
}

static __always_inline void message_end(struct scratch *s, struct connection *c,
					struct direction *d)
{
	struct walk *k = &s->walk;
	struct deep_ring *deep = deep_ring_of(c, 0);
	int finished = 0;

	bpf_spin_lock(&c->lock);
	if (!d->stale) {
		message_store(c, d, deep, k->direction == RESPONSE);
		direction_reset(d);
		finished = !c->closed && exchange_pop(c, deep, &k->done);
		c->answered = !finished && k->direction == RESPONSE && c->first != c->next;
	}
	bpf_spin_unlock(&c->lock);
	if (finished)
		sink_exchange(c, &k->done, s);
}

/* The client begins HTTP/2. Returns whether. */
static __always_inline int request_is_preface(struct scratch *s, struct connection *c,
					      struct direction *d)
{
	__s32 begin = s->window.begin;

	if (c->is_http || c->pickup != PICKUP_NONE ||
	    !http2_is_preface(&s->window, HTTP1_START + begin) || http2_start(c))
		return 0;
	c->is_http = 1;
	direction_reset(d);
	d->parser.phase = HTTP1_FRAMES;
	d->parser.skip = HTTP2_PREFACE + (begin < 0 ? begin : 0);
	sink_gone(c, c->next + 1); /* of a head whose line came in pieces */
	return 1;
}

/* A request that no server accepts: its bytes go on until the connection's end. */
static __always_inline void request_bad(struct scratch *s, struct connection *c,
					struct direction *d)
{
	struct walk *k = &s->walk;
	struct deep_ring *deep;
	__u32 declared;

	/* READY or WAIT: the server has spoken meanwhile, on another CPU */
	if (c->pickup == PICKUP_TRY || (c->pickup != PICKUP_NONE && !c->is_http)) {
		connection_lose(c, INEXACT_FRAMING, LOST_RECEIVED);
		return;
	}
	if (request_is_preface(s, c, d))
		return;
	if (!c->is_http && !(d->parser.flags & HTTP1_LINE_OK)) {
		hello_begin(s, c, d);
		connection_is_not_http(c);
		return;
	}
	deep = deep_ring_of(c, 1);
	bpf_spin_lock(&c->lock);
	if (!d->begun) {
		d->begun = 1;
		d->message_start = d->position;
		d->started_ns = k->seen_ns;
	}
	declared = exchange_push(c, d, deep);
	d->parser.phase = HTTP1_UNTIL_CLOSE;
	bpf_spin_unlock(&c->lock);
	connection_declare(c, declared);
}

/* The server speaks first, and seems to speak HTTP/2: the client's preface will tell. */
static __always_inline int response_is_settings(struct scratch *s, struct connection *c,
						struct direction *d)
{
	if (d->position || d->parser.carry_length || !http2_is_settings(&s->window, HTTP1_START))
		return 0;
	/* maybe the client spoke meanwhile, on another CPU */
	if (!c->h2 && (c->is_http || c->pickup != PICKUP_NONE || http2_start(c)))
		return 0;
	direction_reset(d);
	d->parser.phase = HTTP1_FRAMES;
	return 1;
}

/* A response that no client understands: the connection's end cuts it short. */
static __always_inline void response_bad(struct scratch *s, struct connection *c,
					 struct direction *d)
{
	const struct walk *k = &s->walk;
	struct deep_ring *deep = deep_ring_of(c, 0);
	int answers;

	bpf_spin_lock(&c->lock);
	answers = d->answers && !d->stale;
	if (answers) {
		exchange_at(c, deep, c->first)->flag = EXCHANGE_UPE;
		d->parser.phase = HTTP1_UNTIL_CLOSE;
	}
	bpf_spin_unlock(&c->lock);
	if (answers)
		return;
	if (response_is_settings(s, c, d))
		return;
	if (c->is_http || c->pickup != PICKUP_NONE)
		connection_lose(c, INEXACT_FRAMING, k->egress ? LOST_SENT : LOST_RECEIVED);
	else
		connection_is_not_http(c);
}

#endif
