// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Counts TCP payload bytes from the counters that the kernel keeps per socket: at each sample by a
 * walk over the open sockets, and when a connection closes. Costs nothing per packet.
 */
#include "kernel_types.h"
#include "tcp_bytes.h"
#include "names.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct connection {
	struct series_parties parties;
	__u64 sent_seen; /* payload already counted, as the local socket sees it */
	__u64 received_seen;
	__u64 client_key; /* key_of_client(); 0: a server's */
	__u64 undecided;  /* the server may still tell who it is */
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
	__uint(max_entries, 8192); /* see SERIES_OVERFLOW_ENTRIES */
	__type(key, struct series_parties);
	__type(value, struct tcp_bytes_counts);
} series SEC(".maps");

/* Changes *parties when they find no room: to where they are counted then. */
static __always_inline struct tcp_bytes_counts *series_of(struct series_parties *parties)
{
	struct tcp_bytes_counts zero = {}, *counts;

	counts = bpf_map_lookup_elem(&series, parties);
	if (counts)
		return counts;
	bpf_map_update_elem(&series, parties, &zero, BPF_NOEXIST);
	counts = bpf_map_lookup_elem(&series, parties);
	if (counts)
		return counts;
	health_add(HEALTH_SERIES_OVERFLOW, 1);
	series_overflow(parties);
	return bpf_map_lookup_elem(&series, parties);
}

/* bytes_sent counts retransmissions again; for a moment bytes_retrans may be ahead of it. */
static __always_inline __u64 payload_sent(const struct tcp_sock *tp)
{
	__u64 sent = tp->bytes_sent, retransmitted = tp->bytes_retrans;

	return sent > retransmitted ? sent - retransmitted : 0;
}

/* bytes_received counts the FIN; SOCK_DONE is set where a FIN is received, and nowhere else. */
static __always_inline __u64 payload_received(const struct tcp_sock *tp)
{
	__u64 done = 1ULL << bpf_core_enum_value(enum sock_flags, SOCK_DONE);
	__u64 received = tp->bytes_received;

	return received && (tp->inet_conn.icsk_inet.sk.__sk_common.skc_flags & done) ? received - 1
										     : received;
}

/* The kernel ran neither program when a connection with this socket's memory closed: what it moved
 * is not known. Returns as bpf_map_update_elem(). */
static __noinline long connection_replace(__u64 address, const struct connection *c)
{
	struct connection *old = bpf_map_lookup_elem(&sockets, &address);

	if (!old || !c)
		return -1;
	health_add(HEALTH_UNTRACKED, 1);
	if (old->client_key)
		client_forget(old->client_key);
	bpf_map_delete_elem(&sockets, &address);
	health_add(HEALTH_SOCKETS, -1);
	return bpf_map_update_elem(&sockets, &address, c, BPF_NOEXIST);
}

static __always_inline void connection_track(__u64 address, const struct connection *c, int adopted)
{
	if (bpf_map_update_elem(&sockets, &address, c, BPF_NOEXIST) &&
	    (adopted || connection_replace(address, c))) {
		if (bpf_map_lookup_elem(&sockets, &address))
			return; /* the tracepoint saw it before the walk */
		health_add(HEALTH_UNTRACKED, 1);
		if (c->client_key)
			client_forget(c->client_key);
		return;
	}
	health_add(HEALTH_SOCKETS, 1);
	if (c->client_key)
		client_register(c->client_key, c->parties.local_workload, c->parties.peer_workload);
}

static __always_inline void connection_opened(const struct tcp_sock *tp, __u32 reporter,
					      int adopted)
{
	struct connection c = {};
	__u64 address = (__u64)tp;
	struct tuple t;

	if (tuple_of_tcp(tp, &t))
		return;
	if (adopted) {
		reporter = reporter_of_adopted(&t);
		c.sent_seen = payload_sent(tp);
		c.received_seen = payload_received(tp);
	}
	parties_of_tcp(tp, &t, reporter, &c.parties);
	if (!connection_is_selected(tp, &t, &c.parties))
		return;
	c.client_key = reporter == REPORTER_SOURCE ? key_of_client(tp, &t) : 0;
	c.undecided = c.client_key && c.parties.peer_workload == WORKLOAD_NONE;
	if (c.undecided || series_of(&c.parties))
		connection_track(address, &c, adopted);
	else if (c.client_key)
		client_forget(c.client_key);
}

