/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where HTTP/2 begins, and where its frames do when that is not known: at the client's preface, or,
 * on a connection that is older than the collector, or after bytes were lost, at a segment that
 * begins with what can only be frames.
 */
#ifndef MESHTAP_HTTP2_SYNC_H
#define MESHTAP_HTTP2_SYNC_H

#include "http2_streams.h"
#include "pickup.h"

/* Both directions speak HTTP/2 from here on. Returns 0, or -1: no room. */
static __always_inline int http2_start(struct connection *c)
{
	__u64 id = c->id;

	if (!http2_make(c))
		return -1;
	if (!c->h2)
		c->h2 = H2_BEGUN;
	if (*(volatile __u8 *)&c->closed) /* too late for connection_remove() */
		bpf_map_delete_elem(&http2_connections, &id);
	return 0;
}

/* "PRI * HTTP/2.0" and an empty line's first half: the first bytes of a client (RFC 9113 section
 * 3.4). */
static __always_inline int http2_is_preface(const struct http1_window *w, __u32 at)
{
	return http1_load(http1_at(w, at)) == 0x5448202a20495250ULL &&
	       http1_load(http1_at(w, at + 8)) == 0x0a0d302e322f5054ULL;
}

/* A server's SETTINGS, which may come before the client has said anything: its header, or as much
 * of it as there is. */
static __always_inline int http2_is_settings(const struct http1_window *w, __u32 at)
{
	__u64 first = http1_load(http1_at(w, at)) ^ ((__u64)HTTP2_SETTINGS << 24);
	__u32 length = w->end - at;

	first &= 0xffffffffff00ffffULL; /* but the length's last byte */
	if (length < 8)
		return !(first << (64 - 8 * length));
	return !first && (length == 8 || !*http1_at(w, at + 8));
}

/* The client's preface is found by http1.h. Call under the lock. */
static __always_inline void http2_catch_up(struct connection *c, struct direction *d,
					   int is_response)
{
	if (d->parser.phase != HTTP1_FRAMES && (is_response || c->is_http)) {
		direction_reset(d);
		d->parser.phase = HTTP1_FRAMES;
		if (!is_response && c->h2 == H2_UPGRADED)
			d->parser.skip = HTTP2_PREFACE;
	}
	if (d->stale) {
		d->stale = 0;
		d->unsynced = 1;
		d->parser.skip = 0;
	}
}

/* A frame begins with the segment; the bytes before are not known. */
static __always_inline void http2_resume(struct connection *c, struct direction *d,
					 const struct walk *k)
{
	__u32 direction = k->direction;
	struct http2_connection *h2 = http2_of(c);
	struct http2_parser *p;
	__u32 pieces;

	if (!h2)
		return;
	p = &h2->parser[direction & 1];
	pieces = p->pieces;
	__builtin_memset(p, 0, sizeof(*p));
	p->pieces = pieces + 1; /* header blocks may have passed */
	d->position += k->seq - d->next_seq;
	d->next_seq = k->seq;
	d->message_start = d->position; /* as far as nothing is known */
	if (direction == REQUEST && c->older && !h2->last && d->position)
		count_inexact(INEXACT_OLDER, 1); /* nobody knows how many */
	direction_reset(d);
	d->parser.phase = HTTP1_FRAMES;
	c->is_http = 1;
	d->unsynced = 0;
}

/* A connection whose beginning was not seen proves to be HTTP/2: the segment at hand begins with a
 * frame. */
static __always_inline void http2_adopt(struct connection *c, struct direction *d,
					struct direction *other, const struct walk *k)
{
	struct http2_connection *h2 = http2_start(c) ? NULL : http2_of(c);

	if (!h2)
		return;
	bpf_spin_lock(&c->lock);
	c->is_http = 1;
	c->pickup = PICKUP_NONE;
	c->undeclared = 0; /* what was in progress is declared when it ends */
	h2->lost_requests = !c->older;
	other->stale = 1;
	d->stale = 1;
	http2_catch_up(c, d, 1);
	bpf_spin_unlock(&c->lock);
	http2_resume(c, d, k);
}

/* The next header of the chain. Returns 1 when there may be another, 0 when the segment ends with
 * the frame, -1: this is no frame. */
static __always_inline int http2_chain(struct __sk_buff *skb, const struct walk *k, __u32 *at)
{
	__u8 header[HTTP2_HEADER + 3];
	__s32 length;

	if (bpf_skb_load_bytes(skb, k->base + *at, header, HTTP2_HEADER))
		return -1;
	length = http2_plausible(header);
	if (length < 0)
		return -1;
	*at += HTTP2_HEADER + length;
	return *at < k->length;
}

/*
 * Whether the segment begins with a frame, as far as can be told: a body may look like anything,
 * but hardly like frames to the segment's very end, or like one that is followed by another.
 * Verified once.
 */
__noinline int http2_begins_in(struct __sk_buff *skb, __u32 slot)
{
	struct scratch *s = scratch_at(slot);
	__u32 at = 0, frames = 0;
	int more = 1;
	__u8 type;

	if (!s || bpf_skb_load_bytes(skb, s->walk.base + 3, &type, sizeof(type)) ||
	    !http2_is_telling(type))
		return 0;
	for (int i = 0; i < 3 && more > 0; i++) {
		if (at + HTTP2_HEADER > s->walk.length)
			return frames > 1;
		more = http2_chain(skb, &s->walk, &at);
		frames++;
	}
	return more >= 0 && (at == s->walk.length || frames > 1);
}

#endif
