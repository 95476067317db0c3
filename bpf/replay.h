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

/* Copies length bytes of the segment, from seq on. Returns 0, -EEXIST: another CPU does so, or
 * another error. */
static __always_inline int stash_copy(struct __sk_buff *skb, struct scratch *s, __u32 seq,
				      __u32 length)
{
	struct stash_piece *piece = (struct stash_piece *)s->window.bytes;
	struct stash_key key = { .connection = s->walk.id, .seq = seq };

	piece->seen_ns = s->walk.now;
	piece->length = length;
	piece->reserved = 0;
	http1_hide(length);
	length = ((length - 1) & (HTTP1_WINDOW - 1)) + 1;
	if (bpf_skb_load_bytes(skb, s->walk.base + seq - s->walk.seq,
			       s->window.bytes + sizeof(*piece) - STASH_PIECE, length))
		return -1;
	return bpf_map_update_elem(&stash_pieces, &key, piece, BPF_NOEXIST);
}

/*
 * Keeps what comes next of the segment: at seq, up to a range that is there, or a piece. Bytes
 * before bulk need no copy. Returns 1 when there may be more, in walk.stashed_to.
 */
__noinline int stash_step_in(struct __sk_buff *skb, __u32 slot, __u32 bulk)
{
	struct scratch *s = scratch_at(slot);
	struct connection *c;
	struct stash *stash;
	struct stash_piece *piece;
	__u32 seq, length, copy;
	int error;

	if (!s)
		return 0;
	c = bpf_map_lookup_elem(&connections, &s->walk.tuple);
	stash = c ? stash_of(c) : NULL;
	if (!stash)
		return 0;
	seq = stash_hole(slot, s->walk.stashed_to);
	if (seq != s->walk.stashed_to) {
		s->walk.stashed_to = seq;
		return sequence_after(s->walk.seq + s->walk.length, seq) > 0;
	}
	copy = sequence_after(bulk, seq) <= 0;
	length = (copy ? s->walk.seq + s->walk.length : bulk) - seq;
	if (copy && length > STASH_PIECE)
		length = STASH_PIECE;
	length = stash_room(slot, seq, length);
	if (!length)
		return 0;
	error = copy ? stash_copy(skb, s, seq, length) : 0;
	if (error == -EEXIST) {
		piece = stash_piece_of(s->walk.id, seq);
		length = piece ? piece->length : length;
	} else if (error) {
		return 0;
	} else if (stash_enter(c, &c->direction[s->walk.direction & 1], stash, slot, seq, length,
			       copy) &&
		   copy) {
		stash_delete_piece(s->walk.id, seq);
	}
	if (copy && !stash_in_slot(slot)) /* dropped meanwhile, by connection_remove() */
		stash_delete_piece(s->walk.id, seq);
	s->walk.stashed_to = seq + length;
	return sequence_after(s->walk.seq + s->walk.length, seq + length) > 0;
}

/* What is to be stashed: from walk.stashed_to on. Returns where the bytes end that the stream will
 * pass without looking at them. */
static __always_inline __u32 stash_begin(struct connection *c, const struct direction *d,
					 struct walk *k)
{
	__u64 passable, ahead;
	__u32 bulk = k->seq;

	bpf_spin_lock(&c->lock);
	ahead = k->seq - d->next_seq;
	passable = http1_passable(&d->parser);
	k->stashed_to = k->seq;
	if (d->started && (__s32)ahead < 0) /* another CPU was here meanwhile */
		k->stashed_to = d->next_seq;
	else if (d->started && !d->busy && passable > ahead)
		bulk += passable - ahead < k->length ? passable - ahead : k->length;
	bpf_spin_unlock(&c->lock);
	return bulk;
}

/* Returns WALK_REPLAY: what is stashed may be walked by now, or WALK_DONE. */
__noinline int stash_in(struct __sk_buff *skb, __u32 slot)
{
	struct scratch *s = scratch_at(slot);
	struct connection *c;
	__u32 bulk;

	if (!s)
		return WALK_DONE;
	c = bpf_map_lookup_elem(&connections, &s->walk.tuple);
	if (!c)
		return WALK_DONE;
	if (s->walk.egress) { /* the socket's lock orders these: it cannot be early */
		c->missed |= MISSED_SENT;
		return WALK_DONE;
	}
	s->walk.id = c->id;
	if (s->walk.length && stash_make(c, c->id)) {
		bulk = stash_begin(c, &c->direction[s->walk.direction & 1], &s->walk);
		for (__u32 i = 0; i < STASH_STEPS; i++)
			if (sequence_after(s->walk.seq + s->walk.length, s->walk.stashed_to) <= 0 ||
			    !stash_step_in(skb, slot, bulk))
				break;
	}
	c = bpf_map_lookup_elem(&connections, &s->walk.tuple);
	if (c && !c->closed && c->id == s->walk.id)
		return WALK_REPLAY;
	stash_drop(s->walk.id); /* too late for connection_remove() */
	return WALK_DONE;
}

