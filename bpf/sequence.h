/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Layer 2: a direction's byte stream out of segments that come twice, overlap or leave holes.
 * Ingress runs before TCP validates and before the socket's lock, so this layer decides by sequence
 * number alone.
 */
#ifndef MESHTAP_SEQUENCE_H
#define MESHTAP_SEQUENCE_H

#include "connection.h"

struct segment {
	__u32 seq;
	__u32 length; /* payload bytes */
};

enum sequence_verdict {
	SEQUENCE_OLD,  /* nothing new in it */
	SEQUENCE_NEXT, /* new bytes at *ret_offset */
	SEQUENCE_HOLE, /* bytes that decide framing are missing */
	SEQUENCE_BUSY, /* another CPU is in the middle of this direction */
};

/* Passes the stretch from the direction's place that needs no parsing; the caller holds the
 * direction. */
static __always_inline enum http1_event sequence_pass(struct direction *d, const struct segment *s,
						      __u64 now, __u32 *ret_offset)
{
	__u64 passable = http1_passable(&d->parser);
	__u32 left = s->seq + s->length - d->next_seq;
	__u32 pass = passable < left ? passable : left;
	enum http1_event event = HTTP1_MORE;

	if (pass) {
		event = http1_pass(&d->parser, pass);
		d->position += pass;
		d->next_seq += pass;
		d->last_ns = now;
	}
	*ret_offset = d->next_seq - s->seq;
	return event;
}

/*
 * Decides whether a segment continues the stream, and passes what needs no parsing, a hole inside a
 * body of known length included. Call under the connection's lock. *ret_event: what passing
 * completed. *ret_offset: the first byte that remains
 * (= length: none).
 */
static __always_inline enum sequence_verdict sequence_advance(struct direction *d,
							      const struct segment *s, __u64 now,
							      enum http1_event *ret_event,
							      __u32 *ret_offset)
{
	__s32 ahead = s->seq - d->next_seq; /* RFC 9293: modulo 2^32 */
	__s32 end = ahead + s->length;

	if (end <= 0)
		return SEQUENCE_OLD;
	if (d->busy)
		return SEQUENCE_BUSY;
	if (ahead > 0 && http1_passable(&d->parser) < (__u32)ahead)
		return SEQUENCE_HOLE;
	*ret_event = sequence_pass(d, s, now, ret_offset);
	return SEQUENCE_NEXT;
}

#endif
