/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How full a collector's socket table is, and what it could not count: "exact" must be seen to be
 * kept. */
#ifndef MESHTAP_HEALTH_H
#define MESHTAP_HEALTH_H

#include <linux/types.h>

enum health_count {
	HEALTH_SOCKETS,		/* entries in the sockets map */
	HEALTH_UNTRACKED,	/* connections for which it had no room */
	HEALTH_SERIES_OVERFLOW, /* events summed in an overflow series */
	HEALTH_COUNTS,
};

#ifdef __bpf__
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, HEALTH_COUNTS);
	__type(key, __u32);
	__type(value, __u64);
} health SEC(".maps");

/* Atomic although per CPU: a softirq may interrupt the same program in process context. */
static __always_inline void health_add(__u32 which, __s64 n)
{
	__u64 *count = bpf_map_lookup_elem(&health, &which);

	if (count)
		__sync_fetch_and_add(count, n);
}
#endif

#endif
