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
#include "left_out.h"
#include "older.h"
#include "segment_walk.h"
#include "state_change.h"

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
