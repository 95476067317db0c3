/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a connection is made, from its socket or, early, from a segment; and who is at its ends. */
#ifndef MESHTAP_CONNECTION_MAKE_H
#define MESHTAP_CONNECTION_MAKE_H

#include "connection.h"
#include "selection.h"

/* A segment came before its connection was ESTABLISHED: data of the handshake's last ACK, on the
 * listener's socket, or of a Fast Open SYN. Returns 0 or -1. */
static __always_inline int connection_create_early(struct scratch *s, enum reporter reporter)
{
	struct connection *c = connection_new(s, &s->walk.tuple, reporter);
	struct tuple t = s->walk.tuple;
	__u64 id;

	if (!c)
		return -1;
	c->early = 1;
	if (s->walk.flags & TCP_FLAG_SYN)
		direction_start(&c->direction[REQUEST], s->walk.seq);
	id = c->id;
	if (bpf_map_update_elem(&early_connections, &t, &id, BPF_NOEXIST))
		return -1;
	if (!connection_insert(c))
		return 0;
	bpf_map_delete_elem(&early_connections, &t);
	return -1;
}

/* This end, and where the other one is. */
static __always_inline void connection_identify_local(struct connection *c, const struct sock *sk)
{
	c->local_workload = workload_of_socket(sk);
	endpoint_of(c->tuple.local_addr, c->tuple.local_port, &c->local);
	endpoint_of(c->tuple.remote_addr, c->tuple.remote_port, &c->peer);
}

/* A client of Fast Open is established, and registered as such: what its server said before. */
static __always_inline void connection_was_early(struct connection *c, __u64 early_key)
{
	__u64 told = client_told(early_key);

	if (c->undecided && told != WORKLOAD_NONE) {
		c->peer_workload = told;
		c->undecided = 0;
	}
	client_forget(early_key);
}

static __always_inline void connection_identify(struct connection *c, const struct sock *sk)
{
	const struct tcp_sock *tp = bpf_skc_to_tcp_sock((void *)sk);
	__u64 early_key = c->client_key;

	connection_identify_local(c, sk);
	if (tp && c->reporter == REPORTER_DESTINATION)
		c->peer_workload = peer_of_server(tp, c->local_workload);
	if (!tp || c->reporter == REPORTER_DESTINATION)
		return;
	c->peer_workload = peer_of_client(&c->tuple);
	c->client_key = key_of_client(tp, &c->tuple);
	if (c->client_key) {
		c->undecided = c->peer_workload == WORKLOAD_NONE;
		client_register(c->client_key, c->local_workload, c->peer_workload);
	}
	if (early_key)
		connection_was_early(c, early_key);
}

/* The server has sent something, so it has told by now, if it is on this host; or this is the end.
 * Of an older connection it may tell at any time. */
static __always_inline void connection_decide(struct connection *c)
{
	__u64 key = c->client_key;

	c->peer_workload = client_told(key);
	c->undecided = c->older && c->peer_workload == WORKLOAD_NONE;
}

/* With the server's port alone. Who that is may turn out late, see pickup_swap_roles(). */
static __always_inline void connection_endpoints(const struct connection *c,
						 struct endpoint *ret_local,
						 struct endpoint *ret_peer)
{
	*ret_local = c->local;
	*ret_peer = c->peer;
	if (c->reporter == REPORTER_SOURCE)
		ret_local->port = 0;
	else
		ret_peer->port = 0;
}

/* What the socket says. Of an older connection: where its streams are. */
static __always_inline void connection_describe(struct connection *c, const struct sock *sk)
{
	const struct tcp_sock *tp = (const struct tcp_sock *)sk;
	int client = c->reporter == REPORTER_SOURCE;

	direction_start(&c->direction[client ? REQUEST : RESPONSE], BPF_CORE_READ(tp, snd_nxt));
	direction_start(&c->direction[client ? RESPONSE : REQUEST], BPF_CORE_READ(tp, rcv_nxt));
	connection_identify(c, sk);
}

static __always_inline int connection_is_selected(const struct sock *sk, const struct tuple *t,
						  int is_client)
{
	return selection_has_all() || selection_has(t, is_client, workload_of_socket(sk));
}

/* When it is made: it has no entry, but tells the other end who it is. */
static __always_inline void connection_unselected(const struct sock *sk, const struct tuple *t,
						  int is_client)
{
	const struct tcp_sock *tp = bpf_skc_to_tcp_sock((void *)sk);

	if (tp)
		unselected_opened(tp, t, is_client, workload_of_socket(sk));
}

/* CLOSE of one without an entry. */
static __always_inline void connection_unfollowed(const struct sock *sk)
{
	const struct tcp_sock *tp = selection_has_all() ? NULL : bpf_skc_to_tcp_sock((void *)sk);

	if (tp)
		unselected_closed(tp);
}

static __always_inline void connection_create(const struct sock *sk, const struct tuple *t,
					      enum reporter reporter)
{
	struct scratch *s = scratch_claim();
	struct connection *c = s ? connection_new(s, t, reporter) : NULL;

	if (c) {
		connection_describe(c, sk);
		connection_insert(c);
	} else {
		count_untracked();
	}
	if (s)
		scratch_release(s);
}

#endif
