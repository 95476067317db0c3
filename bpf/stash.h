/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Segments that came before what precedes them, kept until the hole fills. Only the receiving
 * direction has holes, so a connection has one stash: a table of what came, and of what must be
 * parsed a copy, in pieces. Bytes inside a body of known length are entered without a copy. What
 * finds no room is lost, which is noticed when the stream gets there.
 */
#ifndef MESHTAP_STASH_H
#define MESHTAP_STASH_H

#include "sequence.h"
#include "stash_layout.h"

#define STASH_PIECE  HTTP1_WINDOW
#define STASH_CLAIMS 4			   /* tries, when CPUs want the same entry */
#define STASH_PIECES (65536 / STASH_PIECE) /* of the longest segment */

struct stash_piece {
	__u8 bytes[STASH_PIECE];
};

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

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096); /* 8 MiB at most */
	__type(key, struct stash_key);
	__type(value, struct stash_piece);
} stash_pieces SEC(".maps");

static __always_inline struct stash *stash_of(const struct connection *c)
{
	__u64 id = c->id;

	return bpf_map_lookup_elem(&stashes, &id);
}

static __always_inline struct stash *stash_make(struct connection *c)
{
	struct stash *blank, *stash = stash_of(c);
	__u64 id = c->id;
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

static __always_inline void stash_delete_piece(const struct connection *c, __u32 entry)
{
	struct stash_key key = { .connection = c->id, .entry = entry };

	bpf_map_delete_elem(&stash_pieces, &key);
}

static __always_inline struct stash_piece *stash_piece_of(const struct connection *c, __u32 entry)
{
	struct stash_key key = { .connection = c->id, .entry = entry };

	return bpf_map_lookup_elem(&stash_pieces, &key);
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
 * Searches, verified once. They run without the lock: only who holds the direction takes entries
 * out, and who enters checks under the lock.
 */

/* An entry that has the byte at seq, or that ends before it; STASH_ENTRIES: none. */
__noinline int stash_find(__u32 slot, __u32 seq)
{
	struct stash *stash = stash_in_slot(slot);

	if (!stash)
		return STASH_ENTRIES;
	for (__u32 i = 0; i < STASH_ENTRIES; i++) {
		const struct stash_entry *e = &stash->entry[i];

		if (e->length && sequence_after(e->seq, seq) <= 0)
			return i;
	}
	return STASH_ENTRIES;
}

/* Whether one entry has all of [seq, seq + length). */
__noinline int stash_has(__u32 slot, __u32 seq, __u32 length)
{
	struct stash *stash = stash_in_slot(slot);

	if (!stash)
		return 0;
	for (__u32 i = 0; i < STASH_ENTRIES; i++) {
		const struct stash_entry *e = &stash->entry[i];

		if (e->length && sequence_after(e->seq, seq) <= 0 &&
		    sequence_after(seq + length, e->seq + e->length) <= 0)
			return 1;
	}
	return 0;
}

/* An entry without a copy that the bytes from seq on continue; STASH_ENTRIES: none. */
__noinline int stash_before(__u32 slot, __u32 seq)
{
	struct stash *stash = stash_in_slot(slot);

	if (!stash)
		return STASH_ENTRIES;
	for (__u32 i = 0; i < STASH_ENTRIES; i++) {
		const struct stash_entry *e = &stash->entry[i];

		if (e->length && !e->has_copy && seq == e->seq + e->length)
			return i;
	}
	return STASH_ENTRIES;
}

__noinline int stash_free(__u32 slot)
{
	struct stash *stash = stash_in_slot(slot);

	if (!stash)
		return STASH_ENTRIES;
	for (__u32 i = 0; i < STASH_ENTRIES; i++)
		if (!stash->entry[i].length && !stash->entry[i].claimed)
			return i;
	return STASH_ENTRIES;
}

/* A free entry, now ours, or STASH_ENTRIES. */
static __always_inline __u32 stash_claim(struct connection *c, struct stash *stash, __u32 slot)
{
	for (int i = 0; i < STASH_CLAIMS; i++) {
		__u32 at = stash_free(slot);
		struct stash_entry *e;
		int is_ours = 0;

		if (at >= STASH_ENTRIES)
			break;
		e = &stash->entry[at & (STASH_ENTRIES - 1)];
		bpf_spin_lock(&c->lock);
		if (!e->length && !e->claimed) {
			e->claimed = 1;
			is_ours = 1;
		}
		bpf_spin_unlock(&c->lock);
		if (is_ours)
			return at;
	}
	return STASH_ENTRIES;
}

/* Makes a claimed entry known; length 0 gives it back. */
static __always_inline void stash_enter(struct connection *c, struct stash_entry *e, __u32 seq,
					__u32 length, __u32 has_copy, __u64 now)
{
	bpf_spin_lock(&c->lock);
	e->seq = seq;
	e->has_copy = has_copy;
	e->seen_ns = now;
	e->length = length;
	e->claimed = 0;
	c->stashed += length != 0;
	c->entered++;
	bpf_spin_unlock(&c->lock);
}

/* Bytes that continue those of an entry, neither with a copy. Returns whether they are in. */
static __always_inline int stash_prolong(struct connection *c, struct stash *stash, __u32 slot,
					 __u32 seq, __u32 length)
{
	__u32 at = stash_before(slot, seq);
	struct stash_entry *e;
	int is_in = 0;

	if (at >= STASH_ENTRIES)
		return 0;
	e = &stash->entry[at & (STASH_ENTRIES - 1)];
	bpf_spin_lock(&c->lock);
	if (e->length && !e->has_copy && seq == e->seq + e->length) {
		e->length += length;
		c->entered++;
		is_in = 1;
	}
	bpf_spin_unlock(&c->lock);
	return is_in;
}

/* At the connection's end. Verified once. */
__noinline int stash_drop(__u64 connection)
{
	struct stash *stash = bpf_map_lookup_elem(&stashes, &connection);
	struct stash_key key = { .connection = connection };

	if (!stash)
		return 0;
	for (__u32 i = 0; i < STASH_ENTRIES; i++) {
		key.entry = i;
		if (stash->entry[i].length && stash->entry[i].has_copy)
			bpf_map_delete_elem(&stash_pieces, &key);
	}
	return bpf_map_delete_elem(&stashes, &connection);
}

#endif