/* Takes the direction, unless it is held. */
static __always_inline int replay_claim(struct connection *c, struct direction *d, struct walk *k)
{
	bpf_spin_lock(&c->lock);
	if (d->started && !d->busy)
		direction_take(d, k);
	bpf_spin_unlock(&c->lock);
	return k->held;
}

/* What came before ESTABLISHED can be placed now: takes the receiving direction. */
static __always_inline int replay_begin(struct connection *c, struct walk *k)
{
	struct direction *d;

	k->direction = c->reporter == REPORTER_DESTINATION ? REQUEST : RESPONSE;
	d = &c->direction[k->direction & 1];
	bpf_spin_lock(&c->lock);
	if (c->replay_due && !d->busy) {
		c->replay_due = 0;
		direction_take(d, k);
		k->egress = 0; /* whichever way the segment goes that waits */
	}
	bpf_spin_unlock(&c->lock);
	return k->held;
}

/* Gives the direction back, if nothing was stashed since entered was read. */
static __always_inline void replay_release(struct connection *c, struct direction *d,
					   struct walk *k, __u32 entered)
{
	bpf_spin_lock(&c->lock);
	if (c->entered == entered)
		direction_give(d, k);
	bpf_spin_unlock(&c->lock);
}

/* The next range that the stream has come to, or its first piece. Returns 0 when there is none. */
static __always_inline int replay_next(const struct direction *d, const struct stash *stash,
				       struct walk *k, __u32 slot)
{
	__u32 at = stash_until(slot, d->next_seq);
	struct stash_range r;
	struct stash_piece *piece;

	if (at >= STASH_RANGES)
		return 0;
	r = stash_get(stash, at);
	if (!r.length || sequence_after(r.seq, d->next_seq) > 0)
		return 0; /* it is another one by now, so entered has changed */
	k->range = at + 1;
	k->peeked = 0;
	k->begins_frame = 0;
	k->window = HTTP1_WINDOW;
	k->seq = r.seq;
	k->length = r.length;
	k->seen_ns = k->now;
	k->has_copy = r.has_copy;
	if (!k->has_copy)
		return 1;
	piece = stash_piece_of(k->id, k->seq);
	if (piece) {
		k->length = piece->length;
		k->seen_ns = piece->seen_ns;
		if (k->seen_ns > k->now) /* it came while this program ran */
			k->now = k->seen_ns;
	}
	return 1;
}

/* Takes out what was replayed. */
static __always_inline void replay_end(struct connection *c, struct stash *stash, struct walk *k)
{
	__u32 at = k->range - 1;
	struct stash_range r;

	if (k->has_copy)
		stash_delete_piece(k->id, k->seq);
	bpf_spin_lock(&c->lock);
	k->range = 0;
	r = stash_get(stash, at);
	r.seq += k->length;
	r.length -= k->length;
	stash_set(stash, at, r);
	if (!r.length)
		c->stashed--;
	bpf_spin_unlock(&c->lock);
}

/* A part of one range. Returns WALK_ON, or WALK_DONE: none is next, or another program holds
 * the direction. */
__noinline int replay_in(__u32 slot)
{
	struct scratch *s = scratch_at(slot);
	struct reader r = {};
	struct connection *c;
	struct direction *d;
	struct stash *stash;
	__u32 entered;
	int result;

	if (!s)
		return WALK_DONE;
	c = bpf_map_lookup_elem(&connections, &s->walk.tuple);
	stash = c ? stash_of(c) : NULL;
	if (!stash || c->closed)
		return WALK_DONE;
	s->walk.id = c->id;
	d = &c->direction[s->walk.direction & 1];
	if (!s->walk.held && !replay_claim(c, d, &s->walk))
		return WALK_DONE;
	entered = *(volatile __u32 *)&c->entered;
	if (!s->walk.range && !replay_next(d, stash, &s->walk, slot)) {
		replay_release(c, d, &s->walk, entered);
		return s->walk.held ? WALK_ON : WALK_DONE;
	}
	if (s->walk.in_frames || sequence_after(s->walk.seq + s->walk.length, d->next_seq) > 0) {
		if (s->walk.has_copy)
			r.piece = stash_piece_of(s->walk.id, s->walk.seq);
		result = walk(&r, s, c);
		if (result == WALK_ON || result == WALK_FRAMES)
			return result;
	}
	replay_end(c, stash, &s->walk);
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
	if (c->h2)
		http2_lose_in(slot, INEXACT_SEGMENT, walk_loses(&s->walk));
	else
		connection_lose(c, INEXACT_SEGMENT, s->walk.egress ? LOST_SENT : LOST_RECEIVED);
	bpf_spin_lock(&c->lock);
	if (s->walk.held)
		direction_give(&c->direction[s->walk.direction & 1], &s->walk);
	bpf_spin_unlock(&c->lock);
	return 0;
}

#endif