/*
 * Who is at the other end of a client's connection. The bytes must not be split over two series, so
 * it is not yet settled while the server, which says so before it takes or sends a byte, can have
 * done neither: bytes_acked counts the SYN.
 */
static __always_inline int connection_decide(const struct tcp_sock *tp, struct connection *c,
					     int is_closing)
{
	__u64 server = client_told(c->client_key);

	if (server == WORKLOAD_NONE && !tp->bytes_received && tp->bytes_acked <= 1 && !is_closing)
		return 0;
	c->parties.peer_workload = server;
	c->undecided = 0;
	return 1;
}

/*
 * Adds what is new since the last look. Walk and tracepoint never meet here: a socket leaves the
 * tables that are walked before it becomes CLOSE.
 */
static __always_inline void connection_count(const struct tcp_sock *tp, struct connection *c,
					     int is_closing)
{
	__u64 sent = payload_sent(tp), received = payload_received(tp);
	__u64 new_sent = sent > c->sent_seen ? sent - c->sent_seen : 0;
	__u64 new_received = received > c->received_seen ? received - c->received_seen : 0;
	struct tcp_bytes_counts *counts;
	int is_client = c->parties.reporter == REPORTER_SOURCE;

	if (!new_sent && !new_received)
		return;
	if (c->undecided && !connection_decide(tp, c, is_closing))
		return;
	counts = series_of(&c->parties);
	if (!counts)
		return;
	c->sent_seen += new_sent;
	c->received_seen += new_received;
	if (new_sent)
		__sync_fetch_and_add(is_client ? &counts->received : &counts->sent, new_sent);
	if (new_received)
		__sync_fetch_and_add(is_client ? &counts->sent : &counts->received, new_received);
}

static __always_inline void connection_closed(const struct tcp_sock *tp)
{
	__u64 address = (__u64)tp;
	struct connection *c = bpf_map_lookup_elem(&sockets, &address);

	if (!c) {
		untracked_closed(tp);
		return;
	}
	connection_count(tp, c, 1);
	if (c->client_key)
		client_forget(c->client_key);
	bpf_map_delete_elem(&sockets, &address);
	health_add(HEALTH_SOCKETS, -1);
}

static __always_inline void socket_state(const struct tcp_sock *tp, int oldstate, int newstate)
{
	if (newstate == TCP_ESTABLISHED && oldstate == TCP_SYN_SENT)
		connection_opened(tp, REPORTER_SOURCE, 0);
	else if (newstate == TCP_ESTABLISHED && oldstate == TCP_SYN_RECV)
		connection_opened(tp, REPORTER_DESTINATION, 0);
	else if (oldstate == TCP_LISTEN)
		listen_ended(tp);
	else if (newstate == TCP_CLOSE)
		connection_closed(tp);
	else if (newstate == TCP_LISTEN)
		listen_started(tp);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_bytes_state, struct sock *sk, int oldstate, int newstate)
{
	const struct tcp_sock *tp;

	if (!is_counted_change(newstate))
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp || !is_active())
		return 0;
	state_change_mark(sk, newstate);
	socket_state(tp, oldstate, newstate);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_bytes_missed, struct sock *sk, int oldstate, int newstate)
{
	const struct tcp_sock *tp;

	if (!is_counted_change(newstate) || !is_active() || state_change_was_seen(sk, newstate))
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (tp)
		socket_state(tp, oldstate, newstate);
	return 0;
}

static __always_inline void visit_connected(const struct tcp_sock *tp)
{
	__u64 address = (__u64)tp;
	struct connection *c;

	switch (walk_phase()) {
	case WALK_PREPARE:
		note_client(tp);
		break;
	case WALK_ADOPT:
		connection_opened(tp, REPORTER_NONE, 1);
		break;
	default:
		c = bpf_map_lookup_elem(&sockets, &address);
		if (c)
			connection_count(tp, c, 0);
	}
}

SEC("iter/tcp")
int tcp_bytes_walk(struct bpf_iter__tcp *ctx)
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
	else if (is_connected(state))
		visit_connected(tp);
	return 0;
}
