/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a program works: a segment and a window of its CPU's own, and the parser's functions that
 * find them by their slot. */
#ifndef MESHTAP_SCRATCH_H
#define MESHTAP_SCRATCH_H

#include "exchange.h"
#include "http1.h"
#include "http2.h"
#include "http2_exchange.h"
#include "kernel_types.h"
#include "tuple.h"
#include <bpf/bpf_helpers.h>

#define SCRATCH_SLOTS 4

/* What of a window belongs to a head. */
struct head {
	__u32 ordinal; /* of the exchange */
	__u32 offset;  /* in the message; a response's: from its first interim response on */
	__u32 from;    /* in the window */
	__u32 length;
	__u8 response;
	__u8 ends; /* with the last of these bytes */
};

/* A segment on its way, and how far it has come. Kept here because functions that are verified once
 * cannot be given a pointer to it. */
struct walk {
	struct tuple tuple; /* of the connection */
	__u64 id;	    /* of the connection, set when its stash is used */
	__u64 now;
	__u64 seen_ns; /* when the bytes came: earlier than now when they were stashed */
	__u32 seq;
	__u32 length; /* payload bytes */
	__u32 base;   /* of the payload in the skb */
	__u32 ack_seq;
	__u32 rcv_nxt; /* ingress: the socket's, read before the direction is looked at */
	__u32 rcv_end; /* ingress: right edge of the receive window */
	__u32 window;  /* bytes to load at a time */
	__u8 flags;    /* of TCP */
	__u8 egress;
	__u8 is_early;	  /* no socket of its own yet */
	__u8 direction;	  /* REQUEST or RESPONSE */
	__u8 held;	  /* the direction is ours */
	__u8 peeked;	  /* begin is set */
	__u8 has_copy;	  /* of the range that is replayed */
	__u8 refused;	  /* TCP will drop it for what it acknowledges */
	__u32 range;	  /* its number + 1; 0: nothing is replayed */
	__u32 room;	  /* result of a search */
	__u32 stashed_to; /* how far the segment is in the stash */
	__u8 begin[12];	  /* of the payload, while a message's beginning is looked for */
	struct head head; /* in the window */
	__u32 rtt_us;	  /* of the socket, where a sink wants them */
	__u32 retransmits;
	struct exchange done; /* that ended */
	__u8 begins_frame;    /* the payload does, as far as can be told */
	__u8 in_frames;	      /* a window of frames was loaded, see walk_frames() */
	__u8 walked;	      /* these three are message_walks()'s, here for the verifier */
	__u8 finished;
	__u8 is_left;
};

struct http2_stream_key {
	__u64 connection;
	__u32 stream;
	__u32 reserved; /* 0 */
};

/* A stream while it lives, see http2_streams.h. */
struct http2_stream {
	struct http2_exchange h2;
	struct http2_messages messages[2]; /* request, response */
	__u64 answers_from;		   /* where its response begins, at the earliest */
	__u32 slot;			   /* in its connection's list */
	__u32 reserved;
};

/*
 * A window per running program. Egress programs of a task can be interrupted on their CPU by
 * softirqs, or preempted, that run this program too, so each CPU has a few slots and a slot is
 * claimed by counting: it belongs to whoever raised the count to 1. Without fetching atomics
 * (Linux 5.12) two claimers may both miss, but never both win.
 */
struct scratch {
	__u64 users;
	struct walk walk;
	struct http1_window window;
	struct http2_window frames;  /* of the window's bytes */
	struct http2_stream_key key; /* of the stream at hand: the stack is small */
	struct http2_stream stream;  /* that begins, or ended */
	__u64 record[64];	     /* of it: the window's bytes are needed still */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_SLOTS);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

static __always_inline struct scratch *scratch_claim(void)
{
	for (__u32 i = 0; i < SCRATCH_SLOTS; i++) {
		__u32 slot = i;
		struct scratch *s = bpf_map_lookup_elem(&scratch, &slot);

		if (!s)
			return NULL;
		__sync_fetch_and_add(&s->users, 1);
		if (*(volatile __u64 *)&s->users == 1) {
			s->window.slot = i;
			s->walk.held = 0;
			s->walk.range = 0;
			s->walk.peeked = 0;
			s->walk.in_frames = 0;
			return s;
		}
		__sync_fetch_and_add(&s->users, -1);
	}
	return NULL;
}

static __always_inline struct scratch *scratch_at(__u32 slot)
{
	return bpf_map_lookup_elem(&scratch, &slot);
}

/* See http1.h: verified once. */
__noinline int http1_step_in(__u32 slot, __u32 start)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &slot);

	return s ? http1_step(&s->window, start & (HTTP1_BYTES - 1)) : HTTP1_BAD;
}

__noinline int http1_parse_in(__u32 slot, __u32 length)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &slot);

	return s && length <= HTTP1_WINDOW ? http1_parse(&s->window, length) : HTTP1_BAD;
}

#ifdef HTTP1_KEEPS
__noinline int http1_keep_in(__u32 slot, __u32 at, __u32 end)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &slot);

	return s ? http1_keep(&s->window, at & (HTTP1_BYTES - 1), end & (HTTP1_BYTES - 1)) : 0;
}
#endif

#ifdef HTTP1_TELLS
__noinline int http1_host_take_in(__u32 slot, __u32 at, __u32 end)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &slot);

	return s ? http1_host_take(&s->window, at & (HTTP1_BYTES - 1), end & (HTTP1_BYTES - 1)) : 0;
}
#endif

static __always_inline void scratch_release(struct scratch *s)
{
	__sync_fetch_and_add(&s->users, -1);
}

#endif
