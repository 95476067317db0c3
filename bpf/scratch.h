/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a program parses: windows of its CPU's own, and the functions that find one by its slot. */
#ifndef MESHTAP_SCRATCH_H
#define MESHTAP_SCRATCH_H

#include "http1.h"
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>

#define SCRATCH_SLOTS 4

/*
 * A window per running program. Egress programs of a task can be interrupted on their CPU by
 * softirqs, or preempted, that run this program too, so each CPU has a few slots and a slot is
 * claimed by counting: it belongs to whoever raised the count to 1. Without fetching atomics
 * (Linux 5.12) two claimers may both miss, but never both win.
 */
struct scratch {
	__u64 users;
	struct http1_window window;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_SLOTS);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

static __always_inline struct scratch *scratch_claim(void)
{
	for (__u32 i = 0; i < SCRATCH_SLOTS; i++) {
		__u32 slot = i;
		struct scratch *s = bpf_map_lookup_elem(&scratch, &slot);

		if (!s)
			return NULL;
		__sync_fetch_and_add(&s->users, 1);
		if (*(volatile __u64 *)&s->users == 1) {
			s->window.slot = i;
			return s;
		}
		__sync_fetch_and_add(&s->users, -1);
	}
	return NULL;
}

/* See http1.h: verified once. */
__noinline int http1_line_in(__u32 slot, __u32 at, __u32 length)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &slot);

	return s ? http1_line(&s->window, at & (HTTP1_BYTES - 1), length & (HTTP1_BYTES - 1))
		 : HTTP1_BAD;
}

__noinline int http1_find_lines_in(__u32 slot, __u32 start)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &slot);

	return s ? http1_find_lines(&s->window, start & (HTTP1_BYTES - 1)) : 0;
}

__noinline int http1_parse_in(__u32 slot, __u32 length)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &slot);

	return s && length <= HTTP1_WINDOW ? http1_parse(&s->window, length) : HTTP1_BAD;
}

static __always_inline void scratch_release(struct scratch *s)
{
	__sync_fetch_and_add(&s->users, -1);
}

#endif
