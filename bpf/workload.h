/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which local workload owns a socket: the nearest systemd unit (NAME.service or NAME.scope) at or
 * above the socket's cgroup. The name is read in the kernel when a connection is made, so that a
 * unit which is gone before the next sample is still named. A unit that restarts gets a new cgroup
 * and keeps its id, because the id is a hash of the name.
 */
#ifndef MESHTAP_WORKLOAD_H
#define MESHTAP_WORKLOAD_H

#include <linux/types.h>

#define WORKLOAD_NAME_MAX 128 /* cri-containerd-<64 hex digits>.scope is 85 */
#define WORKLOAD_NONE                                                                              \
	0ULL /* no unit: the root cgroup, or no name that ends in .service or .scope */
#define WORKLOAD_OVERFLOW 1ULL	/* a unit for which the workloads map had no room */
#define WORKLOADS_MAX	  16384 /* distinct unit names */

struct workload {
	char name[WORKLOAD_NAME_MAX];
};

#ifdef __bpf__
#include "kernel_types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define CGROUP_DEPTH_MAX 12

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

/* length counts the terminating NUL, as bpf_probe_read_kernel_str() returns it. */
static __always_inline int is_unit_name(const char *name, long length)
{
	char end[8];

	if (length < 9 || length >= WORKLOAD_NAME_MAX)
		return 0;
	if (bpf_probe_read_kernel(end, sizeof(end), name + length - 9))
		return 0;
	if (end[0] == '.' && end[1] == 's' && end[2] == 'e' && end[3] == 'r' && end[4] == 'v' &&
	    end[5] == 'i' && end[6] == 'c' && end[7] == 'e')
		return 1;
	return end[2] == '.' && end[3] == 's' && end[4] == 'c' && end[5] == 'o' && end[6] == 'p' &&
	       end[7] == 'e';
}

static __always_inline __u64 workload_id(const struct workload *w)
{
	const __u64 *words = (const __u64 *)w->name;
	__u64 h = 0xcbf29ce484222325ULL;

	for (int i = 0; i < WORKLOAD_NAME_MAX / 8; i++) {
		h = (h ^ words[i]) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 29;
	}
	return h > WORKLOAD_OVERFLOW ? h : h + 2;
}

static __always_inline __u64 workload_register(const struct workload *w)
{
	__u64 id = workload_id(w);

	if (bpf_map_lookup_elem(&workloads, &id))
		return id;
	bpf_map_update_elem(&workloads, &id, w, BPF_NOEXIST);
	return bpf_map_lookup_elem(&workloads, &id) ? id : WORKLOAD_OVERFLOW;
}

static __noinline __u64 workload_of_kernfs(struct kernfs_node *kn)
{
	struct workload w;

	for (int i = 0; i < CGROUP_DEPTH_MAX && kn; i++) {
		const char *name = BPF_CORE_READ(kn, name);
		long length;

		__builtin_memset(&w, 0, sizeof(w)); /* the padding is hashed */
		length = bpf_probe_read_kernel_str(w.name, sizeof(w.name), name);
		if (is_unit_name(name, length))
			return workload_register(&w);
		kn = kernfs_parent(kn);
	}
	return WORKLOAD_NONE;
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
