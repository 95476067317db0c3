/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sockets whose connection is not followed, so that their segments cost little more than the call:
 * elsewhere a connection would be searched in vain for each. Tracepoint programs can mark a socket
 * since Linux 5.11, which is also the first with BPF_FUNC_ktime_get_coarse_ns. What is older than
 * the programs is not marked. A mark that fails costs time, no more.
 */
#ifndef MESHTAP_LEFT_OUT_H
#define MESHTAP_LEFT_OUT_H

#include "control.h"
#include "selection.h"
#include <bpf/bpf_core_read.h>

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value,
	       __u64); /* generation + 1 of the programs that left it out; 0: it is followed */
} left_out SEC(".maps");

static __always_inline int can_leave_out(void)
{
	return !selection_has_all() &&
	       bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_ktime_get_coarse_ns);
}

static __always_inline int is_left_out(struct bpf_sock *sk)
{
	__u64 *by = can_leave_out() ? bpf_sk_storage_get(&left_out, sk, NULL, 0) : NULL;

	return by && *by == generation + 1;
}

/* At ESTABLISHED, in tracepoint programs. */
static __always_inline void socket_leave_out(struct sock *sk)
{
	__u64 own = generation + 1, *by;

	if (!can_leave_out())
		return;
	by = bpf_sk_storage_get(&left_out, sk, &own, BPF_SK_STORAGE_GET_F_CREATE);
	if (by)
		*by = own;
}

/* The same: connect() with AF_UNSPEC lets a socket have several connections, one after the other.
 */
static __always_inline void socket_take_in(struct sock *sk)
{
	__u64 *by = can_leave_out() ? bpf_sk_storage_get(&left_out, sk, NULL, 0) : NULL;

	if (by)
		*by = 0;
}

#endif
