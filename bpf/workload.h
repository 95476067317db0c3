/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which local workload owns a socket: the nearest systemd unit (NAME.service or NAME.scope) or
 * container (a name that ends in 64 hexadecimal digits, as the cgroupfs drivers of docker, podman,
 * containerd, CRI-O and Kubernetes make them) at or above the socket's cgroup. The name is read in
 * the kernel when a connection is made, so that a unit which is gone before the next sample is
 * still named. A unit that restarts gets a new cgroup and keeps its id, because the id is a hash of
 * the name.
 */
#ifndef MESHTAP_WORKLOAD_H
#define MESHTAP_WORKLOAD_H

#include <linux/types.h>

#define WORKLOAD_NAME_MAX 128 /* cri-containerd-<64 hex digits>.scope is 85 */
#define CONTAINER_DIGITS  64

/* Ids that are no hash of a name. */
#define WORKLOAD_NONE 0ULL /* no cgroup up to the root is a unit or a container */
#define WORKLOAD_OVERFLOW                                                                          \
	1ULL		     /* one for which the workloads map had no room, or not to be read     \
			      */
#define SERIES_OVERFLOW 2ULL /* whatever finds no room among the series: both parties */

#define WORKLOADS_MAX 16384 /* distinct names */

struct workload {
	char name[WORKLOAD_NAME_MAX];
};

#ifdef __bpf__
#include "http1_words.h"
#include "kernel_types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define CGROUP_DEPTH_MAX 32

/* Only a cache: what LRU evicts is walked again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64); /* cgroup id */
	__type(value, __u64);
} cgroup_workloads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, WORKLOADS_MAX);
	__type(key, __u64); /* workload id */
	__type(value, struct workload);
} workloads SEC(".maps");

static __always_inline struct kernfs_node *kernfs_parent(const struct kernfs_node *kn)
{
	const struct kernfs_node___v6_15 *renamed = (const void *)kn;

	if (bpf_core_field_exists(renamed->__parent))
		return BPF_CORE_READ(renamed, __parent);
	return BPF_CORE_READ(kn, parent);
}

static __always_inline struct kernfs_node *kernfs_of_socket(const struct sock *sk)
{
	const struct sock_cgroup_data___v5_10 *old = (const void *)&sk->sk_cgrp_data;
	struct cgroup *cgroup;
	__u64 val;

	if (!bpf_core_field_exists(old->val))
		return BPF_CORE_READ(sk, sk_cgrp_data.cgroup, kn);
	val = BPF_CORE_READ(old, val);
	if (val & 1) /* cgroup v1 took the word over: the unit is not known */
		return NULL;
	cgroup = (struct cgroup *)val;
	return BPF_CORE_READ(cgroup, kn);
}

/* The two that say nothing where something above does: a manager's own scope (of a user, of a
 * container), and what podman makes inside the unit that it was started by. */
#define INIT_SCOPE     "init.scope"
#define PODMAN_PAYLOAD "libpod-payload-"

enum cgroup_kind {
	CGROUP_OTHER,
	CGROUP_WORKLOAD,
	CGROUP_WEAK,	   /* a workload only if nothing above is one */
	CGROUP_UNREADABLE, /* nobody knows */
};

/* end: the name's last eight bytes. */
static __always_inline int is_unit_end(const char end[8])
{
	if (end[0] == '.' && end[1] == 's' && end[2] == 'e' && end[3] == 'r' && end[4] == 'v' &&
	    end[5] == 'i' && end[6] == 'c' && end[7] == 'e')
		return 1;
	return end[2] == '.' && end[3] == 's' && end[4] == 'c' && end[5] == 'o' && end[6] == 'p' &&
	       end[7] == 'e';
}

static __always_inline int is_container_end(const __u64 words[CONTAINER_DIGITS / 8])
{
	__u64 all = HTTP1_HIGH;

#pragma clang loop unroll(disable) /* all words at once would take more stack */
	for (int i = 0; i < CONTAINER_DIGITS / 8; i++)
		all &= ~words[i] & ((http1_ge(words[i], '0') & http1_le(words[i], '9')) |
				    (http1_ge(words[i], 'a') & http1_le(words[i], 'f')));
	return all == HTTP1_HIGH;
}

static __always_inline int begins_with(const char *name, const char *text, int length)
{
	for (int i = 0; i < length; i++)
		if (name[i] != text[i])
			return 0;
	return 1;
}

