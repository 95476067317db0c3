/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * No change of a socket's state unseen. Since 6.1 the kernel does not run a tracing program that
 * runs on this CPU already (it counts recursion_misses): a softirq that comes while a process
 * connects or closes a socket changes the states of others unseen. So every collector attaches two
 * programs to the tracepoint, in this order: the second does what the first did not see. Only one
 * of them can be what the softirq came amid. Where both run, a mark keeps the second from
 * repeating.
 */
#ifndef MESHTAP_STATE_CHANGE_H
#define MESHTAP_STATE_CHANGE_H

#include "kernel_types.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define STATE_MARKS 64

struct state_mark {
	__u64 socket;
	__u32 state;
	__u32 reserved;
};

/* By ports. A mark that is overwritten by a softirq between the two programs has its change seen
 * twice, which finds it done. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STATE_MARKS);
	__type(key, __u32);
	__type(value, struct state_mark);
} state_marks SEC(".maps");

static __always_inline struct state_mark *state_mark_of(const struct sock *sk)
{
	const struct sock_common *common = &sk->__sk_common;
	__u32 slot = (common->skc_num ^ bpf_ntohs(common->skc_dport)) & (STATE_MARKS - 1);

	return bpf_map_lookup_elem(&state_marks, &slot);
}

/* The first program is here. */
static __always_inline void state_change_mark(const struct sock *sk, int state)
{
	struct state_mark *mark = state_mark_of(sk);

	if (!mark)
		return;
	mark->state = state;
	mark->socket = (__u64)sk;
}

/* The second one: whether the first was there before. */
static __always_inline int state_change_was_seen(const struct sock *sk, int state)
{
	struct state_mark *mark = state_mark_of(sk);

	if (!mark || mark->socket != (__u64)sk || mark->state != (__u32)state)
		return 0;
	mark->socket = 0;
	return 1;
}

#endif
