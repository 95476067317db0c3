/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which of several attached copies of a program counts. While a collector is upgraded, the old and
 * the new programs are attached together for a moment; only the copy whose generation stands in the
 * control map does its work, so the switch is one atomic store: no event twice, none missed.
 */
#ifndef MESHTAP_CONTROL_H
#define MESHTAP_CONTROL_H

#include <linux/bpf.h>
#include <linux/types.h>

struct control {
	__u64 generation; /* of the programs that count, see pins.h */
	__u64 layout;	  /* of the maps, see pins.h */
	__u64 links;	  /* how many are pinned when all is well */
	__u64 known;	  /* who found all of this current, see pins_known.h; 0: nobody */
};

#ifdef __bpf__
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE); /* user space stores generation with one instruction */
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct control);
} control SEC(".maps");

const volatile __u64 generation = 0;

static __always_inline int is_active(void)
{
	__u32 zero = 0;
	struct control *c = bpf_map_lookup_elem(&control, &zero);

	return c && c->generation == generation;
}
#endif

#endif
