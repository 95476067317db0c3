// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Counts TCP connections where they change state; costs nothing per packet. */
#include "kernel_types.h"
#include "tcp_connections.h"
#include "names.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct connection {
	struct series_parties parties;
	__u64 client_key; /* key_of_client(); 0: a server's */
	__u32 adopted;
	__u32 undecided; /* when it was opened; not counted then */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH); /* preallocated: allocating per connection would double the
					    cost */
	__uint(max_entries, 65536);	 /* max_connections */
	__type(key, __u64);		 /* socket address */
	__type(value, struct connection);
} sockets SEC(".maps");

/* Clients that know no server: it may still tell. */
struct undecided {
	__u64 socket; /* its address */
	__u64 opened_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH); /* preallocated: saves 250 ns a connection */
	__uint(max_entries, 16384);	 /* a sample walks over all that room */
	__type(key, __u64);		 /* handshake_key() */
	__type(value, struct undecided);
} undecided SEC(".maps");

/* Who the server of a client is that was undecided and still lives: counted as opened with this
 * name. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536); /* max_connections */
	__type(key, __u64);	    /* handshake_key() */
	__type(value, __u64);	    /* workload id or WORKLOAD_NONE */
} decided SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 8192); /* see SERIES_OVERFLOW_ENTRIES */
	__type(key, struct series_parties);
	__type(value, struct tcp_connections_counts);
} series SEC(".maps");

