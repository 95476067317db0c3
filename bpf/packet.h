/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The headers of a packet: what a walk must know of a segment. */
#ifndef MESHTAP_PACKET_H
#define MESHTAP_PACKET_H

#include "sequence.h"

struct ipv4_header {
	__u8 version_ihl;
	__u8 tos;
	__be16 total_length;
	__u32 id_fragment;
	__u8 ttl;
	__u8 protocol;
	__be16 checksum;
	__be32 source;
	__be32 destination;
};

struct ipv6_header {
	__be32 version_class_flow;
	__be16 payload_length;
	__u8 next_header;
	__u8 hop_limit;
	__be32 source[4];
	__be32 destination[4];
};

struct tcp_header {
	__be16 source;
	__be16 destination;
	__be32 seq;
	__be32 ack_seq;
	__u8 data_offset; /* high nibble, in words */
	__u8 flags;
	__be16 window;
	__u32 checksum_urgent;
};

enum {
	TCP_OPTION_NOP = 1,
	TCP_OPTION_TIMESTAMPS = 8,
};

#define IPV6_HOP_BY_HOP 0 /* BIG TCP carries its length there */

/* What nearly all packets begin with. */
struct ipv4_packet {
	struct ipv4_header ip;
	struct tcp_header tcp;
};

struct packet {
	__u32 seq;
	__u32 length;  /* of the payload */
	__u32 header;  /* offset of the TCP header in the skb */
	__u32 payload; /* likewise */
	__u32 ack_seq;
	__u8 flags;
	struct tuple tuple; /* of its connection, see packet_locate() */
};

#ifdef packet_user_bytes
#define packet_bytes(skb, length) packet_user_bytes(skb, length)
#else
/* The packet's first bytes, or NULL when they are not in one piece. */
static __always_inline const void *packet_bytes(const struct __sk_buff *skb, __u32 length)
{
	const void *data = (const void *)(long)skb->data, *end = (const void *)(long)skb->data_end;

	return data + length <= end ? data : NULL;
}
#endif

/* Returns -1 when it has neither payload, FIN nor RST. */
static __always_inline int packet_segment(const struct __sk_buff *skb, const struct tcp_header *tcp,
					  __u32 offset, struct packet *p)
{
	p->flags = tcp->flags;
	p->payload = offset + (tcp->data_offset >> 4) * 4;
	if (p->payload > skb->len)
		return -1;
	p->length = skb->len - p->payload;
	if (!p->length && !(tcp->flags & (TCP_FLAG_FIN | TCP_FLAG_RST)))
		return -1;
	p->seq = bpf_ntohl(tcp->seq);
	/* RFC 7413: data of a Fast Open SYN follows the SYN's own number */
	if (tcp->flags & TCP_FLAG_SYN)
		p->seq++;
	p->ack_seq = bpf_ntohl(tcp->ack_seq);
	p->header = offset;
	return 0;
}

/* Returns the offset of the header behind hop-by-hop options, or 0: it is not TCP's. */
static __always_inline __u32 packet_past_options(struct __sk_buff *skb, __u32 offset)
{
	__u8 extension[2];

	if (bpf_skb_load_bytes(skb, offset, extension, sizeof(extension)) ||
	    extension[0] != IPPROTO_TCP)
		return 0;
	return offset + (extension[1] + 1) * 8;
}

/* Returns the offset of the TCP header, or 0: there is none. Not inlined, as packet_addresses():
 * the stack of all callers together is 512 bytes. */
static __noinline __u32 packet_tcp_offset(struct __sk_buff *skb)
{
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		struct ipv4_header ip;

		if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)) || ip.protocol != IPPROTO_TCP)
			return 0;
		return (ip.version_ihl & 15) * 4;
	}
	if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		struct ipv6_header ip;

		if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)))
			return 0;
		if (ip.next_header == IPV6_HOP_BY_HOP)
			return packet_past_options(skb, sizeof(ip));
		return ip.next_header == IPPROTO_TCP ? sizeof(ip) : 0;
	}
	return 0;
}

