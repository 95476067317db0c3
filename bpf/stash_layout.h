/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The stash's maps (stash.h) as user space sees them, which removes those of connections that never
 * were established. */
#ifndef MESHTAP_STASH_LAYOUT_H
#define MESHTAP_STASH_LAYOUT_H

#include <linux/types.h>

#define STASH_RANGES 128  /* per connection: one more than there are holes */
#define STASH_PIECE  1968 /* an element of the hash is then 2 KiB; a segment of an Ethernet fits */

/* Bytes that came, without a hole: of copies, piece by piece, or bytes that need none. */
struct stash_range {
	__u32 seq;
	__u32 length; /* 0: free */
	__u32 has_copy;
};

/* As it is kept: a word, because searches read it without the lock, and must see it as it was at
 * one moment. */
typedef __u64 stash_word;

static inline struct stash_range stash_unpack(stash_word word)
{
	struct stash_range r = { .seq = word,
				 .length = word >> 32 & 0x7fffffff,
				 .has_copy = word >> 63 };

	return r;
}

static inline stash_word stash_pack(struct stash_range r)
{
	return (stash_word)r.has_copy << 63 | (stash_word)r.length << 32 | r.seq;
}

/* By connection id. */
struct stash {
	stash_word range[STASH_RANGES];
};

/* Of a piece: its first byte. */
struct stash_key {
	__u64 connection;
	__u32 seq;
	__u32 reserved;
};

struct stash_piece {
	__u64 seen_ns;
	__u32 length;
	__u32 reserved;
	__u8 bytes[STASH_PIECE];
};

#endif
