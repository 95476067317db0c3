/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One segment, from its socket to the last of its bytes, and what waited for it in the stash. */
#ifndef MESHTAP_SEGMENT_WALK_H
#define MESHTAP_SEGMENT_WALK_H

#include "connection_make.h"
#include "one_step.h"
#include "packet.h"
#include "replay.h"

#define WINDOW_FIRST 512 /* most heads fit, and little of a body is loaded in vain */
/* In two loops, one in the other, which are verified in less time than one. 64 KiB in chunks of one
 * byte take 2300 steps; what waits in the stash, while another CPU holds the direction, three for
 * each piece. */
#define WALK_STEPS 64

static __always_inline __u8 state_of(const struct tcp_sock *tp)
{
	return tp->inet_conn.icsk_inet.sk.__sk_common.skc_state;
}

/* There is no socket of its own yet. */
static __always_inline int is_early(const struct tcp_sock *tp)
{
	return state_of(tp) == TCP_LISTEN || state_of(tp) == TCP_SYN_RECV;
}

static __always_inline void walk_start(struct walk *k, const struct packet *p,
				       const struct tcp_sock *tp, int egress)
{
	k->is_early = is_early(tp);
	k->tuple = p->tuple;
	k->now = bpf_ktime_get_ns();
	k->seen_ns = k->now;
	k->seq = p->seq;
	k->length = p->length;
	k->base = p->payload;
	k->ack_seq = p->ack_seq;
	k->rcv_nxt = tp->rcv_nxt;
	k->rcv_end = tp->rcv_wup + tp->rcv_wnd;
	k->window = WINDOW_FIRST;
	k->flags = p->flags;
	k->egress = egress;
	k->begins_frame = 0;
	sink_segment(k, tp);
	k->refused = !egress && !k->is_early && packet_is_refused(p, tp);
}

__noinline int decide_in(__u32 slot)
{
	struct scratch *s = scratch_at(slot);
	struct connection *c = s ? bpf_map_lookup_elem(&connections, &s->walk.tuple) : NULL;

	if (c)
		connection_decide(c);
	return 0;
}

/* Where frames begin is not known. */
static __always_inline int walk_wants_frame(const struct connection *c, const struct walk *k)
{
	if (c->h2)
		return c->direction[k->direction & 1].unsynced |
		       c->direction[k->direction & 1].stale;
	return c->pickup && !c->is_http;
}

/* One step. Verified once. */
__noinline int walk_in(struct __sk_buff *skb, __u32 slot)
{
	struct scratch *s = scratch_at(slot);
	struct reader r = { .skb = skb };
	struct connection *c;
	struct walk *k;
	int result;

	if (!s)
		return WALK_DONE;
	k = &s->walk;
	c = bpf_map_lookup_elem(&connections, &k->tuple);
	if (!c)
		return WALK_UNKNOWN;
	if (c->closed)
		return WALK_DONE;
	if (c->undecided && !k->egress && !k->refused)
		decide_in(slot);
	if (c->replay_due && c->stashed && !k->held && replay_begin(c, k))
		return WALK_DUE;
	if (!k->held)
		k->direction =
			k->egress == (c->reporter == REPORTER_DESTINATION) ? RESPONSE : REQUEST;
	if (c->pickup && !k->peeked && k->length >= sizeof(k->begin)) {
		k->peeked = !bpf_skb_load_bytes(skb, k->base, k->begin, sizeof(k->begin));
		bpf_spin_lock(&c->lock);
		pickup_swap_roles(c, k);
		bpf_spin_unlock(&c->lock);
	}
	if (!k->held && walk_wants_frame(c, k))
		k->begins_frame = http2_begins_in(skb, slot);
	result = walk(&r, s, c);
	k->window = HTTP1_WINDOW;
	return result;
}

/*
 * The first bytes of a connection that is not ESTABLISHED yet: they come with the listener's
 * socket, or, when another CPU is about to establish it, with its own, or with a Fast Open SYN.
 */
static __always_inline int may_be_early(const struct packet *p, const struct tcp_sock *tp,
					int egress)
{
	return p->length && (egress ? p->flags & TCP_FLAG_SYN : is_early(tp));
}

