/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Configured hosts that a request may name, so that the number of series does not depend on what
 * clients write. Compared by a hash of the whole value in lower case: a client that finds another
 * value of the same hash could as well have sent the host itself.
 */
#ifndef MESHTAP_HOST_H
#define MESHTAP_HOST_H

#include "http1_tell.h"

#define HOSTS_MAX 65536

/* text: NUL-terminated, in any case. */
static inline __u64 host_hash(const char *text)
{
	__u64 hash = HTTP1_HOST_HASH;

	for (; *text; text++)
		hash = http1_host_step(hash, http1_lower(*text));
	return hash;
}

/* What stands in a series' key. Never 0. */
static inline __u32 host_id(__u64 hash)
{
	__u32 id = hash ^ hash >> 32;

	return id ? id : 1;
}

#ifdef __bpf__
#include <bpf/bpf_helpers.h>

/* User space fills it (endpoint_maps.h). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, HOSTS_MAX);
	__type(key, __u64);   /* host_hash() */
	__type(value, __u32); /* id */
} hosts SEC(".maps");

/* 0: none that is configured. */
static __always_inline __u32 host_of(const struct http1_parser *p)
{
	__u64 hash = p->host;
	__u32 *id = http1_has_host(p) ? bpf_map_lookup_elem(&hosts, &hash) : NULL;

	return id ? *id : 0;
}
#endif

#endif
