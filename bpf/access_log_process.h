/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who called connect() or listen(), and when: the only calls that the state of a socket shows while
 * its process runs. Who accepts may be another one, a server's worker; its name is the same.
 */
#ifndef MESHTAP_ACCESS_LOG_PROCESS_H
#define MESHTAP_ACCESS_LOG_PROCESS_H

#include "connection.h"

struct process {
	__u64 started_ns;
	__u32 pid;
	char comm[16];
	__u32 reserved;
};

/* Sockets in SYN_SENT. Without room nothing is known of them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u64); /* socket address: there is no port yet */
	__type(value, struct process);
} connecting SEC(".maps");

static __always_inline void process_connects(const struct sock *sk)
{
	struct process p = { .started_ns = bpf_ktime_get_ns(),
			     .pid = bpf_get_current_pid_tgid() >> 32 };
	__u64 address = (__u64)sk;

	bpf_get_current_comm(p.comm, sizeof(p.comm));
	bpf_map_update_elem(&connecting, &address, &p, BPF_ANY);
}

/* Takes it out; *ret is untouched when nothing is known. */
static __always_inline void process_take(const struct sock *sk, struct process *ret)
{
	__u64 address = (__u64)sk;
	struct process *p = bpf_map_lookup_elem(&connecting, &address);

	if (!p)
		return;
	*ret = *p;
	bpf_map_delete_elem(&connecting, &address);
}

static __always_inline void process_listens(const struct tuple *t)
{
	struct listener *l = listener_at(t);

	if (!l)
		return;
	l->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(l->comm, sizeof(l->comm));
}

static __always_inline void process_of_connection(struct connection *c, const struct sock *sk)
{
	struct process p = {};
	struct listener *l;

	process_take(sk, &p);
	if (c->reporter == REPORTER_SOURCE) {
		c->pid = p.pid;
		__builtin_memcpy(c->comm, p.comm, sizeof(c->comm));
		return;
	}
	l = listener_at(&c->tuple);
	if (!l)
		return;
	c->pid = l->pid;
	__builtin_memcpy(c->comm, l->comm, sizeof(c->comm));
}

#endif
