/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs of both HTTP collectors: where segments and connection states come from. Include
 * last; besides what http.h wants the sink defines sink_tcp(c, now): a connection that was not HTTP
 * is closed, and sink_refused(t, error, now): a connect() failed.
 *
 * Always returns 1: a cgroup_skb program that returns 0 drops the packet.
 */
#ifndef MESHTAP_HTTP_PROGRAMS_H
#define MESHTAP_HTTP_PROGRAMS_H

#include "http.h"

#define WINDOW_FIRST 512 /* most heads fit, and little of a body is loaded in vain */
#define WINDOW_MORE                                                                                \
	HTTP1_WINDOW /* long heads, pipelining, chunks: 32 tail calls reach 64 KiB of heads, or 33 \
			messages */

int http_ingress_more(struct __sk_buff *skb);
int http_egress_more(struct __sk_buff *skb);

/* Two, because one array takes programs of one attach type. */
struct continuation {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct __sk_buff *));
};

struct continuation ingress_continuation SEC(".maps") = { .values = {
								  (void *)&http_ingress_more } };
struct continuation egress_continuation SEC(".maps") = { .values = { (void *)&http_egress_more } };

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
	TCP_FLAG_FIN = 1,
	TCP_FLAG_SYN = 2,
	TCP_FLAG_RST = 4,
};

#define IPV6_HOP_BY_HOP 0 /* BIG TCP carries its length there */

struct packet {
	struct segment segment;
	__u32 payload; /* offset in the skb */
	__u32 ack_seq;
	__u8 flags;
	/* addresses as the receiver's socket would have them; used with a listener's socket only */
	struct tuple tuple;
};

static __always_inline int packet_tcp(struct __sk_buff *skb, __u32 offset, struct packet *p)
{
	struct tcp_header tcp;

	if (bpf_skb_load_bytes(skb, offset, &tcp, sizeof(tcp)))
		return -1;
	p->flags = tcp.flags;
	p->payload = offset + (tcp.data_offset >> 4) * 4;
	if (p->payload > skb->len)
		return -1;
	p->segment.length = skb->len - p->payload;
	if (!p->segment.length && !(tcp.flags & (TCP_FLAG_FIN | TCP_FLAG_RST)))
		return -1;
	p->segment.seq = bpf_ntohl(tcp.seq);
	if (tcp.flags &
	    TCP_FLAG_SYN) /* RFC 7413: data of a Fast Open SYN follows the SYN's own number */
		p->segment.seq++;
	p->ack_seq = bpf_ntohl(tcp.ack_seq);
	p->tuple.local_port = tcp.destination;
	p->tuple.remote_port = tcp.source;
	return 0;
}

/* Returns -1 when the packet is not TCP or has neither payload, FIN nor RST. */
static __always_inline int packet_read(struct __sk_buff *skb, struct packet *p)
{
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		struct ipv4_header ip;

		if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)) || ip.protocol != IPPROTO_TCP)
			return -1;
		map_ipv4(p->tuple.local_addr, ip.destination);
		map_ipv4(p->tuple.remote_addr, ip.source);
		return packet_tcp(skb, (ip.version_ihl & 15) * 4, p);
	}
	if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		struct ipv6_header ip;
		__u32 offset = sizeof(ip);

		if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)))
			return -1;
		if (ip.next_header == IPV6_HOP_BY_HOP) {
			__u8 extension[2];

			if (bpf_skb_load_bytes(skb, offset, extension, sizeof(extension)))
				return -1;
			ip.next_header = extension[0];
			offset += (extension[1] + 1) * 8;
		}
		if (ip.next_header != IPPROTO_TCP)
			return -1;
		copy_addr(p->tuple.local_addr, ip.destination);
		copy_addr(p->tuple.remote_addr, ip.source);
		return packet_tcp(skb, offset, p);
	}
	return -1;
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

static __always_inline struct connection *
connection_of_packet(struct __sk_buff *skb, struct packet *p, int egress, __u64 now)
{
	struct bpf_sock *sk = skb->sk;
	struct tcp_sock *tp;
	struct connection *c;
	struct tuple t;

	if (!sk)
		return NULL;
	tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return NULL;
	if (tp->inet_conn.icsk_inet.sk.__sk_common.skc_state != TCP_LISTEN) {
		tuple_of_tcp_sock(tp, &t);
		return bpf_map_lookup_elem(&connections, &t);
	}
	if (egress || !p->segment.length)
		return NULL;
	p->tuple.netns = tp->inet_conn.icsk_inet.sk.__sk_common.skc_net.net->ns.inum;
	c = bpf_map_lookup_elem(&connections, &p->tuple);
	return c ? c : connection_create_early(&p->tuple, p->segment.seq, p->ack_seq, now);
}

static __always_inline int http_segment(struct __sk_buff *skb, int egress, __u32 window)
{
	struct packet p = {};
	struct walk k = {};
	int more = 0;

	if (!is_active() || packet_read(skb, &p))
		return 1;
	k.now = bpf_ktime_get_ns();
	k.c = connection_of_packet(skb, &p, egress, k.now);
	if (!k.c)
		return 1;
	k.d = egress == (k.c->reporter == REPORTER_DESTINATION) ? &k.c->direction[1]
								: &k.c->direction[0];
	k.segment = p.segment;
	k.reader.skb = skb;
	k.reader.base = p.payload;
	k.window = window;
	if (p.segment.length) {
		k.scratch = scratch_claim();
		if (!k.scratch) {
			connection_give_up(k.c, INEXACT_SCRATCH);
			return 1;
		}
		more = walk_message(&k);
		scratch_release(k.scratch);
	}
	if (more) {
		if (egress)
			bpf_tail_call(skb, &egress_continuation, 0);
		else
			bpf_tail_call(skb, &ingress_continuation, 0);
		connection_give_up(k.c, INEXACT_SEGMENT);
	}
	if (p.flags & (TCP_FLAG_FIN | TCP_FLAG_RST))
		walk_fin(&k, (p.flags & TCP_FLAG_FIN) &&
				     k.d->next_seq == p.segment.seq + p.segment.length);
	return 1;
}

