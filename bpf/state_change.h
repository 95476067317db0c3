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

#define STATE_MARKS 8 /* a power of two */

struct state_mark {
	__u64 socket;
	__u64 state;
};

/*
 * A stack, because a softirq's changes between the two programs are over before the second one
 * runs. What it leaves, when it came amid the second program and so its own second programs did not
 * run, is overwritten some time.
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
	mark->socket = (__u64)sk;
}

/* The second one: whether the first was there before. */
static __always_inline int state_change_was_seen(const struct sock *sk, int state)
{
	struct state_marks *m = state_marks_here();
	struct state_mark *mark;

	if (!m)
		return 0;
	mark = &m->mark[(m->depth - 1) & (STATE_MARKS - 1)];
	if (mark->socket != (__u64)sk || mark->state != (__u64)state)
		return 0;
	mark->socket = 0;
	m->depth--;
	return 1;
}

#endif
