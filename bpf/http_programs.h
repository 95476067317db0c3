/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs of both HTTP collectors: where segments and connection states come from. Include
 * last; besides what http.h wants the sink defines
 *   sink_tcp(c, sk, now)  a connection that was not HTTP is closed
 *   sink_connecting(sk)  connect() was called
 *   sink_listening(t)  listen() was called
 *   sink_closing(k, tp)  the connection's exchanges are about to be closed
 *   sink_opened(c, sk)  a connection is ESTABLISHED
 *   sink_refused(sk, t, error, now)  a connect() failed; error 0: nothing more is heard of sk
 *
 * Always returns 1: a cgroup_skb program that returns 0 drops the packet.
 */
#ifndef MESHTAP_HTTP_PROGRAMS_H
#define MESHTAP_HTTP_PROGRAMS_H

#include "close.h"
#include "older.h"
#include "one_step.h"
#include "packet.h"
#include "replay.h"
#include "state_change.h"

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
	connection_identify_local(c, (const struct sock *)tp, NULL);
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

static __always_inline int http_segment(struct __sk_buff *skb, int egress)
{
	struct packet p = {};
	struct connection *c;
	struct bpf_sock *sk;
	struct tcp_sock *tp;

	sk = skb->sk;
	if (!is_active() || !sk || !selection_may_have(sk) || is_left_out(sk) ||
	    packet_read(skb, &p))
		return 1;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp || packet_locate(skb, &p, tp))
		return 1;
	c = bpf_map_lookup_elem(&connections, &p.tuple);
	if (c ? stretch_passes(c, &p, tp, egress) : !may_be_early(&p, tp, egress))
		return 1;
	if (c && egress && state_of(tp) == TCP_SYN_RECV)
		identify_early(c, tp);
	segment_walk(skb, c, &p, tp, egress);
	if (!c && egress)
		register_early(skb, &p, tp);
	return 1;
}

SEC("cgroup_skb/ingress")
int http_ingress(struct __sk_buff *skb)
{
	return http_segment(skb, 0);
}

SEC("cgroup_skb/egress")
int http_egress(struct __sk_buff *skb)
{
	return http_segment(skb, 1);
}

static __always_inline void listening(const struct sock *sk, const struct tuple *t)
{
	listener_opened(t, workload_of_socket(sk));
	sink_listening(t);
}

static __always_inline int is_wanted_change(const struct sock *sk, int new_state)
{
	return (new_state == TCP_ESTABLISHED || new_state == TCP_SYN_SENT ||
		new_state == TCP_LISTEN || new_state == TCP_CLOSE) &&
	       is_active() && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP;
}

static __always_inline void socket_state(struct sock *sk, int old_state, int new_state)
{
	struct tuple t;

	if (new_state == TCP_ESTABLISHED)
		connection_established(sk, old_state == TCP_SYN_SENT ? REPORTER_SOURCE
								     : REPORTER_DESTINATION);
	else if (new_state == TCP_SYN_SENT)
		sink_connecting(sk);
	else if (new_state == TCP_LISTEN && !tuple_of_socket(sk, &t))
		listening(sk, &t);
	else if (new_state == TCP_CLOSE && old_state == TCP_LISTEN && !tuple_of_socket(sk, &t))
		listener_closed(&t);
	else if (new_state == TCP_CLOSE && old_state == TCP_SYN_SENT)
		connection_refused(sk);
	else if (new_state == TCP_CLOSE)
		connection_closed(sk, old_state == TCP_SYN_RECV);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(http_socket_state, struct sock *sk, int old_state, int new_state)
{
	if (!is_wanted_change(sk, new_state))
		return 0;
	state_change_mark(sk, new_state);
	socket_state(sk, old_state, new_state);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(http_missed_state, struct sock *sk, int old_state, int new_state)
{
	if (is_wanted_change(sk, new_state) && !state_change_was_seen(sk, new_state))
		socket_state(sk, old_state, new_state);
	return 0;
}

static __always_inline int is_open(__u8 state)
{
	return state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT || state == TCP_FIN_WAIT1 ||
	       state == TCP_FIN_WAIT2;
}

/* Run once, after attaching: who listens already, then, in the kernel's order, what is connected.
 */
SEC("iter/tcp")
int http_sockets(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;
	struct sock *sk = (struct sock *)common;
	struct tuple t;

	if (!common)
		return 0;
	if (common->skc_state == TCP_LISTEN) {
		if (!tuple_of_socket(sk, &t))
			listener_opened(&t, workload_of_socket(sk));
	} else if (is_open(common->skc_state) && !tuple_of_socket(sk, &t)) {
		connection_adopt(sk, &t);
	}
	return 0;
}

/* Run once after http_sockets. */
SEC("iter/tcp")
int http_peers(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;
	struct sock *sk = (struct sock *)common;
	struct tuple t;

	if (common && is_open(common->skc_state) && !tuple_of_socket(sk, &t))
		connection_find_peer(sk, &t);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#endif
