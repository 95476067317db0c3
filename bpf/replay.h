/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Putting segments into the stash and walking them when the hole before them fills, by functions
 * that are verified once. Whoever holds the direction replays before giving it back; whoever
 * stashes looks whether the direction was given back meanwhile. Both happen under the lock, so
 * nothing that can be walked stays behind.
 */
#ifndef MESHTAP_REPLAY_H
#define MESHTAP_REPLAY_H

#include "http.h"

/* Keeps a copy of STASH_PIECE bytes of the segment, or what there is, from offset on. Returns 0, or
 * -1: no room. */
__noinline int stash_piece_in(struct __sk_buff *skb, __u32 slot, __u32 offset)
{
	struct scratch *s = scratch_at(slot);
	struct stash_key key = {};
	struct connection *c;
	struct stash *stash;
	__u32 length, at;
	int copied = 1;

	if (!s)
		return -1;
	c = bpf_map_lookup_elem(&connections, &s->walk.tuple);
	stash = c ? stash_of(c) : NULL;
	if (!stash || offset >= s->walk.length)
		return -1;
	length = s->walk.length - offset;
	if (length > STASH_PIECE)
		length = STASH_PIECE;
	http1_hide(length);
	length = ((length - 1) & (STASH_PIECE - 1)) + 1;
	at = stash_claim(c, stash, slot);
	if (at >= STASH_ENTRIES)
		return -1;
	key.connection = c->id;
	key.entry = at;
	if (bpf_skb_load_bytes(skb, s->walk.base + offset, s->window.bytes, length) ||
	    bpf_map_update_elem(&stash_pieces, &key, s->window.bytes, BPF_ANY))
		copied = 0;
	stash_enter(c, &stash->entry[at & (STASH_ENTRIES - 1)], s->walk.seq + offset,
		    copied ? length : 0, 1, s->walk.now);
	return copied ? 0 : -1;
}

/* Bytes that need no copy. Returns 0, or -1: no room. */
static __always_inline int stash_without_copy(struct connection *c, struct stash *stash, __u32 slot,
					      __u32 seq, __u32 length, __u64 now)
{
	__u32 at;

	if (stash_prolong(c, stash, slot, seq, length))
		return 0;
	at = stash_claim(c, stash, slot);
	if (at >= STASH_ENTRIES)
		return -1;
	stash_enter(c, &stash->entry[at & (STASH_ENTRIES - 1)], seq, length, 0, now);
	return 0;
}

/* Bytes that the stream will pass need no copy. Returns how many there are at the segment's
 * beginning. */
static __always_inline __u32 stash_bulk(struct connection *c, const struct direction *d,
					const struct walk *k)
{
	__u64 passable, ahead;
	__u32 bulk = 0;

	bpf_spin_lock(&c->lock);
	ahead = k->seq - d->next_seq;
	passable = http1_passable(&d->parser);
	if (d->started && !d->busy && (__s32)ahead > 0 && passable > ahead)
		bulk = passable - ahead < k->length ? passable - ahead : k->length;
	bpf_spin_unlock(&c->lock);
	return bulk;
}

/* Returns WALK_REPLAY: what is stashed may be walked by now, or WALK_DONE. */
__noinline int stash_in(struct __sk_buff *skb, __u32 slot)
{
	struct scratch *s = scratch_at(slot);
	struct connection *c;
	struct stash *stash;
	__u32 from;

	if (!s)
		return WALK_DONE;
	c = bpf_map_lookup_elem(&connections, &s->walk.tuple);
	if (!c)
		return WALK_DONE;
	if (s->walk.egress) { /* the socket's lock orders these: it cannot be early */
		c->missed = 1;
		return WALK_DONE;
	}
	stash = stash_make(c);
	if (!stash)
		return WALK_DONE;
	s->walk.id = c->id;
	if (!s->walk.length || stash_has(slot, s->walk.seq, s->walk.length))
		return WALK_REPLAY;
	from = stash_bulk(c, &c->direction[s->walk.direction & 1], &s->walk);
	if (from && stash_without_copy(c, stash, slot, s->walk.seq, from, s->walk.now))
		return WALK_REPLAY;
	for (__u32 i = 0; i <= STASH_PIECES; i++) {
		if (from >= s->walk.length || stash_piece_in(skb, slot, from))
			break;
		from += STASH_PIECE;
	}
	return WALK_REPLAY;
}

