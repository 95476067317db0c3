/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Included before everything else in every BPF program: one map more, which is another layout. */
#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} other_layout SEC(".maps");
