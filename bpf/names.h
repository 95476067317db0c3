/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What user space remembers of a collector's series from one sample to the next, also if that is
 * another process: no program uses these maps, they are here to be pinned, and dropped, with the
 * series that they speak of. While nothing is configured only series_seen has entries.
 */
#ifndef MESHTAP_NAMES_H
#define MESHTAP_NAMES_H

#include <linux/types.h>

#define SERIES_KEY_SIZE 56 /* the largest collector's; others are padded with zeros */
#define SERIES_LABELS_MAX                                                                          \
	1976 /* with NUL; an entry of the map then takes 2 KiB of the kernel's                     \
	      */

struct series_seen {
	__u64 digest;  /* of the values, when they were last noted to differ; 0: new */
	__u64 changed; /* when that was: CLOCK_BOOTTIME in seconds */
	__u64 labels;  /* hash of the labels that the series has now; 0: not known */
};

struct series_share_key {
	unsigned char series[SERIES_KEY_SIZE]; /* shard 0 */
	__u64 labels;
};

struct series_labels {
	char text[SERIES_LABELS_MAX];
};

struct series_state {
	__u32 in_force; /* series were renamed once: series_seen.labels is kept */
};

#ifdef __bpf__
#include <bpf/bpf_helpers.h>

/* Their sizes are 2 * max_series. */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 8192);
	__uint(key_size, SERIES_KEY_SIZE);
	__type(value, struct series_seen);
} series_seen SEC(".maps");

/* What a series has counted under labels that it has no longer. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 8192);
	__type(key, struct series_share_key);
	__uint(value_size, 8); /* that of the series map */
} series_shares SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 8192);
	__type(key, __u64); /* a hash of the text */
	__type(value, struct series_labels);
} series_labels SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct series_state);
} series_state SEC(".maps");
#endif

#endif
