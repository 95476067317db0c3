/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One end of a TCP connection, as the kernel has it: a socket whose numbers move when the kernel
 * moves them, that is after the programs have seen a segment, and packets of real headers. Include
 * after walk_sink.h.
 */
#ifndef MESHTAP_FAKE_NET_H
#define MESHTAP_FAKE_NET_H

#define FAKE_PACKET_MAX (1 << 16)
#define FAKE_WINDOW	60000

enum { FAKE_US = 1, FAKE_THEM, FAKE_OTHER };

/* What a program may find in front of the payload. */
enum fake_shape {
	FAKE_PLAIN,
	FAKE_TCP_OPTIONS,
	FAKE_IP_OPTIONS, /* IPv6: hop-by-hop, as BIG TCP has it */
	FAKE_SHAPES,
};

struct fake_end {
	struct tcp_sock *tp;
	struct tcp_sock *listener; /* a server's */
	struct net net;
	struct cgroup cgroup;
	struct kernfs_node kn;
	int client;
	int unseen;   /* no program is attached */
	int changing; /* its state, just now */
	enum fake_shape shape;
	__u32 ours;   /* sequence number of our stream's first byte */
	__u32 theirs; /* and of the peer's */
	__u32 acked;  /* of our stream, by the peer's last segment */
};

static inline struct sock *fake_sock(struct tcp_sock *tp)
{
	return &tp->inet_conn.icsk_inet.sk;
}

static inline __be32 fake_ipv4(__u32 side)
{
	return bpf_htonl(0xc0000200 + side); /* RFC 5737 */
}

static inline struct in6_addr fake_ipv6(__u32 side)
{
	struct in6_addr a = { { { bpf_htonl(0x20010db8), 0, 0, bpf_htonl(side) } } }; /* RFC 3849 */

	return a;
}

static inline __be16 fake_port(const struct fake_end *e, __u32 side)
{
	return (side == FAKE_US) == e->client ? bpf_htons(40000) : bpf_htons(80);
}

static inline struct tcp_sock *fake_socket(struct fake_end *e, int ipv6, int state)
{
	struct tcp_sock *tp = calloc(1, sizeof(*tp));
	struct sock_common *sk;

	if (!tp)
		abort();
	sk = &fake_sock(tp)->__sk_common;
	sk->skc_family = ipv6 ? AF_INET6 : AF_INET;
	sk->skc_state = state;
	sk->skc_net.net = &e->net;
	sk->skc_rcv_saddr = fake_ipv4(FAKE_US);
	memcpy(&sk->skc_v6_rcv_saddr, fake_ipv6(FAKE_US).in6_u.u6_addr32, 16);
	if (state != TCP_LISTEN) {
		sk->skc_daddr = fake_ipv4(FAKE_THEM);
		memcpy(&sk->skc_v6_daddr, fake_ipv6(FAKE_THEM).in6_u.u6_addr32, 16);
		sk->skc_dport = fake_port(e, FAKE_THEM);
	}
	tp->inet_conn.icsk_inet.inet_sport = fake_port(e, FAKE_US);
	fake_sock(tp)->sk_protocol = IPPROTO_TCP;
	fake_sock(tp)->sk_cgrp_data.cgroup = &e->cgroup;
	return tp;
}

/* A connection that is being made. ours, theirs: see struct fake_end. */
static inline void fake_init(struct fake_end *e, int client, int ipv6, __u32 ours, __u32 theirs)
{
	memset(e, 0, sizeof(*e));
	e->client = client;
	e->ours = ours;
	e->theirs = theirs;
	e->net.ns.inum = 4026531840U;
	e->cgroup.kn = &e->kn;
	e->kn.name = "test.service";
	e->kn.id = 7;
	e->tp = fake_socket(e, ipv6, client ? TCP_SYN_SENT : TCP_SYN_RECV);
	if (!client)
		e->listener = fake_socket(e, ipv6, TCP_LISTEN);
	e->tp->snd_nxt = e->tp->snd_una = e->tp->write_seq = e->acked = ours;
	e->tp->bytes_acked = client; /* the SYN, which a server's does not count */
	e->tp->max_window = 1 << 24;
	e->tp->rcv_nxt = e->tp->rcv_wup = e->tp->copied_seq = theirs;
	e->tp->rcv_wnd = FAKE_WINDOW;
}

static inline void fake_iterate(struct tcp_sock *tp)
{
	struct bpf_iter__tcp context = { .sk_common = &fake_sock(tp)->__sk_common };

	http_sockets(&context);
}

/* The programs come to a connection that is there already; the kernel shows listeners first. */
static inline void fake_attach(struct fake_end *e)
{
	e->unseen = 0;
	if (e->listener)
		fake_iterate(e->listener);
	fake_iterate(e->tp);
}

/* In a softirq another socket of these ports changes; both programs see it, or, when it comes amid
 * the second one, the first alone. */
static inline void fake_softirq(const struct fake_end *e, int amid_second)
{
	struct tcp_sock other = *e->tp;
	struct sock *sk = fake_sock(&other);

	sk->__sk_common.skc_daddr = fake_ipv4(FAKE_OTHER);
	sk->__sk_common.skc_v6_daddr = fake_ipv6(FAKE_OTHER);
	http_socket_state(sk, TCP_ESTABLISHED, TCP_CLOSE);
	if (!amid_second)
		http_missed_state(sk, TCP_ESTABLISHED, TCP_CLOSE);
}

/* A mark that was left by an earlier connection, whose socket had this one's memory. */
static inline void fake_left_mark(const struct fake_end *e, int state)
{
	struct sock *sk = fake_sock(e->tp);

	sk->__sk_common.skc_hash++;
	state_change_mark(sk, state);
	sk->__sk_common.skc_hash--;
}

