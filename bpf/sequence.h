/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Layer 2: a direction's byte stream out of segments that come twice, overlap or leave holes.
 * Egress programs see first transmissions in order. Ingress programs run before TCP validates and
 * before the socket's lock: what they see may be early, old, or not for this connection at all.
 */
#ifndef MESHTAP_SEQUENCE_H
#define MESHTAP_SEQUENCE_H

#include "connection.h"
#include "scratch.h"

enum sequence_verdict {
	SEQUENCE_OLD,  /* nothing new in it */
	SEQUENCE_NEXT, /* it continues the stream */
	SEQUENCE_HOLE, /* bytes before it are missing still, or another CPU is at them */
	SEQUENCE_LOST, /* bytes before it went by unseen */
};

/* RFC 9293: modulo 2^32 */
static __always_inline __s32 sequence_after(__u32 a, __u32 b)
{
	return a - b;
}

/* What lies beyond the receive window TCP will drop (RFC 9293 section 3.10.7.4). */
static __always_inline int sequence_in_window(const struct walk *k)
{
	return k->is_early || sequence_after(k->seq, k->rcv_end) < 0;
}

/* A beginning is looked for in this direction, see pickup.h. */
static __always_inline int is_searched(const struct connection *c, int egress)
{
	return (c->pickup == PICKUP_WAIT || c->pickup == PICKUP_READY) && !(egress && c->follows);
}

/* Bytes that nothing need be known of, so that a hole in them can be jumped over. */
static __always_inline int sequence_is_bulk(const struct connection *c, const struct direction *d,
					    int egress)
{
	return d->parser.phase >= HTTP1_TUNNEL || d->unsynced || is_searched(c, egress);
}

/* Whether a segment continues the direction's stream. Call under the connection's lock. */
static __always_inline enum sequence_verdict
sequence_place(const struct connection *c, struct direction *d, const struct walk *k)
{
	__s32 ahead = sequence_after(k->seq, d->next_seq), end = ahead + k->length;
	__u64 passable = http1_passable(&d->parser);

	if (!d->started)
		return SEQUENCE_HOLE;
	if (end < 0 || (end == 0 && !(k->flags & TCP_FLAG_FIN)))
		return SEQUENCE_OLD;
	if (k->refused || (ahead > 0 && !k->egress && !sequence_in_window(k)))
		return SEQUENCE_OLD;
	if (d->busy)
		return SEQUENCE_HOLE;
	if (ahead <= 0 || sequence_is_bulk(c, d, k->egress))
		return SEQUENCE_NEXT;
	if (k->egress || k->is_early)
		return k->egress ? SEQUENCE_LOST : SEQUENCE_HOLE;
	if (sequence_after(k->rcv_nxt, d->next_seq) <= 0)
		return SEQUENCE_HOLE;
	/* TCP has bytes that did not come here. Those of a body need not, unless it ended with
	 * them: when is not known. */
	if ((d->parser.phase == HTTP1_BODY || d->parser.phase == HTTP1_FRAMES) &&
	    passable <= (__u32)ahead && passable <= k->rcv_nxt - d->next_seq)
		return SEQUENCE_LOST;
	if (passable < (__u32)ahead)
		return passable < k->rcv_nxt - d->next_seq ? SEQUENCE_LOST : SEQUENCE_HOLE;
	return sequence_after(k->rcv_nxt, k->seq) >= 0 ? SEQUENCE_NEXT : SEQUENCE_HOLE;
}

/* Passes the stretch from the direction's place that needs no parsing; the caller holds the
 * direction. *ret_offset: the segment's first byte that remains. */
static __always_inline enum http1_event sequence_pass(struct direction *d, const struct walk *k,
						      __u32 *ret_offset)
{
	__u64 passable = http1_passable(&d->parser);
	__u32 left = k->seq + k->length - d->next_seq;
	__u32 pass = passable < left ? passable : left;
	enum http1_event event = HTTP1_MORE;

	if (pass) {
		event = http1_pass(&d->parser, pass);
		d->position += pass;
		d->next_seq += pass;
		d->last_ns = k->now;
	}
	*ret_offset = d->next_seq - k->seq;
	return event;
}

/* Whoever has set busy writes the direction. Call both under the lock. */
static __always_inline void direction_take(struct direction *d, struct walk *k)
{
	d->busy = 1;
	k->held = 1;
}

static __always_inline void direction_give(struct direction *d, struct walk *k)
{
	d->busy = 0;
	k->held = 0;
}

/* The sender's FIN is next, and nothing is missing before it. */
static __always_inline int sequence_is_at_end(const struct direction *d)
{
	return d->has_fin && d->next_seq == d->fin_seq;
}

#endif