/*
 * kn: a struct kernfs_node's address. A longer name than there is room for may be a unit's: it must
 * not pass for another's that begins alike, nor hide behind the one above. Verified once, as the
 * next one.
 */
__noinline int cgroup_kind_of(__u64 kn)
{
	const char *name = BPF_CORE_READ((const struct kernfs_node *)kn, name);
	__u64 words[WORKLOAD_NAME_MAX / 8] = {};
	char *text = (char *)words;
	int kind = CGROUP_WORKLOAD;
	/* with the NUL, which takes the last character's place where there is no room */
	long length = bpf_probe_read_kernel_str(text, WORKLOAD_NAME_MAX, name);

	if (length <= 0 || length >= WORKLOAD_NAME_MAX)
		return CGROUP_UNREADABLE;
	if (length < 8)
		return CGROUP_OTHER;
	if (begins_with(text, INIT_SCOPE, sizeof(INIT_SCOPE)) ||
	    begins_with(text, PODMAN_PAYLOAD, sizeof(PODMAN_PAYLOAD) - 1))
		kind = CGROUP_WEAK;
	if (length == 8) /* "x.scope" */
		words[0] <<= 8;
	else if (bpf_probe_read_kernel(words, 8, name + length - 9))
		return CGROUP_UNREADABLE;
	if (is_unit_end(text))
		return kind;
	if (length <= CONTAINER_DIGITS)
		return CGROUP_OTHER;
	if (bpf_probe_read_kernel(words, CONTAINER_DIGITS, name + length - CONTAINER_DIGITS - 1))
		return CGROUP_UNREADABLE;
	return is_container_end(words) ? kind : CGROUP_OTHER;
}

static __always_inline __u64 workload_id(const struct workload *w)
{
	const __u64 *words = (const __u64 *)w->name;
	__u64 h = 0xcbf29ce484222325ULL;

	for (int i = 0; i < WORKLOAD_NAME_MAX / 8; i++) {
		h = (h ^ words[i]) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 29;
	}
	return h > SERIES_OVERFLOW ? h : h + SERIES_OVERFLOW + 1;
}

__noinline __u64 workload_register(__u64 kn)
{
	const char *name = BPF_CORE_READ((const struct kernfs_node *)kn, name);
	struct workload w = {}; /* the padding is hashed */
	__u64 id;

	if (bpf_probe_read_kernel_str(w.name, sizeof(w.name), name) <= 0)
		return WORKLOAD_OVERFLOW;
	id = workload_id(&w);
	if (bpf_map_lookup_elem(&workloads, &id))
		return id;
	bpf_map_update_elem(&workloads, &id, &w, BPF_NOEXIST);
	return bpf_map_lookup_elem(&workloads, &id) ? id : WORKLOAD_OVERFLOW;
}

static __noinline __u64 workload_of_kernfs(struct kernfs_node *kn)
{
	struct kernfs_node *weak = NULL;

	for (int i = 0; i < CGROUP_DEPTH_MAX && kn; i++) {
		switch (cgroup_kind_of((__u64)kn)) {
		case CGROUP_WORKLOAD:
			return workload_register((__u64)kn);
		case CGROUP_UNREADABLE:
			return WORKLOAD_OVERFLOW;
		case CGROUP_WEAK:
			weak = weak ? weak : kn;
		}
		kn = kernfs_parent(kn);
	}
	if (kn) /* deeper than can be walked */
		return WORKLOAD_OVERFLOW;
	return weak ? workload_register((__u64)weak) : WORKLOAD_NONE;
}

/* For programs that may probe kernel memory (tracepoints, iterators), when a connection is made. */
static __always_inline __u64 workload_of_socket(const struct sock *sk)
{
	struct kernfs_node *kn = kernfs_of_socket(sk);
	__u64 cgroup_id, workload, *known;

	if (!kn)
		return WORKLOAD_NONE;
	cgroup_id = BPF_CORE_READ(kn, id);
	known = bpf_map_lookup_elem(&cgroup_workloads, &cgroup_id);
	if (known)
		return *known;
	workload = workload_of_kernfs(kn);
	bpf_map_update_elem(&cgroup_workloads, &cgroup_id, &workload, BPF_ANY);
	return workload;
}
#endif

#endif
