/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The workload at the other end of a connection, when that end is a socket in the same network
 * namespace: a client finds its server among the listening sockets, a server its client among the
 * clients' connections. A client is always known first: it reaches ESTABLISHED before the ACK that
 * makes its server ESTABLISHED is sent.
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

/* Clients of local servers. What finds no room costs the server's side the peer's name, no count.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH); /* preallocated: allocating per connection costs more than
					    all else */
	__uint(max_entries, 65536);
	__type(key, struct tuple);
	__type(value, __u64); /* workload id */
} local_clients SEC(".maps");

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

/* Call when a client's connection is made; returns the server's workload or WORKLOAD_NONE. */
static __always_inline __u64 peer_of_client(const struct tuple *t, __u64 workload)
{
	struct listener *server;
	struct tuple far;

	if (!tuple_is_local(t))
		return WORKLOAD_NONE;
	bpf_map_update_elem(&local_clients, t, &workload, BPF_ANY);
	tuple_reversed(t, &far);
	server = listener_at(&far);
	return server ? server->workload : WORKLOAD_NONE;
}

/* Call when a server's connection is made; returns the client's workload or WORKLOAD_NONE. */
static __always_inline __u64 peer_of_server(const struct tuple *t)
{
	__u64 *client;
	struct tuple far;

	if (!tuple_is_local(t))
		return WORKLOAD_NONE;
	tuple_reversed(t, &far);
	client = bpf_map_lookup_elem(&local_clients, &far);
	return client ? *client : WORKLOAD_NONE;
}

static __always_inline void client_closed(const struct tuple *t)
{
	if (tuple_is_local(t))
		bpf_map_delete_elem(&local_clients, t);
}
#endif

#endif
