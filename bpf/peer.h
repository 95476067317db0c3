/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The workload at the other end of a connection, when that end is a socket on this host. A client
 * finds its server among the listening sockets of its own network namespace. A server finds its
 * client, wherever on the host it is, by the two initial sequence numbers: both ends know both, and
 * neither NAT nor a bridge changes them. It then tells the client who its server is, for a client
 * in another namespace, or one whose addresses were rewritten, knows no listener. A client is
 * always known first: it reaches ESTABLISHED before the ACK that makes its server ESTABLISHED is
 * sent; of TCP Fast Open see early_client_key().
 */
#ifndef MESHTAP_PEER_H
#define MESHTAP_PEER_H

#define LISTENERS_MAX 16384

#ifdef __bpf__
#include "tuple.h"
#include "workload.h"

struct listener {
	__u64 workload;
	__u64 sockets; /* SO_REUSEPORT: several sockets share an address and port */
	__u32 pid;     /* of who called listen(), where it is wanted; 0: not known */
	char comm[16];
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, LISTENERS_MAX);
	__type(key, struct tuple); /* the remote half is zero, so is the wildcard address of both
				      families */
	__type(value, struct listener);
} listeners SEC(".maps");

struct local_client {
	__u64 workload;
	__u64 server; /* a listener's, or what the server told; or WORKLOAD_NONE */
};

/* Clients whose servers may be on this host. What finds no room costs names, no count. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH); /* preallocated: allocating per connection costs more than
					    all else */
	__uint(max_entries, 65536);	 /* max_connections */
	__type(key, __u64);		 /* handshake_key() */
	__type(value, struct local_client);
} local_clients SEC(".maps");

/*
 * The client's and the server's first data byte's sequence number, at any time of a connection's
 * life. bytes_acked counts the SYN at the client's end only.
 */
static __always_inline __u64 handshake_key(const struct tcp_sock *tp, int is_client)
{
	__u32 own = tp->snd_una - (__u32)tp->bytes_acked + (is_client ? 1 : 0);
	__u32 other = tp->rcv_nxt - (__u32)tp->bytes_received;

	return is_client ? (__u64)own << 32 | other : (__u64)other << 32 | own;
}

/*
 * A server of TCP Fast Open may answer before its client has heard its initial sequence number.
 * Until then the client is known by its own, and by the clock that its SYN tells, which the kernel
 * starts at a secret offset (RFC 7323 section 7.1), so these are 64 bits too. data_seq: of its
 * first data byte. Without timestamps (tsval 0) such a client is not found.
 */
static __always_inline __u64 early_client_key(__u32 data_seq, __u32 tsval)
{
	return tsval ? (__u64)data_seq << 32 | tsval : 0;
}

/* A physical device has a parent, on a bus; veth, bridge, loopback and tunnels have none. */
static __always_inline int may_stay_on_host(const struct tcp_sock *tp)
{
	const struct dst_entry *route = tp->inet_conn.icsk_inet.sk.sk_dst_cache;

	return !route || !route->dev->dev.parent;
}

static __always_inline void listener_key(const struct tuple *t, struct tuple *ret)
{
	__builtin_memset(ret, 0, sizeof(*ret));
	ret->netns = t->netns;
	ret->local_port = t->local_port;
	if (t->local_addr[0] || t->local_addr[1] || t->local_addr[3])
		copy_addr(ret->local_addr, t->local_addr);
}

static __always_inline void listener_opened(const struct tuple *t, __u64 workload)
{
	struct listener first = { .workload = workload, .sockets = 1 }, *known;
	struct tuple key;

	listener_key(t, &key);
	known = bpf_map_lookup_elem(&listeners, &key);
	if (known)
		__sync_fetch_and_add(&known->sockets, 1);
	else
		bpf_map_update_elem(&listeners, &key, &first, BPF_NOEXIST);
}

static __always_inline void listener_closed(const struct tuple *t)
{
	struct listener *known;
	struct tuple key;

	listener_key(t, &key);
	known = bpf_map_lookup_elem(&listeners, &key);
	if (!known)
		return;
	__sync_fetch_and_add(&known->sockets, -1);
	if ((__s64)known->sockets <= 0)
		bpf_map_delete_elem(&listeners, &key);
}

/* The socket that listens where t's *local* half points, on that very address or on all. */
static __always_inline struct listener *listener_at(const struct tuple *t)
{
	struct listener *found;
	struct tuple key;

	listener_key(t, &key);
	found = bpf_map_lookup_elem(&listeners, &key);
	if (found)
		return found;
	__builtin_memset(key.local_addr, 0, sizeof(key.local_addr));
	return bpf_map_lookup_elem(&listeners, &key);
}

/* Returns the server's workload or WORKLOAD_NONE: the server may still tell. */
static __always_inline __u64 peer_of_client(const struct tuple *t)
{
	struct listener *server;
	struct tuple far;

	if (!tuple_is_local(t))
		return WORKLOAD_NONE;
	tuple_reversed(t, &far);
	server = listener_at(&far);
	return server ? server->workload : WORKLOAD_NONE;
}

/*
 * The server and its client meet under the key. A client that has closed meanwhile is told nothing:
 * the entry is replaced whole, never written to, for another connection may have its memory by
 * then.
 */
static __always_inline __u64 client_meet(__u64 key, __u64 workload)
{
	struct local_client *known = bpf_map_lookup_elem(&local_clients, &key), told;

	if (!known)
		return WORKLOAD_NONE;
	told = *known;
	if (told.server == WORKLOAD_NONE && workload != WORKLOAD_NONE) {
		told.server = workload;
		bpf_map_update_elem(&local_clients, &key, &told, BPF_EXIST);
	}
	return told.workload;
}

/* Call when a server's connection is made. Returns the client's workload or WORKLOAD_NONE. */
static __always_inline __u64 peer_of_server(const struct tcp_sock *tp, __u64 workload)
{
	return client_meet(handshake_key(tp, 0), workload);
}

/* The same when it sends before its connection is made. */
static __always_inline __u64 peer_of_early_server(const struct tcp_sock *tp, __u64 workload)
{
	__u64 peer = peer_of_server(tp, workload), late;
	__u64 key = early_client_key(tp->rcv_nxt - (__u32)tp->bytes_received, tp->rx_opt.ts_recent);

	if (peer != WORKLOAD_NONE || !key)
		return peer;
	peer = client_meet(key, workload);
	/* it may have been established, and have read what it was told, between the two */
	late = peer_of_server(tp, workload);
	return late != WORKLOAD_NONE ? late : peer;
}

static __always_inline int server_may_be_local(const struct tcp_sock *tp, const struct tuple *t)
{
	return tuple_is_local(t) || may_stay_on_host(tp);
}

/* Returns the key of a client whose server may be on this host, or 0. */
static __always_inline __u64 key_of_client(const struct tcp_sock *tp, const struct tuple *t)
{
	return server_may_be_local(tp, t) ? handshake_key(tp, 1) : 0;
}

/* From now on its server finds it. */
static __always_inline void client_register(__u64 key, __u64 workload, __u64 server)
{
	struct local_client c = { .workload = workload, .server = server };

	bpf_map_update_elem(&local_clients, &key, &c, BPF_NOEXIST);
}

/* What the server told by now. */
static __always_inline __u64 client_told(__u64 key)
{
	struct local_client *known = bpf_map_lookup_elem(&local_clients, &key);

	return known ? known->server : WORKLOAD_NONE;
}

static __always_inline void client_forget(__u64 key)
{
	bpf_map_delete_elem(&local_clients, &key);
}
#endif

#endif
