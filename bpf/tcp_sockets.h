/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the two TCP collectors share in the kernel: who talks on a socket, which sockets listen, and
 * the phases of the walk over sockets that are older than the collector.
 */
#ifndef MESHTAP_TCP_SOCKETS_H
#define MESHTAP_TCP_SOCKETS_H

enum walk_phase {
	WALK_PREPARE, /* note listeners and local clients, so that the next phase can name every
			 peer */
	WALK_ADOPT,   /* take in established connections */
	WALK_SAMPLE,  /* only update what is known */
};

#ifdef __bpf__
#include "health.h"
#include "peer.h"
#include "selection.h"
#include "series.h"
#include "state_change.h"

/* In a map that is pinned, so that a run which is killed amid the phases is completed by the next
 * one. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32); /* enum walk_phase */
} walk SEC(".maps");

static __always_inline __u32 walk_phase(void)
{
	__u32 zero = 0, *phase = bpf_map_lookup_elem(&walk, &zero);

	return phase ? *phase : WALK_SAMPLE;
}

/* Which sockets the listeners map counts, so that tracepoint and walk do not both count one. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, LISTENERS_MAX);
	__type(key, __u64); /* socket address */
	__type(value, __u8);
} listening SEC(".maps");

/* As tuple_of_socket(), by direct loads: tracing programs may, and it saves a probe read a field.
 */
static __always_inline int tuple_of_tcp(const struct tcp_sock *tp, struct tuple *t)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;
	__u16 family = sk->__sk_common.skc_family;

	t->netns = sk->__sk_common.skc_net.net->ns.inum;
	t->local_port = tp->inet_conn.icsk_inet.inet_sport;
	t->remote_port = sk->__sk_common.skc_dport;
	if (family == AF_INET) {
		map_ipv4(t->local_addr, sk->__sk_common.skc_rcv_saddr);
		map_ipv4(t->remote_addr, sk->__sk_common.skc_daddr);
		return 0;
	}
	if (family != AF_INET6)
		return -1;
	for (int i = 0; i < 4; i++) {
		t->local_addr[i] = sk->__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[i];
		t->remote_addr[i] = sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[i];
	}
	return 0;
}

/* As workload_of_socket(), whose probe reads it saves where the cgroup is a plain pointer. */
static __always_inline __u64 workload_of_tcp(const struct tcp_sock *tp)
{
	const struct sock *sk = &tp->inet_conn.icsk_inet.sk;
	const struct sock_cgroup_data___v5_10 *old = (const void *)&sk->sk_cgrp_data;
	__u64 cgroup_id, *known;

	if (!bpf_core_field_exists(old->val)) {
		cgroup_id = sk->sk_cgrp_data.cgroup->kn->id;
		known = bpf_map_lookup_elem(&cgroup_workloads, &cgroup_id);
		if (known)
			return *known;
	}
	return workload_of_socket(sk);
}

static __always_inline void parties_of_tcp(const struct tcp_sock *tp, const struct tuple *t,
					   __u32 reporter, struct series_parties *ret)
{
	ret->local_workload = workload_of_tcp(tp);
	ret->peer_workload = reporter == REPORTER_SOURCE ? peer_of_client(t)
							 : peer_of_server(tp, ret->local_workload);
	endpoint_of(t->local_addr, reporter == REPORTER_DESTINATION ? t->local_port : 0,
		    &ret->local);
	endpoint_of(t->remote_addr, reporter == REPORTER_SOURCE ? t->remote_port : 0, &ret->peer);
	ret->reporter = reporter;
	ret->shard = bpf_get_smp_processor_id() % SERIES_SHARDS;
}

/* A connection whose beginning was not seen: it is a server's if its own half is a listener's. */
static __always_inline __u32 reporter_of_adopted(const struct tuple *t)
{
	return listener_at(t) ? REPORTER_DESTINATION : REPORTER_SOURCE;
}

static __always_inline void listen_started(const struct tcp_sock *tp)
{
	__u64 address = (__u64)tp;
	struct tuple t;
	__u8 one = 1;

	/* listen() without bind() has no port yet; the next walk finds it. */
	if (tuple_of_tcp(tp, &t) || !t.local_port)
		return;
	if (!bpf_map_update_elem(&listening, &address, &one, BPF_NOEXIST))
		listener_opened(&t, workload_of_tcp(tp));
}

static __always_inline void listen_ended(const struct tcp_sock *tp)
{
	__u64 address = (__u64)tp;
	struct tuple t;

	if (!bpf_map_delete_elem(&listening, &address) && !tuple_of_tcp(tp, &t))
		listener_closed(&t);
}

/* WALK_PREPARE for an established connection. */
static __always_inline void note_client(const struct tcp_sock *tp)
{
	struct tuple t;
	__u64 key;

	if (tuple_of_tcp(tp, &t) || reporter_of_adopted(&t) != REPORTER_SOURCE)
		return;
	key = key_of_client(tp, &t);
	if (key)
		client_register(key, workload_of_tcp(tp), WORKLOAD_NONE);
}

/* A connection that has no entry: WALK_PREPARE may have noted it, or connection_is_selected(). */
static __always_inline void untracked_closed(const struct tcp_sock *tp)
{
	if (walk_phase() != WALK_SAMPLE || !selection_has_all())
		unselected_closed(tp);
}

/* When it is made. One that is not selected has no entry, but tells the other end who it is. */
static __always_inline int connection_is_selected(const struct tcp_sock *tp, const struct tuple *t,
						  const struct series_parties *p)
{
	int is_client = p->reporter == REPORTER_SOURCE;

	if (selection_has_all() || selection_has(t, is_client, p->local_workload))
		return 1;
	unselected_opened(tp, t, is_client, p->local_workload);
	return 0;
}

/* Half of a connection's changes of state say nothing to us. */
static __always_inline int is_counted_change(int newstate)
{
	return newstate == TCP_ESTABLISHED || newstate == TCP_CLOSE || newstate == TCP_LISTEN;
}

/* States in which a connection counts as open: those between ESTABLISHED and CLOSE. */
static __always_inline int is_connected(__u8 state)
{
	return state == TCP_ESTABLISHED || state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 ||
	       state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK || state == TCP_CLOSING;
}
#endif

#endif
