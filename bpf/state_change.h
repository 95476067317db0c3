/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every change of a socket's state once. Since 6.1 the kernel does not run a tracing program that
 * runs on this CPU already (it counts recursion_misses): a softirq that comes while a process
 * connects or closes a socket changes the states of others unseen. So every collector attaches two
 * programs to the tracepoint, in this order: the second does what the first did not see. Only one
 * of them can be what the softirq came amid. Where both run, a mark keeps the second from
 * repeating.
 */
#ifndef MESHTAP_STATE_CHANGE_H
#define MESHTAP_STATE_CHANGE_H

#include "kernel_types.h"

#include <bpf/bpf_helpers.h>

#define STATE_MARKS 16 /* a power of two */

/* Which change it is: another connection may have the socket's memory later. */
struct state_mark {
	__u64 socket;
	__u32 state;
	__u32 hash;
};

/*
 * A stack, because a softirq's changes between the two programs are over before the second one
 * runs. But when it comes amid the second program, those of its changes do not run: what the first
 * ones have left then lies on top of the mark that is looked for, or stays until it is overwritten.
 */
struct state_marks {
	__u64 depth;
	struct state_mark mark[STATE_MARKS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct state_marks);
} state_marks SEC(".maps");

static __always_inline struct state_marks *state_marks_here(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&state_marks, &zero);
}

/* The first program is here. */
static __always_inline void state_change_mark(const struct sock *sk, int state)
{
	struct state_marks *m = state_marks_here();
	struct state_mark *mark;

	if (!m)
		return;
	mark = &m->mark[m->depth++ & (STATE_MARKS - 1)];
	mark->state = state;
	mark->hash = sk->__sk_common.skc_hash;
	mark->socket = (__u64)sk;
}

static __always_inline int state_mark_is(const struct state_mark *mark, const struct sock *sk,
					 int state)
{
	return mark->socket == (__u64)sk && mark->state == (__u32)state &&
	       mark->hash == sk->__sk_common.skc_hash;
}

/* The second one: whether the first was there before. */
static __always_inline int state_change_was_seen(const struct sock *sk, int state)
{
	struct state_marks *m = state_marks_here();
	__u64 depth;

	if (!m)
		return 0;
	depth = m->depth;
	for (int i = 0; i < STATE_MARKS; i++) {
		struct state_mark *mark = &m->mark[--depth & (STATE_MARKS - 1)];

		if (!state_mark_is(mark, sk, state))
			continue;
		mark->socket = 0;
		m->depth = depth;
		return 1;
	}
	return 0;
}

#endif
