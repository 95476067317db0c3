/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which connections a collector follows, by the server's port and the local unit, as the
 * configuration says. Decided when a connection is made. One that is not followed still tells the
 * other end who it is, so that names do not depend on what is followed.
 */
#ifndef MESHTAP_SELECTION_H
#define MESHTAP_SELECTION_H

#include "workload.h"

#define SELECTION_UNITS 16 /* of each kind */
#define SELECTION_PORTS (65536 / 64)
#define SELECTION_WORDS (WORKLOAD_NAME_MAX / 8)

/* A unit's name, or what it begins with: the bytes that count, padded with zeros. */
struct selection_unit {
	__u64 name[SELECTION_WORDS];
	__u64 mask[SELECTION_WORDS];
};

struct selection {
	__u32 by_port;	      /* some are not followed */
	__u32 included_units; /* how many of units[0]; 0: all units */
	__u32 excluded_units; /* how many of units[1] */
	__u32 reserved;
	struct selection_unit units[2][SELECTION_UNITS];
	__u64 ports[SELECTION_PORTS]; /* a bit for each that is followed */
};

#ifdef __bpf__
#include "peer.h"

/* Constants of the programs: what is not configured is dead code. */
const volatile struct selection selection = {};

static __always_inline int selection_has_number(__u16 port)
{
	return !selection.by_port || (selection.ports[port / 64] >> (port & 63) & 1);
}

/* port: in network byte order. */
static __always_inline int selection_has_port(__be16 port)
{
	return selection_has_number(bpf_ntohs(port));
}

/* Can a segment of this socket be of a connection that is followed? Its server's port is one of the
 * two. Before anything else is looked at. */
static __always_inline int selection_may_have(const struct bpf_sock *sk)
{
	return selection_has_number(sk->src_port) || selection_has_port(sk->dst_port);
}

/* Verified once. kind: included or excluded. */
__noinline int selection_finds_unit(__u64 workload, __u32 kind, __u32 count)
{
	const struct workload *w = bpf_map_lookup_elem(&workloads, &workload);

	if (!w || kind > 1)
		return 0;
	for (__u32 i = 0; i < SELECTION_UNITS && i < count; i++) {
		const volatile struct selection_unit *unit = &selection.units[kind][i];
		__u64 differs = 0;

		for (__u32 j = 0; j < SELECTION_WORDS; j++)
			differs |= (((const __u64 *)w->name)[j] ^ unit->name[j]) & unit->mask[j];
		if (!differs)
			return 1;
	}
	return 0;
}

static __always_inline int selection_has_unit(__u64 workload)
{
	if (selection.included_units &&
	    !selection_finds_unit(workload, 0, selection.included_units))
		return 0;
	return !selection.excluded_units ||
	       !selection_finds_unit(workload, 1, selection.excluded_units);
}

static __always_inline int selection_has_all(void)
{
	return !selection.by_port && !selection.included_units && !selection.excluded_units;
}

/* is_client: of the local end. */
static __always_inline int selection_has(const struct tuple *t, int is_client, __u64 workload)
{
	return selection_has_port(is_client ? t->remote_port : t->local_port) &&
	       selection_has_unit(workload);
}

/* At ESTABLISHED of a connection that is not followed. */
static __always_inline void unselected_opened(const struct tcp_sock *tp, const struct tuple *t,
					      int is_client, __u64 workload)
{
	__u64 key;

	if (!is_client) {
		peer_of_server(tp, workload);
		return;
	}
	key = key_of_client(tp, t);
	if (key)
		client_register(key, workload, peer_of_client(t));
}

/* At CLOSE. */
static __always_inline void unselected_closed(const struct tcp_sock *tp)
{
	client_forget(handshake_key(tp, 1));
}
#endif

#endif
