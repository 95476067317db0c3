// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Counts TCP connections where they change state; costs nothing per packet. */
#include "kernel_types.h"
#include "tcp_connections.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct connection {
	struct series_parties parties;
	__u32 adopted;
	__u32 local_client; /* has an entry in local_clients */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH); /* preallocated: allocating per connection would double the
					    cost */
	__uint(max_entries, 65536);	 /* max_connections */
	__type(key, __u64);		 /* socket address */
	__type(value, struct connection);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 8192); /* max_series * SERIES_SHARDS */
	__type(key, struct series_parties);
	__type(value, struct tcp_connections_counts);
} series SEC(".maps");

static __always_inline struct tcp_connections_counts *
series_of(const struct series_parties *parties)
{
	struct tcp_connections_counts zero = {}, *counts;

	counts = bpf_map_lookup_elem(&series, parties);
	if (counts)
		return counts;
	bpf_map_update_elem(&series, parties, &zero, BPF_NOEXIST);
	counts = bpf_map_lookup_elem(&series, parties);
	if (!counts)
		health_add(HEALTH_SERIES_OVERFLOW, 1);
	return counts;
}

/* A connection that finds no room in either map is not counted at all: closed never exceeds opened.
 */
static __always_inline void connection_opened(const struct tcp_sock *tp, __u32 reporter,
					      __u32 adopted)
{
	struct tcp_connections_counts *counts;
	struct connection c = { .adopted = adopted };
	__u64 address = (__u64)tp;
	struct tuple t;

	if (tuple_of_tcp(tp, &t))
		return;
	if (adopted)
		reporter = reporter_of_adopted(&t);
	parties_of_tcp(tp, &t, reporter, &c.parties);
	c.local_client = reporter == REPORTER_SOURCE && tuple_is_local(&t);
	counts = series_of(&c.parties);
	if (!counts)
		return;
	if (bpf_map_update_elem(&sockets, &address, &c, BPF_NOEXIST)) {
		/* An address that is taken is a connection that the tracepoint saw before the walk.
		 */
		if (!bpf_map_lookup_elem(&sockets, &address))
			health_add(HEALTH_UNTRACKED, 1);
		return;
	}
	health_add(HEALTH_SOCKETS, 1);
	__sync_fetch_and_add(adopted ? &counts->adopted : &counts->opened, 1);
}

static __always_inline void connection_closed(const struct tcp_sock *tp)
{
	struct tcp_connections_counts *counts;
	__u64 address = (__u64)tp;
	struct connection *c = bpf_map_lookup_elem(&sockets, &address);
	struct tuple t;

	if (!c)
		return;
	if (c->local_client && !tuple_of_tcp(tp, &t))
		client_closed(&t);
	counts = bpf_map_lookup_elem(&series, &c->parties);
	if (counts && c->adopted)
		__sync_fetch_and_add(&counts->adopted, -1);
	else if (counts)
		__sync_fetch_and_add(&counts->closed, 1);
	bpf_map_delete_elem(&sockets, &address);
	health_add(HEALTH_SOCKETS, -1);
}

static __always_inline void connection_failed(const struct tcp_sock *tp)
{
	struct tcp_connections_counts *counts;
	struct series_parties parties;
	struct tuple t;

	/* No error: the application closed the socket before it connected. */
	if (!tp->inet_conn.icsk_inet.sk.sk_err || tuple_of_tcp(tp, &t))
		return;
	parties_of_tcp(tp, &t, REPORTER_SOURCE, &parties);
	client_closed(&t);
	counts = series_of(&parties);
	if (counts)
		__sync_fetch_and_add(&counts->failed, 1);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_connections_state, struct sock *sk, int oldstate, int newstate)
{
	const struct tcp_sock *tp;

	if (!is_counted_change(newstate))
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp || !is_active())
		return 0;
	if (newstate == TCP_ESTABLISHED && oldstate == TCP_SYN_SENT)
		connection_opened(tp, REPORTER_SOURCE, 0);
	else if (newstate == TCP_ESTABLISHED && oldstate == TCP_SYN_RECV)
		connection_opened(tp, REPORTER_DESTINATION, 0);
	else if (newstate == TCP_CLOSE && oldstate == TCP_SYN_SENT)
		connection_failed(tp);
	else if (oldstate == TCP_LISTEN)
		listen_ended(tp);
	else if (newstate == TCP_CLOSE)
		connection_closed(tp);
	else if (newstate == TCP_LISTEN)
		listen_started(tp);
	return 0;
}

SEC("iter/tcp")
int tcp_connections_walk(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;
	/* Not a full socket (TIME_WAIT, NEW_SYN_RECV): NULL. */
	const struct tcp_sock *tp = skc ? bpf_skc_to_tcp_sock(skc) : NULL;
	__u8 state;

	if (!tp)
		return 0;
	state = tp->inet_conn.icsk_inet.sk.__sk_common.skc_state;
	if (state == TCP_LISTEN)
		listen_started(tp);
	else if (is_connected(state) && walk_phase() == WALK_PREPARE)
		note_client(tp);
	else if (is_connected(state) && walk_phase() == WALK_ADOPT)
		connection_opened(tp, REPORTER_NONE, 1);
	return 0;
}