SEC("cgroup_skb/ingress")
int http_ingress_more(struct __sk_buff *skb)
{
	return http_segment(skb, 0, WINDOW_MORE);
}

SEC("cgroup_skb/egress")
int http_egress_more(struct __sk_buff *skb)
{
	return http_segment(skb, 1, WINDOW_MORE);
}

SEC("cgroup_skb/ingress")
int http_ingress(struct __sk_buff *skb)
{
	return http_segment(skb, 0, WINDOW_FIRST);
}

SEC("cgroup_skb/egress")
int http_egress(struct __sk_buff *skb)
{
	return http_segment(skb, 1, WINDOW_FIRST);
}

/* Why an exchange that is in flight when its connection closes did not end (telemetry
 * specification 2.4). */
static __always_inline __u8 flag_at_close(const struct connection *c, const struct exchange *x,
					  int in_response)
{
	const struct direction *response = &c->direction[1];

	if (x->state & EXCHANGE_RESPONSE_DONE)
		return EXCHANGE_OK;
	if (in_response && response->parser.phase == HTTP1_TUNNEL)
		return EXCHANGE_OK;
	if (c->closer == CLOSER_CLIENT ||
	    (c->closer == CLOSER_NONE && c->reporter == REPORTER_SOURCE))
		return EXCHANGE_DC;
	return in_response ? EXCHANGE_UPE : EXCHANGE_UC;
}

/* In place, in the map's memory: what the branches do to registers or stack would multiply the
 * verifier's walk. */
static __always_inline void exchange_close(struct connection *c, struct exchange *x, __u64 now)
{
	struct direction *request = &c->direction[0], *response = &c->direction[1];
	int oldest = x->ordinal == c->first;
	int in_response = oldest && response->begun && response->parser.phase > HTTP1_HEADERS;

	x->flag = flag_at_close(c, x, in_response);
	if (!(x->state & EXCHANGE_REQUEST_DONE)) { /* only the newest */
		x->request_wire = request->position - request->message_start;
		x->request_body = request->parser.body;
	}
	if (x->state & EXCHANGE_RESPONSE_DONE)
		return;
	x->ended_ns = now;
	if (!oldest || !response->begun)
		return;
	x->response_wire = response->position - response->message_start;
	x->response_body = response->parser.body;
	if (response->parser.phase == HTTP1_TUNNEL) /* the tunnel's last byte, either way */
		x->ended_ns =
			response->last_ns > request->last_ns ? response->last_ns : request->last_ns;
}

static __always_inline void connection_closed(struct sock *sk)
{
	__u64 now = bpf_ktime_get_ns();
	struct connection *c;
	struct tuple t;
	__u32 pending;

	if (tuple_of_socket(sk, &t))
		return;
	c = bpf_map_lookup_elem(&connections, &t);
	if (!c)
		return;
	if (c->reporter == REPORTER_SOURCE)
		client_closed(&t);
	if (!c->dead && c->direction[0].begun && (c->direction[0].parser.flags & HTTP1_LINE_OK)) {
		bpf_spin_lock(&c->lock);
		exchange_push(c, &c->direction[0]);
		bpf_spin_unlock(&c->lock);
	}
	pending = c->next - c->first;
	if (c->inexact && pending > 1)
		count_inexact(INEXACT_FRAMING, pending - 1);
	for (__u32 i = 0; i < EXCHANGES; i++) {
		struct exchange *x;

		if (i >= pending || c->inexact)
			break;
		x = &c->ring[(c->first + i) & (EXCHANGES - 1)];
		exchange_close(c, x, now);
		sink_exchange(c, x);
	}
	if (!c->is_http)
		sink_tcp(c, now);
	bpf_map_delete_elem(&connections, &t);
	count_connections(-1);
}

static __always_inline void connection_refused(struct sock *sk)
{
	int error = BPF_CORE_READ(sk, sk_err);
	struct tuple t;

	if (error && !tuple_of_socket(sk, &t)) /* 0: the application gave up */
		sink_refused(&t, error, bpf_ktime_get_ns());
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(http_socket_state, struct sock *sk, int old_state, int new_state)
{
	struct tuple t;

	if (!is_active() || BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	if (new_state == TCP_ESTABLISHED)
		connection_established(sk, old_state == TCP_SYN_SENT ? REPORTER_SOURCE
								     : REPORTER_DESTINATION);
	else if (new_state == TCP_LISTEN && !tuple_of_socket(sk, &t))
		listener_opened(&t, workload_of_socket(sk));
	else if (new_state == TCP_CLOSE && old_state == TCP_LISTEN && !tuple_of_socket(sk, &t))
		listener_closed(&t);
	else if (new_state == TCP_CLOSE && old_state == TCP_SYN_SENT)
		connection_refused(sk);
	else if (new_state == TCP_CLOSE)
		connection_closed(sk);
	return 0;
}

/* Run once, after attaching: who listens already. Existing connections are not followed. */
SEC("iter/tcp")
int http_sockets(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;
	struct tuple t;

	if (!common || common->skc_state != TCP_LISTEN)
		return 0;
	if (!tuple_of_socket((struct sock *)common, &t))
		listener_opened(&t, workload_of_socket((struct sock *)common));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#endif
