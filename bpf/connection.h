/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Layer 1: which connection a segment belongs to, its direction and role. State is keyed by the
 * tuple, because data that comes with the handshake's last ACK is filtered with the listener's
 * socket. The hash never evicts: a connection for which there is no room is counted as untracked,
 * never followed by half.
 */
#ifndef MESHTAP_CONNECTION_H
#define MESHTAP_CONNECTION_H

#include "exchange.h"
#include "http1.h"
#include "peer.h"
#include "series.h"
#include "tuple.h"
#include "workload.h"

#define EXCHANGES 16   /* requests in flight on one connection; a power of two */
#define EARLY_MAX 4096 /* connections whose first data came before their socket */

enum closer {
	CLOSER_NONE,
	CLOSER_CLIENT,
	CLOSER_SERVER,
};

/* One direction's place in its byte stream. Written by one program at a time: whoever holds busy.
 */
struct direction {
	__u64 position;	     /* stream bytes passed */
	__u64 message_start; /* position of the message's first byte */
	__u64 started_ns;
	__u64 last_ns;
	__u32 next_seq;
	__u8 busy;
	__u8 begun;  /* message_start and started_ns are set */
	__u8 pushed; /* request: its exchange was made by an early response */
	__u8 orphan; /* response: to no request */
	struct http1_parser parser;
};

struct connection {
	struct bpf_spin_lock lock;
	__u32 reporter; /* enum reporter: source = the client's end */
	__u64 id;
	__u64 opened_ns;
	__u64 local_workload;
	__u64 peer_workload;
	struct tuple tuple;
	__u32 first; /* ordinal of the oldest exchange in flight */
	__u32 next;  /* ordinal of the next one */
	__u8 closer; /* whose FIN or RST came first */
	__u8 is_http;
	__u8 dead;    /* not HTTP, or inexact: only bytes are counted */
	__u8 inexact; /* declared: what is in flight is not reported */
	__u8 refused; /* the server refused CONNECT: the request direction is HTTP again */
	__u8 early;   /* made from a listener's segment, not yet ESTABLISHED */
	__u8 reserved[2];
	struct direction direction[2]; /* request, response */
	struct exchange ring[EXCHANGES];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct tuple);
	__type(value, struct connection);
} connections SEC(".maps");

/*
 * Zero, always: too large for the stack, and inserting needs a source. Bytes, because a value with
 * a lock cannot be a helper's argument.
 */
struct blank_connection {
	__u8 bytes[sizeof(struct connection)];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct blank_connection);
} blank_connection SEC(".maps");

/* Early connections by the time they were made; user space removes those that never were
 * established. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, EARLY_MAX);
	__type(key, struct tuple);
	__type(value, __u64);
} early_connections SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct http_health);
} health SEC(".maps");

static __always_inline struct http_health *health_counters(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&health, &zero);
}

static __always_inline void count_inexact(enum inexact_reason reason, __u64 n)
{
	struct http_health *h = health_counters();

	if (h)
		__sync_fetch_and_add(&h->inexact[reason], n);
}

static __always_inline void count_connections(__s64 n)
{
	struct http_health *h = health_counters();

	if (h)
		__sync_fetch_and_add(&h->connections, n);
}

static __always_inline struct connection *connection_create(const struct tuple *t, __u64 now)
{
	__u32 zero = 0;
	struct blank_connection *blank = bpf_map_lookup_elem(&blank_connection, &zero);
	struct http_health *h;
	struct connection *c;

	if (!blank)
		return NULL;
	if (bpf_map_update_elem(&connections, t, blank, BPF_NOEXIST)) {
		h = health_counters();
		if (h)
			__sync_fetch_and_add(&h->untracked, 1);
		return NULL;
	}
	count_connections(1);
	c = bpf_map_lookup_elem(&connections, t);
	if (!c)
		return NULL;
	c->id = now << 8 | (bpf_get_smp_processor_id() & 0xff);
	c->opened_ns = now;
	c->tuple = *t;
	c->direction[1].parser.response = 1;
	return c;
}

/* Data of the handshake's last ACK, on the listener's socket: we are the server, its first byte is
 * at seq. */
static __always_inline struct connection *connection_create_early(const struct tuple *t, __u32 seq,
								  __u32 ack_seq, __u64 now)
{
	struct connection *c;

	if (bpf_map_update_elem(&early_connections, t, &now, BPF_NOEXIST))
		return NULL;
	c = connection_create(t, now);
	if (!c) {
		bpf_map_delete_elem(&early_connections, t);
		return NULL;
	}
	c->early = 1;
	c->reporter = REPORTER_DESTINATION;
	c->direction[0].next_seq = seq;
	c->direction[1].next_seq = ack_seq;
	return c;
}

/* At ESTABLISHED, from the tracepoint. */
static __always_inline void connection_established(struct sock *sk, enum reporter reporter)
{
	__u64 now = bpf_ktime_get_ns(), workload = workload_of_socket(sk), peer;
	struct tcp_sock *tp = (struct tcp_sock *)sk;
	struct connection *c;
	struct tuple t;
	int client = reporter == REPORTER_SOURCE;

	if (tuple_of_socket(sk, &t))
		return;
	peer = client ? peer_of_client(&t, workload) : peer_of_server(&t);
	c = bpf_map_lookup_elem(&connections, &t);
	if (!c || !c->early) {
		if (c) { /* a connection of the same tuple whose end was not seen */
			bpf_map_delete_elem(&connections, &t);
			count_connections(-1);
		}
		c = connection_create(&t, now);
		if (!c)
			return;
		c->direction[client ? 0 : 1].next_seq = BPF_CORE_READ(tp, snd_nxt);
		c->direction[client ? 1 : 0].next_seq = BPF_CORE_READ(tp, rcv_nxt);
	} else {
		c->early = 0;
		bpf_map_delete_elem(&early_connections, &t);
	}
	c->reporter = reporter;
	c->local_workload = workload;
	c->peer_workload = peer;
}

#endif
