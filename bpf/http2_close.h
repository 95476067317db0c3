/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An HTTP/2 connection's end: its streams end with it. Without the lock, as close.h. */
#ifndef MESHTAP_HTTP2_CLOSE_H
#define MESHTAP_HTTP2_CLOSE_H

#include "http.h"

static __always_inline __u8 http2_flag_at_close(const struct connection *c,
						const struct exchange *x)
{
	if (x->state & EXCHANGE_RESPONSE_DONE)
		return EXCHANGE_OK;
	if (c->closer == CLOSER_CLIENT ||
	    (c->closer == CLOSER_NONE && c->reporter == REPORTER_SOURCE))
		return EXCHANGE_DC;
	return EXCHANGE_UC;
}

static __always_inline void http2_stream_close(struct scratch *s, struct connection *c,
					       __u32 stream)
{
	struct http2_stream *st = http2_stream_of(c, s, stream);
	struct exchange *x = &s->stream.h2.exchange;

	if (!st) { /* it begins just now: see http2_stream_settle() */
		count_inexact(INEXACT_HOLE, 1);
		return;
	}
	s->stream = *st;
	http2_stream_delete(s);
	x->flag = http2_flag_at_close(c, x);
	if (!(x->state & EXCHANGE_RESPONSE_DONE))
		x->ended_ns = s->walk.now;
	http2_stream_report(c, s);
}

/* The stream of the i-th slot. Verified once, as those that follow. Returns 1 when there may be
 * another. */
__noinline int http2_close_slot_in(__u32 slot, __u32 i)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &slot);
	struct http2_connection *h2;
	struct connection *c;
	__u32 stream;

	if (!s)
		return 0;
	c = bpf_map_lookup_elem(&connections, &s->walk.tuple);
	h2 = c ? http2_of(c) : NULL;
	if (!h2 || i >= h2->high)
		return 0;
	stream = http2_slot_drop(c, h2, i);
	if (stream)
		http2_stream_close(s, c, stream);
	return 1;
}

/* The same, unreported. */
__noinline int http2_forget_slot_in(__u64 connection, __u32 i)
{
	struct http2_stream_key key = { .connection = connection };
	struct http2_connection *h2 = bpf_map_lookup_elem(&http2_connections, &connection);

	if (!h2 || i >= h2->high)
		return 0;
	key.stream = h2->slots[i & (HTTP2_STREAMS - 1)];
	h2->slots[i & (HTTP2_STREAMS - 1)] = 0; /* see http2_stream_settle() */
	if (key.stream)
		bpf_map_delete_elem(&http2_streams, &key);
	return 1;
}

__noinline int http2_forget_in(__u64 connection)
{
	for (__u32 i = 0; i < HTTP2_STREAMS; i++)
		if (!http2_forget_slot_in(connection, i))
			break;
	return bpf_map_delete_elem(&http2_connections, &connection);
}

/* All that is open ends now. */
static __always_inline void http2_close(struct connection *c, const struct sock *sk, __u64 now)
{
	struct http2_connection *h2 = http2_of(c);
	struct scratch *s;

	if (!h2 || !h2->open)
		return;
	s = c->missed ? NULL : scratch_claim();
	if (!s) { /* what remains is declared when the connection is removed */
		c->lost_reason = c->missed ? INEXACT_HOLE : INEXACT_SCRATCH;
		return;
	}
	s->walk.tuple = c->tuple;
	s->walk.now = now;
	sink_closing(&s->walk, (const struct tcp_sock *)sk);
	for (__u32 i = 0; i < HTTP2_STREAMS; i++)
		if (!http2_close_slot_in(s->window.slot, i))
			break;
	scratch_release(s);
}

/* Streams that end unreported: what is open still, or, where requests may have passed unseen, one
 * at least. */
static __always_inline __u32 http2_undeclared(const struct connection *c,
					      const struct http2_connection *h2)
{
	const struct direction *d = &c->direction[REQUEST];

	if (h2->open || !c->is_http)
		return h2->open;
	return c->missed || h2->lost_requests || d->unsynced || d->stale;
}

/* The connection goes, and whatever it still has. */
static __always_inline void http2_remove(const struct connection *c)
{
	const struct http2_connection *h2 = http2_of(c);

	if (h2)
		count_inexact(c->lost_reason, http2_undeclared(c, h2));
	http2_forget_in(c->id);
	sink_http2_gone(c);
}

#endif
