/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Segments that came before what precedes them, kept until the hole fills. Only the receiving
 * direction has holes, so a connection has one stash: a table of ranges, and of what must be parsed
 * a copy, in pieces. Bytes inside a body of known length need no copy. Ranges do not overlap. What
 * finds no room is lost, which is noticed when the stream gets there.
 */
#ifndef MESHTAP_STASH_H
#define MESHTAP_STASH_H

#include "sequence.h"
#include "stash_layout.h"

#define STASH_TRIES  4	  /* when CPUs want the same range */
#define STASH_STEPS  64	  /* pieces of the longest segment, and ranges between them */
#define STASH_PIECES 4096 /* on the host: 8 MiB */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, __u64); /* connection id */
	__type(value, struct stash);
} stashes SEC(".maps");

/* Zero, always: the source of new entries. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stash);
} blank_stash SEC(".maps");

/* Preallocated: a program that needs 33 at once, for a segment of 64 KiB, is refused most of them
 * otherwise (the kernel's allocator keeps 12 of this size for a CPU). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STASH_PIECES);
	__type(key, struct stash_key);
	__type(value, struct stash_piece);
} stash_pieces SEC(".maps");

static __always_inline struct stash *stash_of(const struct connection *c)
{
	__u64 id = c->id;

	return bpf_map_lookup_elem(&stashes, &id);
}

static __always_inline struct stash *stash_make(struct connection *c, __u64 id)
{
	struct stash *blank, *stash = bpf_map_lookup_elem(&stashes, &id);
	__u32 zero = 0;

	if (stash)
		return stash;
	blank = bpf_map_lookup_elem(&blank_stash, &zero);
	if (!blank)
		return NULL;
	bpf_map_update_elem(&stashes, &id, blank, BPF_NOEXIST);
	c->has_stash = 1;
	return bpf_map_lookup_elem(&stashes, &id);
}

static __always_inline struct stash_piece *stash_piece_of(__u64 connection, __u32 seq)
{
	struct stash_key key = { .connection = connection, .seq = seq };

	return bpf_map_lookup_elem(&stash_pieces, &key);
}

static __always_inline void stash_delete_piece(__u64 connection, __u32 seq)
{
	struct stash_key key = { .connection = connection, .seq = seq };

	bpf_map_delete_elem(&stash_pieces, &key);
}

static __always_inline struct stash_range stash_get(const struct stash *stash, __u32 i)
{
	return stash_unpack(*(const volatile stash_word *)&stash->range[i & (STASH_RANGES - 1)]);
}

/* Call under the lock. */
static __always_inline void stash_set(struct stash *stash, __u32 i, struct stash_range r)
{
	*(volatile stash_word *)&stash->range[i & (STASH_RANGES - 1)] = stash_pack(r);
}

static __always_inline struct stash *stash_in_slot(__u32 slot)
{
	struct scratch *s = scratch_at(slot);
	__u64 id;

	if (!s)
		return NULL;
	id = s->walk.id;
	return bpf_map_lookup_elem(&stashes, &id);
}

/*
 * Searches, verified once; they return the number of a range or STASH_RANGES. They run without the
 * lock: only who holds the direction takes ranges out, and who enters one checks under the lock. A
 * range is one word, so none is seen half changed.
 */

/* A range that has the byte at seq, or that ends before it. */
__noinline int stash_until(__u32 slot, __u32 seq)
{
	struct stash *stash = stash_in_slot(slot);

	if (!stash)
		return STASH_RANGES;
	for (__u32 i = 0; i < STASH_RANGES; i++) {
		struct stash_range r = stash_get(stash, i);

		if (r.length && sequence_after(r.seq, seq) <= 0)
			return i;
	}
	return STASH_RANGES;
}

/* The end of the range that has the byte at seq; seq: none has it. */
__noinline __u32 stash_hole(__u32 slot, __u32 seq)
{
	struct stash *stash = stash_in_slot(slot);

	if (!stash)
		return seq;
	for (__u32 i = 0; i < STASH_RANGES; i++) {
		struct stash_range r = stash_get(stash, i);

		if (r.length && sequence_after(r.seq, seq) <= 0 &&
		    sequence_after(r.seq + r.length, seq) > 0)
			return r.seq + r.length;
	}
	return seq;
}