/* Changes *parties when they find no room: to where they are counted then. */
static __always_inline struct tcp_connections_counts *series_of(struct series_parties *parties)
{
	struct tcp_connections_counts zero = {}, *counts;

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

static __always_inline void count_opened_in(struct tcp_connections_counts *counts, __u32 adopted)
{
	__sync_fetch_and_add(adopted ? &counts->adopted : &counts->opened, 1);
}

/* Changes *parties as series_of() does. */
static __always_inline void count_opened(struct series_parties *parties, __u32 adopted)
{
	struct tcp_connections_counts *counts = series_of(parties);

	if (counts)
		count_opened_in(counts, adopted);
}

static __always_inline void count_closed(const struct series_parties *parties, __u32 adopted)
{
	struct tcp_connections_counts *counts = bpf_map_lookup_elem(&series, parties);

	if (counts && adopted)
		__sync_fetch_and_add(&counts->adopted, -1);
	else if (counts)
		__sync_fetch_and_add(&counts->closed, 1);
}

/*
 * An undecided client is counted as opened by who takes it out of that map: its own end, or the
 * walk over the map at a sample, which has then left in `decided` under what name.
 */
static __always_inline void connection_decide_at_end(__u64 key, struct series_parties *parties,
						     __u32 adopted)
{
	__u64 server = client_told(key), *known;

	if (!bpf_map_delete_elem(&undecided, &key)) {
		parties->peer_workload = server;
		count_opened(parties, adopted);
		return;
	}
	known = bpf_map_lookup_elem(&decided, &key);
	if (known && *known == SERIES_OVERFLOW)
		series_overflow(parties);
	else if (known)
		parties->peer_workload = *known;
	bpf_map_delete_elem(&decided, &key);
}

static __always_inline void connection_end(__u64 address, const struct connection *c)
{
	struct series_parties parties = c->parties;
	__u64 key = c->client_key;

	if (c->undecided)
		connection_decide_at_end(key, &parties, c->adopted);
	count_closed(&parties, c->adopted);
	if (key)
		client_forget(key);
	bpf_map_delete_elem(&sockets, &address);
	health_add(HEALTH_SOCKETS, -1);
}

/* The kernel ran neither program when a connection with this socket's memory closed, or it was
 * adopted a moment ago. Returns as bpf_map_update_elem(). */
static __noinline long connection_replace(__u64 address, const struct connection *c)
{
	struct connection *old = bpf_map_lookup_elem(&sockets, &address);

	if (!old || !c)
		return -1;
	connection_end(address, old);
	return bpf_map_update_elem(&sockets, &address, c, BPF_NOEXIST);
}

/* Returns 0, or -1: not tracked, which is counted, or the tracepoint saw it before the walk. */
static __always_inline int connection_track(__u64 address, const struct connection *c)
{
	if (bpf_map_update_elem(&sockets, &address, c, BPF_NOEXIST) &&
	    (c->adopted || connection_replace(address, c))) {
		if (bpf_map_lookup_elem(&sockets, &address))
			return -1;
		health_add(HEALTH_UNTRACKED, 1);
		if (c->undecided)
			bpf_map_delete_elem(&undecided, &c->client_key);
		if (c->client_key)
			client_forget(c->client_key);
		return -1;
	}
	health_add(HEALTH_SOCKETS, 1);
	if (c->client_key)
		client_register(c->client_key, c->parties.local_workload, c->parties.peer_workload);
	return 0;
}

/* Returns 0 for want of room: it is counted at once. */
static __always_inline int connection_waits(__u64 address, __u64 key, __u32 adopted)
{
	struct undecided u = { .socket = address };

	if (!adopted)
		u.opened_ns = bpf_ktime_get_ns();
	return !bpf_map_update_elem(&undecided, &key, &u, BPF_ANY);
}

/* A connection that finds no room among the sockets is not counted at all: closed never exceeds
 * opened. */
static __always_inline void connection_opened(const struct tcp_sock *tp, __u32 reporter,
					      __u32 adopted)
{
	struct tcp_connections_counts *counts = NULL;
	struct connection c = { .adopted = adopted };
	__u64 address = (__u64)tp;
	struct tuple t;

	if (tuple_of_tcp(tp, &t) || (adopted && bpf_map_lookup_elem(&sockets, &address)))
		return;
	if (adopted)
		reporter = reporter_of_adopted(&t);
	parties_of_tcp(tp, &t, reporter, &c.parties);
	if (!connection_is_selected(tp, &t, &c.parties))
		return;
	c.client_key = reporter == REPORTER_SOURCE ? key_of_client(tp, &t) : 0;
	c.undecided = c.client_key && c.parties.peer_workload == WORKLOAD_NONE &&
		      connection_waits(address, c.client_key, adopted);
	if (!c.undecided) {
		counts = series_of(&c.parties);
		if (!counts && c.client_key)
			client_forget(c.client_key);
		if (!counts)
			return;
	}
	if (!connection_track(address, &c) && counts)
		count_opened_in(counts, adopted);
}

static __always_inline void connection_closed(const struct tcp_sock *tp)
{
	__u64 address = (__u64)tp;
	struct connection *c = bpf_map_lookup_elem(&sockets, &address);

	if (c)
		connection_end(address, c);
	else
		untracked_closed(tp);
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
	if (!selection_has(&t, 1, parties.local_workload))
		return;
	counts = series_of(&parties);
	if (counts)
		__sync_fetch_and_add(&counts->failed, 1);
}

static __always_inline void socket_state(const struct tcp_sock *tp, int oldstate, int newstate)
{
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
	state_change_mark(sk, newstate);
	socket_state(tp, oldstate, newstate);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_connections_missed, struct sock *sk, int oldstate, int newstate)
{
	const struct tcp_sock *tp;

	if (!is_counted_change(newstate) || !is_active() || state_change_was_seen(sk, newstate))
		return 0;
	tp = bpf_skc_to_tcp_sock(sk);
	if (tp)
		socket_state(tp, oldstate, newstate);
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

#define DECIDE_NS 1000000000ULL /* a server that accepts is established by then */

/* Returns 0, or -1 where the address is another connection's by now. */
static __always_inline int connection_at(__u64 address, __u64 key, struct connection *ret)
{
	struct connection *c = bpf_map_lookup_elem(&sockets, &address);

	if (!c || c->client_key != key)
		return -1;
	*ret = *c;
	return 0;
}

/* Run over `undecided` at each sample. */
SEC("iter/bpf_map_elem")
int tcp_connections_decide(struct bpf_iter__bpf_map_elem *ctx)
{
	const struct undecided *u = ctx->value;
	const __u64 *entry = ctx->key;
	struct connection c;
	__u64 key, server;

	if (!entry || !u || walk_phase() != WALK_SAMPLE)
		return 0;
	key = *entry;
	server = client_told(key);
	if (server == WORKLOAD_NONE && bpf_ktime_get_ns() - u->opened_ns < DECIDE_NS)
		return 0;
	/* No room, or it closes just now: nothing is lost, its end counts it. */
	if (connection_at(u->socket, key, &c) ||
	    bpf_map_update_elem(&decided, &key, &server, BPF_NOEXIST))
		return 0;
	c.parties.peer_workload = server;
	if (bpf_map_delete_elem(&undecided, &key)) {
		bpf_map_delete_elem(&decided, &key);
		return 0;
	}
	count_opened(&c.parties, c.adopted);
	if (c.parties.peer_workload == SERIES_OVERFLOW)
		bpf_map_update_elem(&decided, &key, &c.parties.peer_workload, BPF_EXIST);
	return 0;
}