/* Returns -1 when the packet is not TCP or has neither payload, FIN nor RST. */
static __always_inline int packet_read(struct __sk_buff *skb, struct packet *p)
{
	const struct ipv4_packet *plain = packet_bytes(skb, sizeof(*plain));
	struct tcp_header tcp;
	__u32 offset;

	if (plain && plain->ip.version_ihl == 0x45) {
		if (plain->ip.protocol != IPPROTO_TCP)
			return -1;
		return packet_segment(skb, &plain->tcp, sizeof(plain->ip), p);
	}
	offset = packet_tcp_offset(skb);
	if (!offset || bpf_skb_load_bytes(skb, offset, &tcp, sizeof(tcp)))
		return -1;
	return packet_segment(skb, &tcp, offset, p);
}

/* tuple_of_socket() by plain loads: this runs for every segment. */
static __always_inline void tuple_of_tcp_sock(const struct tcp_sock *tp, struct tuple *t)
{
	const struct inet_sock *inet = &tp->inet_conn.icsk_inet;
	const struct sock_common *sk = &inet->sk.__sk_common;

	t->netns = sk->skc_net.net->ns.inum;
	t->local_port = inet->inet_sport;
	t->remote_port = sk->skc_dport;
	if (sk->skc_family == AF_INET6) {
		for (int i = 0; i < 4; i++) {
			t->local_addr[i] = sk->skc_v6_rcv_saddr.in6_u.u6_addr32[i];
			t->remote_addr[i] = sk->skc_v6_daddr.in6_u.u6_addr32[i];
		}
		return;
	}
	map_ipv4(t->local_addr, sk->skc_rcv_saddr);
	map_ipv4(t->remote_addr, sk->skc_daddr);
}

/* The addresses as the receiver's socket would have them. */
static __noinline int packet_addresses(struct __sk_buff *skb, struct packet *p)
{
	__be16 pair[2];

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		struct ipv4_header ip;

		if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)))
			return -1;
		map_ipv4(p->tuple.local_addr, ip.destination);
		map_ipv4(p->tuple.remote_addr, ip.source);
	} else {
		struct ipv6_header ip;

		if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)))
			return -1;
		copy_addr(p->tuple.local_addr, ip.destination);
		copy_addr(p->tuple.remote_addr, ip.source);
	}
	if (bpf_skb_load_bytes(skb, p->header, pair, sizeof(pair)))
		return -1;
	p->tuple.remote_port = pair[0];
	p->tuple.local_port = pair[1];
	return 0;
}

#define OPTIONS_MAX 8 /* Linux has the timestamps among the first four */

/* TSval of the timestamps option (RFC 7323 section 3.2); 0: none was found. */
static __noinline __u32 packet_tsval(struct __sk_buff *skb, const struct packet *p)
{
	__u32 at = p->header + sizeof(struct tcp_header);
	__be32 tsval;

	for (int i = 0; i < OPTIONS_MAX; i++) {
		__u8 option[2]; /* kind and length */

		if (at + 2 > p->payload || bpf_skb_load_bytes(skb, at, option, sizeof(option)))
			return 0;
		if (option[0] == TCP_OPTION_TIMESTAMPS)
			return bpf_skb_load_bytes(skb, at + 2, &tsval, sizeof(tsval))
				       ? 0
				       : bpf_ntohl(tsval);
		at += option[0] == TCP_OPTION_NOP ? 1 : option[1];
	}
	return 0;
}

/* Whose it is: the socket's, or, with a listener's socket, what the packet itself says. Returns 0
 * or -1. */
static __always_inline int packet_locate(struct __sk_buff *skb, struct packet *p,
					 const struct tcp_sock *tp)
{
	const struct sock_common *sk = &tp->inet_conn.icsk_inet.sk.__sk_common;

	if (sk->skc_state != TCP_LISTEN) {
		tuple_of_tcp_sock(tp, &p->tuple);
		return 0;
	}
	p->tuple.netns = sk->skc_net.net->ns.inum;
	return packet_addresses(skb, p);
}

#endif