/* How many bytes from seq on no range has, at most length. */
__noinline __u32 stash_room(__u32 slot, __u32 seq, __u32 length)
{
	struct stash *stash = stash_in_slot(slot);
	struct scratch *s = scratch_at(slot);

	if (!stash || !s)
		return 0;
	s->walk.room = length;
	for (__u32 i = 0; i < STASH_RANGES; i++) {
		struct stash_range r = stash_get(stash, i);
		__u32 ahead = r.seq - seq;

		if (r.length && ahead < s->walk.room)
			s->walk.room = ahead;
	}
	return s->walk.room;
}

/* A range of the kind that bytes continue, or precede. */
__noinline int stash_neighbour(__u32 slot, __u32 seq, __u32 end, __u32 has_copy)
{
	struct stash *stash = stash_in_slot(slot);

	if (!stash)
		return STASH_RANGES;
	for (__u32 i = 0; i < STASH_RANGES; i++) {
		struct stash_range r = stash_get(stash, i);

		if (r.length && r.has_copy == has_copy && (seq == r.seq + r.length || end == r.seq))
			return i;
	}
	return STASH_RANGES;
}

__noinline int stash_free(__u32 slot)
{
	struct stash *stash = stash_in_slot(slot);

	if (!stash)
		return STASH_RANGES;
	for (__u32 i = 0; i < STASH_RANGES; i++)
		if (!stash_get(stash, i).length)
			return i;
	return STASH_RANGES;
}

/* Call under the lock. Returns whether the bytes are in; if not, the range is another by now. */
static __always_inline int stash_enter_at(struct connection *c, const struct direction *d,
					  struct stash *stash, __u32 at, __u32 seq, __u32 length,
					  __u32 has_copy)
{
	struct stash_range r = stash_get(stash, at);

	if (!r.length) {
		r.seq = seq;
		r.has_copy = has_copy;
		c->stashed++;
	} else if (r.has_copy != has_copy) {
		return 0;
	} else if (seq + length == r.seq) {
		if (d->started &&
		    sequence_after(r.seq, d->next_seq) <= 0) /* it is replayed already */
			return 0;
		r.seq = seq;
	} else if (seq != r.seq + r.length) {
		return 0;
	}
	r.length += length;
	stash_set(stash, at, r);
	c->entered++;
	return 1;
}

/* Returns 0, or -1: no room. */
static __always_inline int stash_enter(struct connection *c, struct direction *d,
				       struct stash *stash, __u32 slot, __u32 seq, __u32 length,
				       __u32 has_copy)
{
	for (int i = 0; i < STASH_TRIES; i++) {
		__u32 at = stash_neighbour(slot, seq, seq + length, has_copy);
		int is_in;

		if (at >= STASH_RANGES)
			at = stash_free(slot);
		if (at >= STASH_RANGES)
			return -1;
		bpf_spin_lock(&c->lock);
		is_in = stash_enter_at(c, d, stash, at, seq, length, has_copy);
		bpf_spin_unlock(&c->lock);
		if (is_in)
			return 0;
	}
	return -1;
}

/* The first piece of the i-th range. Returns 1 when the range may have another. */
__noinline int stash_drop_piece(__u64 connection, __u32 i)
{
	struct stash *stash = bpf_map_lookup_elem(&stashes, &connection);
	struct stash_piece *piece;
	struct stash_range r;
	__u32 length;

	if (!stash)
		return 0;
	r = stash_get(stash, i);
	if (!r.length || !r.has_copy)
		return 0;
	piece = stash_piece_of(connection, r.seq);
	if (!piece)
		return 0;
	length = piece->length;
	stash_delete_piece(connection, r.seq);
	r.seq += length;
	r.length -= length;
	stash_set(stash, i, r);
	return 1;
}

#define STASH_DROPS                                                                                \
	256 /* pieces in one call: a loop in a loop is walked once, a longer one is not */

__noinline int stash_drop_pieces(__u64 connection, __u32 i)
{
	for (__u32 n = 0; n < STASH_DROPS; n++)
		if (!stash_drop_piece(connection, i))
			return 0;
	return 1;
}

__noinline int stash_drop_range(__u64 connection, __u32 i)
{
	for (__u32 n = 0; n < STASH_PIECES / STASH_DROPS; n++)
		if (!stash_drop_pieces(connection, i))
			break;
	return 0;
}

/* At the connection's end. */
__noinline int stash_drop(__u64 connection)
{
	for (__u32 i = 0; i < STASH_RANGES; i++)
		stash_drop_range(connection, i);
	return bpf_map_delete_elem(&stashes, &connection);
}

#endif
