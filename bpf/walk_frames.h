/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The part of http.h's walk that a segment of HTTP/2 takes. */
#ifndef MESHTAP_WALK_FRAMES_H
#define MESHTAP_WALK_FRAMES_H

#include "http2_upgrade.h"
#include "message.h"
#include "reader.h"
#include "sequence.h"

/* What is lost with the segment. */
static __always_inline enum missed walk_loses(const struct walk *k)
{
	return k->egress ? MISSED_SENT : MISSED_RECEIVED;
}

/* Where a beginning is looked for, and the segment seems to begin with a frame. Verified once. */
__noinline int walk_finds_frames_in(__u32 slot)
{
	struct scratch *s = scratch_at(slot);
	struct connection *c;
	__u32 direction;

	if (!s)
		return 0;
	direction = s->walk.direction & 1;
	c = bpf_map_lookup_elem(&connections, &s->walk.tuple);
	if (!c)
		return 0;
	if (c->direction[direction].unsynced)
		http2_resume(c, &c->direction[direction], &s->walk);
	else if (!c->is_http && is_searched(c, 0))
		http2_adopt(c, &c->direction[direction], &c->direction[1 - direction], &s->walk);
	return 0;
}

/* Gives the direction back, unless the stash has what comes next. */
static __always_inline int walk_release(struct walk *k, struct connection *c, struct direction *d)
{
	int replay;

	bpf_spin_lock(&c->lock);
	replay = c->stashed && !k->egress;
	if (!replay)
		direction_give(d, k);
	bpf_spin_unlock(&c->lock);
	return replay ? WALK_REPLAY : WALK_DONE;
}

/*
 * HTTP/2: loads a window of frames. Returns WALK_FRAMES: the caller has them parsed, by
 * http2_window_in(), and calls again. (From here it would be too deep for the stack of 512 bytes.)
 */
static __always_inline int walk_frames(const struct reader *r, struct scratch *s,
				       struct connection *c, struct direction *d)
{
	struct http2_connection *h2 = http2_of(c);
	struct http2_window *f = &s->frames;
	struct walk *k = &s->walk;
	__u32 offset, length;

	if (!h2)
		return WALK_DONE;
	sequence_pass(d, k, &offset);
	f->parser = h2->parser[k->direction & 1];
	f->parser.skip = d->parser.skip;
	f->seen_ns = k->seen_ns;
	f->at = HTTP1_START;
	s->window.end = HTTP1_START;
	k->in_frames = 1;
	if (offset >= k->length)
		return WALK_FRAMES;
	length = k->length - offset;
	if (length > k->window)
		length = k->window;
	http1_hide(length);
	length = ((length - 1) & (HTTP1_WINDOW - 1)) + 1;
	if (reader_load(r, k, offset, s->window.bytes + HTTP1_START, length))
		c->missed |= k->egress ? MISSED_SENT : MISSED_RECEIVED;
	else
		s->window.end += length;
	return WALK_FRAMES;
}

/* They are parsed. */
static __always_inline int walk_frames_end(struct scratch *s, struct connection *c,
					   struct direction *d)
{
	struct http2_connection *h2 = http2_of(c);
	const struct http2_window *f = &s->frames;
	struct walk *k = &s->walk;
	__u32 length = f->at - HTTP1_START;

	k->in_frames = 0;
	if (!h2)
		return WALK_DONE;
	h2->parser[k->direction & 1] = f->parser;
	d->parser.skip = f->parser.skip;
	d->position += length;
	d->next_seq += length;
	d->last_ns = k->now;
	if (f->is_bad && !c->is_http)
		connection_is_not_http(c);
	else if (f->is_bad || c->missed)
		http2_lose_in(s->window.slot, f->is_bad ? INEXACT_FRAMING : INEXACT_SCRATCH,
			      walk_loses(k));
	return k->seq + k->length != d->next_seq ? WALK_ON : walk_release(k, c, d);
}

#endif
