/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel structs and fields that our programs touch, and no others. libbpf relocates every
 * access against the running kernel's BTF (preserve_access_index), so neither a builder nor another
 * architecture needs a vmlinux.h. Field order and size here mean nothing; names and types do.
 */
#ifndef MESHTAP_KERNEL_TYPES_H
#define MESHTAP_KERNEL_TYPES_H

#include <linux/types.h>
#include <linux/bpf.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

#define AF_INET	    2
#define AF_INET6    10
#define ETH_P_IP    0x0800
#define ETH_P_IPV6  0x86dd
#define IPPROTO_TCP 6

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct in6_addr {
	union {
		__be32 u6_addr32[4];
	} in6_u;
};

struct kernfs_node {
	struct kernfs_node *parent;
	const char *name;
	u64 id;
};

/* Linux 6.15 renamed kernfs_node.parent. */
struct kernfs_node___v6_15 {
	struct kernfs_node *__parent;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct sock_cgroup_data {
	struct cgroup *cgroup;
};

/* Before Linux 5.15 the pointer shares a word with cgroup v1's net_cls and net_prio ids (bit 0
 * set). */
struct sock_cgroup_data___v5_10 {
	u64 val;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned int skc_hash; /* of the connection's addresses and ports; stays to the end */
	unsigned long skc_flags;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct device {
	struct device *parent;
};

struct net_device {
	struct device dev;
};

struct dst_entry {
	struct net_device *dev;
};

struct sock {
	struct sock_common __sk_common;
	struct dst_entry *sk_dst_cache;
	u16 sk_protocol;
	int sk_err;
	struct sock_cgroup_data sk_cgrp_data;
};

struct inet_sock {
	struct sock sk;
	__be16 inet_sport;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	struct {
		u32 lrcvtime;
	} icsk_ack;
};

struct tcp_options_received {
	u32 ts_recent;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	struct tcp_options_received rx_opt;
	u32 rcv_nxt;
	u32 copied_seq;
	u32 rcv_wup;
	u32 rcv_wnd;
	u32 snd_nxt;
	u32 snd_una;
	u32 write_seq;
	u32 max_window;
	u32 lsndtime;
	u32 srtt_us; /* times 8 */
	u32 total_retrans;
	u64 bytes_received;
	u64 bytes_sent;
	u64 bytes_retrans;
	u64 bytes_acked;
};

struct seq_file {
};

struct bpf_iter_meta {
	struct seq_file *seq;
	u64 session_id;
	u64 seq_num;
};

struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	void *key;
	void *value;
};

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
};

#pragma clang attribute pop

enum sock_flags {
	SOCK_DONE = 1,
};

/* include/net/tcp_states.h: numbers that inet_sock_set_state makes user-visible, hence stable. */
enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_FIN_WAIT1,
	TCP_FIN_WAIT2,
	TCP_TIME_WAIT,
	TCP_CLOSE,
	TCP_CLOSE_WAIT,
	TCP_LAST_ACK,
	TCP_LISTEN,
	TCP_CLOSING,
	TCP_NEW_SYN_RECV,
};

#endif