/* The tracepoint comes before the change. The kernel runs both programs, or (every third time here)
 * the second alone. */
static inline void fake_state(struct fake_end *e, int state)
{
	struct sock *sk = fake_sock(e->tp);
	static unsigned int changes;
	int first = changes % 3, between = changes % 7;

	changes++;
	e->changing = 1;
	if (!e->unseen && between == 2)
		fake_left_mark(e, state);
	if (!e->unseen && first)
		http_socket_state(sk, sk->__sk_common.skc_state, state);
	if (!e->unseen && between < 2) {
		user_may_interrupt();
		fake_softirq(e, between);
	}
	if (!e->unseen)
		http_missed_state(sk, sk->__sk_common.skc_state, state);
	e->changing = 0;
	sk->__sk_common.skc_state = state;
}

static inline void fake_established(struct fake_end *e)
{
	fake_state(e, TCP_ESTABLISHED);
}

static inline void fake_free(struct fake_end *e)
{
	free(e->tp);
	free(e->listener);
	e->tp = NULL;
	e->listener = NULL;
}

static inline void fake_closed(struct fake_end *e)
{
	fake_state(e, TCP_CLOSE);
	fake_free(e);
}

struct fake_packet {
	__u8 bytes[FAKE_PACKET_MAX];
	__u32 length;
};

static inline void packet_put(struct fake_packet *p, const void *bytes, __u32 length)
{
	if (length > sizeof(p->bytes) - p->length)
		user_fail(__func__, "longer than a packet");
	memcpy(p->bytes + p->length, bytes, length);
	p->length += length;
}

static inline void packet_ipv4(struct fake_packet *p, __u32 from, __u32 to, int options)
{
	struct ipv4_header ip = { .version_ihl = options ? 0x46 : 0x45, .protocol = IPPROTO_TCP };

	ip.source = fake_ipv4(from);
	ip.destination = fake_ipv4(to);
	packet_put(p, &ip, sizeof(ip));
	if (options)
		packet_put(p, "\1\1\1", 4);
}

static inline void packet_ipv6(struct fake_packet *p, __u32 from, __u32 to, int options)
{
	struct ipv6_header ip = { .next_header = options ? IPV6_HOP_BY_HOP : IPPROTO_TCP };
	struct in6_addr source = fake_ipv6(from), destination = fake_ipv6(to);

	memcpy(ip.source, &source, sizeof(source));
	memcpy(ip.destination, &destination, sizeof(destination));
	packet_put(p, &ip, sizeof(ip));
	if (options)
		packet_put(p, "\6\0\xc2\4\0\0\0", 8); /* TCP follows; no more words; jumbo */
}

static inline void packet_tcp_header(struct fake_packet *p, const struct fake_end *e, int egress,
				     __u32 seq, __u8 flags)
{
	int options = e->shape == FAKE_TCP_OPTIONS;
	struct tcp_header tcp = { .data_offset = options ? 0x80 : 0x50, .flags = flags | 0x10 };

	tcp.source = fake_port(e, egress ? FAKE_US : FAKE_THEM);
	tcp.destination = fake_port(e, egress ? FAKE_THEM : FAKE_US);
	tcp.seq = bpf_htonl(seq);
	tcp.ack_seq = bpf_htonl(egress ? e->tp->rcv_nxt : e->acked);
	packet_put(p, &tcp, sizeof(tcp));
	if (options)
		packet_put(p, "\1\1\10\12tsvltsec", 12);
}

static inline void packet_build(struct fake_packet *p, const struct fake_end *e, int egress,
				__u32 seq, __u8 flags)
{
	__u32 from = egress ? FAKE_US : FAKE_THEM, to = egress ? FAKE_THEM : FAKE_US;

	p->length = 0;
	if (fake_sock(e->tp)->__sk_common.skc_family == AF_INET)
		packet_ipv4(p, from, to, e->shape == FAKE_IP_OPTIONS);
	else
		packet_ipv6(p, from, to, e->shape == FAKE_IP_OPTIONS);
	packet_tcp_header(p, e, egress, seq, flags);
}

static int fake_trace; /* every segment, by offset in its stream */

/* Shows the programs a segment, as the kernel does: with the listener's socket while there is no
 * other. */
static inline void fake_segment(struct fake_end *e, int egress, __u32 seq, const void *payload,
				__u32 length, __u8 flags)
{
	struct sock_common *sk = &fake_sock(e->tp)->__sk_common;
	static struct fake_packet packets[2];
	struct fake_packet *p = &packets[user_interrupts];
	struct user_skb skb = { 0 };

	if (e->unseen)
		return;
	if (fake_trace)
		printf("%*s%s %d + %u%s\n", 2 * user_interrupts, "", egress ? "out" : "in",
		       (int)(seq - (egress ? e->ours : e->theirs)), length,
		       flags & TCP_FLAG_RST   ? " RST"
		       : flags & TCP_FLAG_FIN ? " FIN"
					      : "");
	packet_build(p, e, egress, seq, flags);
	packet_put(p, payload, length);
	skb.bytes = p->bytes;
	skb.skb.len = p->length;
	skb.skb.protocol = bpf_htons(sk->skc_family == AF_INET ? ETH_P_IP : ETH_P_IPV6);
	skb.skb.sk = (void *)(sk->skc_state == TCP_SYN_RECV && !e->changing ? e->listener : e->tp);
	if (egress && (__s32)(seq + length - e->tp->write_seq) > 0)
		e->tp->write_seq = seq + length;
	user_now += 1000;
	if ((egress ? http_egress(&skb.skb) : http_ingress(&skb.skb)) != 1)
		user_fail(__func__, "the packet was dropped");
	if (user_lock)
		user_fail(__func__, "a lock is still held");
}

#endif
