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

/* By connection id. */
struct stash {
	struct stash_range range[STASH_RANGES];
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
