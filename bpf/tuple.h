/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A TCP connection as one of its ends sees it: network namespace, local and remote address and
 * port. IPv4 addresses are written IPv4-mapped (::ffff:a.b.c.d), as a dual-stack socket has them
 * anyway.
 */
#ifndef MESHTAP_TUPLE_H
#define MESHTAP_TUPLE_H

#include <linux/types.h>

struct tuple {
	__be32 local_addr[4];
	__be32 remote_addr[4];
	__be16 local_port;
	__be16 remote_port;
	__u32 netns; /* ns.inum; the cookie is not readable everywhere (cgroup_skb programs,
			Linux 5.10 to 6.12) */
};

#ifdef __bpf__
#include "kernel_types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

static __always_inline void map_ipv4(__be32 to[4], __be32 addr)
{
	to[0] = 0;
	to[1] = 0;
	to[2] = bpf_htonl(0xffff);
	to[3] = addr;
}

static __always_inline void copy_addr(__be32 to[4], const __be32 from[4])
{
	to[0] = from[0];
	to[1] = from[1];
	to[2] = from[2];
	to[3] = from[3];
}

static __always_inline __u32 netns_of_socket(const struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

/*
 * The port comes from inet_sport: skc_num is already 0 when a closing socket reaches the
 * tracepoint. Listening sockets have a zero remote half. Returns 0, or -1 when the socket is not
 * IPv4 or IPv6.
 */
static __always_inline int tuple_of_socket(const struct sock *sk, struct tuple *t)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	t->netns = netns_of_socket(sk);
	t->local_port = BPF_CORE_READ((const struct inet_sock *)sk, inet_sport);
	t->remote_port = BPF_CORE_READ(sk, __sk_common.skc_dport);
	if (family == AF_INET) {
		map_ipv4(t->local_addr, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
		map_ipv4(t->remote_addr, BPF_CORE_READ(sk, __sk_common.skc_daddr));
		return 0;
	}
	if (family != AF_INET6)
		return -1;
	BPF_CORE_READ_INTO(&t->local_addr, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32);
	BPF_CORE_READ_INTO(&t->remote_addr, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32);
	return 0;
}

static __always_inline void tuple_reversed(const struct tuple *t, struct tuple *ret)
{
	copy_addr(ret->local_addr, t->remote_addr);
	copy_addr(ret->remote_addr, t->local_addr);
	ret->local_port = t->remote_port;
	ret->remote_port = t->local_port;
	ret->netns = t->netns;
}

/*
 * Both ends in this network namespace: loopback, or the host's own address on both sides, which the
 * kernel chooses as the source of a connection to itself.
 */
static __always_inline int tuple_is_local(const struct tuple *t)
{
	const __be32 *r = t->remote_addr, *l = t->local_addr;

	if (r[0] == 0 && r[1] == 0 && r[2] == bpf_htonl(0xffff) &&
	    (r[3] & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000))
		return 1;
	return r[0] == l[0] && r[1] == l[1] && r[2] == l[2] && r[3] == l[3];
}
#endif

#endif
