/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What workloads.ini can say of an address and a port, as the kernel keeps it: the longest
 * configured prefix that covers the address, and the port if the file names it anywhere. So a
 * series' key is bounded by the configuration, whatever the addresses are. User space fills the
 * maps (endpoint_maps.h).
 */
#ifndef MESHTAP_ENDPOINT_H
#define MESHTAP_ENDPOINT_H

#include <linux/types.h>

struct endpoint {
	__u32 prefix; /* a hash of address and length; 0: no configured prefix covers it */
	__u16 port;   /* host byte order; 0: not configured, or of no meaning (a client's) */
	__u16 reserved;
};

/* Key of the prefixes map, as the kernel's LPM tries have it. */
struct prefix {
	__u32 length;	   /* bits */
	__be32 address[4]; /* IPv4 as ::ffff:a.b.c.d; the bits beyond length are 0 */
};

#define PREFIXES_MAX 65536
#define PORT_WORDS   (65536 / 64)

/* What there is in the maps: an empty configuration costs one look at this. */
struct endpoint_config {
	__u32 prefixes;
	__u32 ports;
};

/* An id that only depends on the prefix, so that it means the same after a change of the
 * configuration. Never 0. */
static inline __u32 prefix_id(const __be32 address[4], __u32 length)
{
	__u64 h = 0xcbf29ce484222325ULL ^ length;
	__u32 id;

	for (int i = 0; i < 4; i++) {
		h = (h ^ address[i]) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 29;
	}
	id = h ^ h >> 32;
	return id ? id : 1;
}

#ifdef __bpf__
#include "kernel_types.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct endpoint_config);
} endpoints SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, PREFIXES_MAX);
	__type(key, struct prefix);
	__type(value, __u32); /* prefix_id() */
} prefixes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PORT_WORDS);
	__type(key, __u32);
	__type(value, __u64); /* a bit for each port */
} ports SEC(".maps");

static __always_inline __u32 prefix_of(const __be32 address[4])
{
	struct prefix key = { .length = 128 };
	__u32 *id;

	for (int i = 0; i < 4; i++)
		key.address[i] = address[i];
	id = bpf_map_lookup_elem(&prefixes, &key);
	return id ? *id : 0;
}

static __always_inline __u16 port_of(__be16 port)
{
	__u16 number = bpf_ntohs(port);
	__u32 word = number / 64;
	__u64 *bits = bpf_map_lookup_elem(&ports, &word);

	return bits && *bits >> (number & 63) & 1 ? number : 0;
}

/* port: 0: of no meaning. */
static __always_inline void endpoint_of(const __be32 address[4], __be16 port, struct endpoint *ret)
{
	__u32 zero = 0;
	struct endpoint_config *config = bpf_map_lookup_elem(&endpoints, &zero);

	*ret = (struct endpoint){};
	if (!config)
		return;
	if (config->prefixes)
		ret->prefix = prefix_of(address);
	if (config->ports && port)
		ret->port = port_of(port);
}
#endif

#endif