/* Takes the direction, unless it is held. */
static __always_inline int replay_claim(struct connection *c, struct direction *d, struct walk *k)
{
	bpf_spin_lock(&c->lock);
	if (d->started && !d->busy) {
		d->busy = 1;
		k->held = 1;
	}
	bpf_spin_unlock(&c->lock);
	return k->held;
}

/* What came before ESTABLISHED can be placed now: takes the receiving direction. */
static __always_inline int replay_begin(struct connection *c, struct walk *k)
{
	k->direction = c->reporter == REPORTER_DESTINATION ? REQUEST : RESPONSE;
	bpf_spin_lock(&c->lock);
	if (c->replay_due && !c->direction[k->direction & 1].busy) {
		c->replay_due = 0;
		c->direction[k->direction & 1].busy = 1;
		k->held = 1;
	}
	bpf_spin_unlock(&c->lock);
	return k->held;
}

/* Gives the direction back, if nothing was stashed since entered was read. */
static __always_inline void replay_release(struct connection *c, struct direction *d,
					   struct walk *k, __u32 entered)
{
	bpf_spin_lock(&c->lock);
	if (c->entered == entered) {
		d->busy = 0;
		k->held = 0;
	}
	bpf_spin_unlock(&c->lock);
}

/* The next entry that the stream has come to. Returns 0 when there is none. */
static __always_inline int replay_next(const struct direction *d, const struct stash *stash,
				       struct walk *k, __u32 slot)
{
	__u32 at = stash_find(slot, d->next_seq);
	const struct stash_entry *e;

	if (at >= STASH_ENTRIES)
		return 0;
	e = &stash->entry[at & (STASH_ENTRIES - 1)];
	k->entry = at + 1;
	k->seq = e->seq;
	k->length = e->length;
	k->seen_ns = e->seen_ns;
	k->has_copy = e->has_copy;
	k->peeked = 0;
	return 1;
}

/* Takes the entry out, unless it was prolonged meanwhile. */
static __always_inline void replay_end(struct connection *c, struct direction *d,
				       struct stash *stash, struct walk *k)
{
	__u32 at = (k->entry - 1) & (STASH_ENTRIES - 1);
	struct stash_entry *e = &stash->entry[at];

	if (k->has_copy)
		stash_delete_piece(c, at);
	bpf_spin_lock(&c->lock);
	k->entry = 0;
	if (sequence_after(e->seq + e->length, d->next_seq) <= 0) {
		e->length = 0;
		c->stashed--;
	}
	bpf_spin_unlock(&c->lock);
}

/* A part of one entry. Returns WALK_ON, or WALK_DONE: no entry is next, or another program holds
 * the direction. */
__noinline int replay_in(__u32 slot)
{
	struct scratch *s = scratch_at(slot);
	struct reader r = {};
	struct connection *c;
	struct direction *d;
	struct stash *stash;
	__u32 entered;

	if (!s)
		return WALK_DONE;
	c = bpf_map_lookup_elem(&connections, &s->walk.tuple);
	stash = c ? stash_of(c) : NULL;
	if (!stash)
		return WALK_DONE;
	s->walk.id = c->id;
	d = &c->direction[s->walk.direction & 1];
	if (!s->walk.held && !replay_claim(c, d, &s->walk))
		return WALK_DONE;
	entered = *(volatile __u32 *)&c->entered;
	if (!s->walk.entry && !replay_next(d, stash, &s->walk, slot)) {
		replay_release(c, d, &s->walk, entered);
		return s->walk.held ? WALK_ON : WALK_DONE;
	}
	if (sequence_after(s->walk.seq + s->walk.length, d->next_seq) > 0) {
		if (s->walk.has_copy)
			r.piece = stash_piece_of(c, s->walk.entry - 1);
		if (walk(&r, s, c) == WALK_ON)
			return WALK_ON;
	}
	replay_end(c, d, stash, &s->walk);
	return WALK_ON;
}

/* More steps than a program may take: what remains of the segment is lost. */
__noinline int overrun_in(__u32 slot)
{
	struct scratch *s = scratch_at(slot);
	struct connection *c;

	if (!s)
		return 0;
	c = bpf_map_lookup_elem(&connections, &s->walk.tuple);
	if (!c)
		return 0;
	connection_lose(c, INEXACT_SEGMENT, s->walk.egress ? LOST_SENT : LOST_RECEIVED);
	bpf_spin_lock(&c->lock);
	if (s->walk.held)
		c->direction[s->walk.direction & 1].busy = 0;
	s->walk.held = 0;
	bpf_spin_unlock(&c->lock);
	return 0;
}

#endif
