/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the bytes of a segment come from, and what walking it comes to. */
#ifndef MESHTAP_READER_H
#define MESHTAP_READER_H

#include "scratch.h"
#include "stash.h"

/* Either an skb, or a stashed copy, or neither: bytes that may only be passed. */
struct reader {
	struct __sk_buff *skb;
	const struct stash_piece *piece;
};

/* What walking came to. */
enum {
	WALK_DONE,
	WALK_ON,      /* more of the segment remains: call again */
	WALK_STASH,   /* it came too early */
	WALK_REPLAY,  /* done, and what is stashed may follow now; the direction is still held */
	WALK_UNKNOWN, /* no such connection */
	WALK_FRAMES,  /* have the window parsed by http2_window_in(), and call again */
	WALK_DUE,     /* what was stashed before goes first: replay, then call again */
};

/* length: 1 to HTTP1_WINDOW. */
static __always_inline long reader_load(const struct reader *r, const struct walk *k, __u32 offset,
					void *to, __u32 length)
{
	if (r->skb)
		return bpf_skb_load_bytes(r->skb, k->base + offset, to, length);
	if (!r->piece)
		return -1;
	return bpf_probe_read_kernel(to, length, r->piece->bytes + offset);
}

#endif
