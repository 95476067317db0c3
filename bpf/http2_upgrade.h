/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From HTTP/1 to HTTP/2 on one connection (RFC 7540 section 3.2; RFC 9113 has no such thing any
 * more, servers do): the request that asked for it becomes stream 1, and is answered there. Whether
 * a tunnel after 101 is HTTP/2 is told by its first bytes.
 */
#ifndef MESHTAP_HTTP2_UPGRADE_H
#define MESHTAP_HTTP2_UPGRADE_H

#include "http2_walk.h"
#include "pending.h"

/* The first bytes of a tunnel are in the window. */
static __always_inline int http2_is_tunnelled(const struct http1_window *w, int is_response)
{
	return is_response ? http2_is_settings(w, HTTP1_START) : http2_is_preface(w, HTTP1_START);
}

/* The only exchange in flight, as stream 1, into s->stream. Call under the lock. Returns 0 or -1.
 */
static __always_inline int http2_take_exchange(struct scratch *s, struct connection *c,
					       struct deep_ring *deep)
{
	struct exchange *from = exchange_at(c, deep, c->first), *x = &s->stream.h2.exchange;

	if (c->next - c->first != 1 || from->status != 101)
		return -1;
	x->started_ns = from->started_ns;
	x->request_wire = from->request_wire;
	x->request_body = from->request_body;
	x->request_ended_ns = from->request_ended_ns;
	x->request_head = from->request_head;
	x->kept[REQUEST] = from->kept[REQUEST];
	x->host = from->host;
	x->minor = from->minor;
	x->method = from->method;
	x->ordinal = 1;
	x->state = EXCHANGE_REQUEST_DONE;
	s->stream.h2.upgraded = from->ordinal + 1;
	s->stream.answers_from = c->direction[RESPONSE].position;
	c->first = c->next;
	return 0;
}

/* Whether the tunnel, whose first bytes are in the window, is HTTP/2; then it is from here on. */
static __always_inline int http2_upgrade(struct scratch *s, struct connection *c)
{
	struct deep_ring *deep = deep_ring_of(c, 0);
	struct http2_connection *h2 = http2_make(c);
	int error;

	if (!h2 || c->h2)
		return 0;
	__builtin_memset(&s->stream, 0, sizeof(s->stream));
	bpf_spin_lock(&c->lock);
	error = http2_take_exchange(s, c, deep);
	if (!error)
		error = http2_slot_take(h2, 1, &s->stream.slot);
	if (!error) {
		h2->first = h2->last = 1;
		c->h2 = H2_UPGRADED;
		c->tunnel = 0;
	}
	bpf_spin_unlock(&c->lock);
	if (error)
		return 0;
	s->key.connection = c->id;
	s->key.stream = 1;
	error = bpf_map_update_elem(&http2_streams, &s->key, &s->stream, BPF_NOEXIST) != 0;
	if (http2_stream_settle(c, s, h2, s->stream.slot, 1, error))
		count_inexact(INEXACT_PIPELINE, 1);
	return 1;
}

#endif