__noinline int early_in(__u32 slot)
{
	struct scratch *s = scratch_at(slot);

	if (!s)
		return WALK_DONE;
	connection_create_early(s, s->walk.egress ? REPORTER_SOURCE : REPORTER_DESTINATION);
	return WALK_ON; /* or another CPU made it meanwhile */
}

static __always_inline int walk_parses_frames(__u32 slot)
{
	http2_window_in(slot);
	return WALK_ON;
}

__noinline int walk_steps_in(struct __sk_buff *skb, __u32 slot)
{
	int result = WALK_ON;

	for (__u32 i = 0; i < WALK_STEPS && result == WALK_ON; i++) {
		result = walk_in(skb, slot);
		if (result == WALK_FRAMES)
			result = walk_parses_frames(slot);
	}
	return result;
}

__noinline int replay_steps_in(__u32 slot)
{
	int result = WALK_ON;

	for (__u32 i = 0; i < WALK_STEPS && result == WALK_ON; i++) {
		result = replay_in(slot);
		if (result == WALK_FRAMES)
			result = walk_parses_frames(slot);
	}
	return result;
}

/* All that is next in the stash. Not a function of its own: the stack is 512 bytes deep. */
static __always_inline void replay_all(__u32 slot)
{
	int result = WALK_ON;

	for (__u32 i = 0; i < WALK_STEPS && result == WALK_ON; i++)
		result = replay_steps_in(slot);
	if (result == WALK_ON)
		overrun_in(slot);
}

static __always_inline void walk_all(struct __sk_buff *skb, struct scratch *s,
				     const struct packet *p, const struct tcp_sock *tp, int egress)
{
	__u32 slot = s->window.slot;
	int result;

	result = walk_in(skb, slot);
	if (result == WALK_FRAMES)
		result = walk_parses_frames(slot);
	if (result == WALK_UNKNOWN)
		result = may_be_early(p, tp, egress) ? early_in(slot) : WALK_DONE;
	if (result == WALK_DUE) {
		replay_all(slot);
		walk_start(&s->walk, p, tp, egress);
		result = WALK_ON;
	}
	for (__u32 i = 0; i < WALK_STEPS && result == WALK_ON; i++)
		result = walk_steps_in(skb, slot);
	if (result == WALK_ON)
		overrun_in(slot);
	if (result == WALK_STASH)
		result = stash_in(skb, slot);
	if (result == WALK_REPLAY || result == WALK_DUE)
		replay_all(slot);
}

/* Fast Open: a server may answer, and the exchange end, before it is ESTABLISHED. Not inlined: the
 * stack of all callers together is 512 bytes. */
static __noinline void identify_early(struct connection *c, const struct tcp_sock *tp)
{
	if (!c->early || c->local_workload != WORKLOAD_NONE)
		return;
	connection_identify_local(c, (const struct sock *)tp);
	c->peer_workload = peer_of_early_server(tp, c->local_workload);
}

/* Fast Open: so that such a server finds its client. Before the SYN leaves. */
static __noinline void register_early(struct __sk_buff *skb, const struct packet *p,
				      const struct tcp_sock *tp)
{
	struct tuple t = p->tuple;
	struct connection *c = bpf_map_lookup_elem(&connections, &t);

	if (!c || !c->early || c->client_key || !server_may_be_local(tp, &t))
		return;
	c->client_key = early_client_key(p->seq, packet_tsval(skb, p));
	if (c->client_key)
		client_register(c->client_key, workload_of_socket((const struct sock *)tp),
				WORKLOAD_NONE);
}

/* c: NULL: it may be about to be made. */
static __always_inline void segment_walk(struct __sk_buff *skb, struct connection *c,
					 const struct packet *p, const struct tcp_sock *tp,
					 int egress)
{
	struct scratch *s = scratch_claim();

	if (!s) { /* the segment goes by unseen, and its connection must know */
		if (c)
			c->missed |= egress ? MISSED_SENT : MISSED_RECEIVED;
		return;
	}
	walk_start(&s->walk, p, tp, egress);
	if (!c || !message_is_whole(skb, s, c) || message_walks(s, c) != WALK_DONE)
		walk_all(skb, s, p, tp, egress);
	scratch_release(s);
}

#endif
