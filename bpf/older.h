/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connections that are older than the collector. */
#ifndef MESHTAP_OLDER_H
#define MESHTAP_OLDER_H

#include "connection_make.h"

#define QUIET_JIFFIES 64 /* 64 to 640 ms */

/*
 * Whether the server spoke last and was heard to the end, as far as the kernel knows: then what the
 * client sends next begins a request. Times are in jiffies, and a quick answer comes in the same
 * one as its question; then nothing must have come for a while, as it would of a message that goes
 * on.
 */
static __always_inline int socket_is_quiet(const struct tcp_sock *tp, int client)
{
	__u32 sent_at = BPF_CORE_READ(tp, lsndtime);
	__u32 received_at = BPF_CORE_READ(tp, inet_conn.icsk_ack.lrcvtime);
	__s32 order = client ? received_at - sent_at : sent_at - received_at;

	if (BPF_CORE_READ(tp, snd_una) != BPF_CORE_READ(tp, write_seq) ||
	    BPF_CORE_READ(tp, copied_seq) != BPF_CORE_READ(tp, rcv_nxt))
		return 0;
	if (!BPF_CORE_READ(tp, bytes_received) || !BPF_CORE_READ(tp, bytes_sent))
		return 0;
	return order > 0 || (order == 0 && (__u32)bpf_jiffies64() - sent_at >= QUIET_JIFFIES);
}

static __always_inline void connection_adopt(const struct sock *sk, const struct tuple *t)
{
	const struct tcp_sock *tp = (const struct tcp_sock *)sk;
	int client = !listener_at(t);
	struct connection *c;
	struct scratch *s;

	if (bpf_map_lookup_elem(&connections, t))
		return;
	if (!connection_is_selected(sk, t, client)) {
		connection_unselected(sk, t, client);
		return;
	}
	s = scratch_claim();
	if (!s) {
		count_untracked();
		return;
	}
	c = connection_new(s, t, client ? REPORTER_SOURCE : REPORTER_DESTINATION);
	if (c) {
		c->guessed = client; /* or its listener is gone */
		c->older = 1;
		c->lost_reason = INEXACT_OLDER;
		connection_describe(c, sk);
		if (BPF_CORE_READ(tp, bytes_received) || BPF_CORE_READ(tp, bytes_sent)) {
			c->pickup = socket_is_quiet(tp, client) ? PICKUP_READY : PICKUP_WAIT;
			c->undeclared = c->pickup == PICKUP_WAIT;
		}
		connection_insert(c);
	}
	scratch_release(s);
}

/* A second time over the same sockets: a server may have come before its client. */
static __always_inline void connection_find_peer(const struct sock *sk, const struct tuple *t)
{
	struct connection *c = bpf_map_lookup_elem(&connections, t);
	const struct tcp_sock *tp = bpf_skc_to_tcp_sock((void *)sk);

	if (c && tp && c->older && c->reporter == REPORTER_DESTINATION &&
	    c->peer_workload == WORKLOAD_NONE)
		c->peer_workload = peer_of_server(tp, c->local_workload);
}

#endif
