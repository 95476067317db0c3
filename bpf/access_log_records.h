/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Records on their way into the ring. What makes one line goes whole or is counted as dropped. */
#ifndef MESHTAP_ACCESS_LOG_RECORDS_H
#define MESHTAP_ACCESS_LOG_RECORDS_H

#include "access_log_heads.h"
#include "access_log_process.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} records SEC(".maps");

/* By connection id, written by user space: a name must outlive the process. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct server_name);
} server_names SEC(".maps");

const volatile struct log_filter filter = { .sampling = 1, .tcp = 1 };

enum { REASON_FILTER, REASON_SAMPLING };

/* An interrupt to wake the reader costs more than all else: while it looks by itself, none. */
static __always_inline long record_send(void *record, __u64 size)
{
	struct log_state *state = log_state_get();
	int asleep = state && *(volatile __u64 *)&state->is_asleep;

	return bpf_ringbuf_output(&records, record, size,
				  asleep ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

static __always_inline void count_dropped(void)
{
	struct log_state *state = log_state_get();

	if (state)
		__sync_fetch_and_add(&state->dropped, 1);
}

static __always_inline void count_refused(int reason)
{
	struct log_state *state = log_state_get();

	if (state)
		__sync_fetch_and_add(
			reason == REASON_FILTER ? &state->filtered : &state->sampled_out, 1);
}

static __always_inline int is_sampled_out(void)
{
	if (filter.sampling >> 32 || bpf_get_prandom_u32() < filter.sampling)
		return 0;
	count_refused(REASON_SAMPLING);
	return 1;
}

/* Does the filter, or chance, not want the exchange? */
static __always_inline int is_refused(const struct exchange *x)
{
	__u32 word = (x->status & (FILTER_STATUS - 1)) / 64, flag = x->flag & (FILTER_FLAGS - 1);

	if (filter.status[flag][word] >> (x->status & 63) & 1)
		return is_sampled_out();
	count_refused(REASON_FILTER);
	return 1;
}

static __always_inline int is_tcp_refused(void)
{
	if (filter.tcp)
		return is_sampled_out();
	count_refused(REASON_FILTER);
	return 1;
}

static __always_inline void record_connection_fill(struct record_connection *r,
						   const struct connection *c)
{
	r->tuple = c->tuple;
	r->local_workload = c->local_workload;
	r->peer_workload = c->peer_workload;
	connection_endpoints(c, &r->local, &r->peer);
	r->reporter = c->reporter;
	r->rtt_us = 0;
	r->retransmits = 0;
	r->pid = c->pid;
	__builtin_memcpy(r->comm, c->comm, sizeof(r->comm));
}

/* At the window's front. */
static __always_inline void record_exchange_fill(const struct connection *c,
						 const struct exchange *x, struct scratch *s)
{
	struct record_exchange *r = (struct record_exchange *)s->window.bytes;

	r->header.type = RECORD_EXCHANGE;
	r->header.ordinal = x->ordinal;
	r->header.connection = c->id;
	record_connection_fill(&r->connection, c);
	r->connection.rtt_us = s->walk.rtt_us;
	r->connection.retransmits = s->walk.retransmits;
	r->exchange = *x;
	r->length = 0;
	r->reserved = 0;
}

/* A piece as it is. Verified once, as all that follow. Returns 0, or not: no room. */
__noinline int piece_send_in(__u64 connection, __u32 ordinal, __u32 response, __u32 index)
{
	struct head_key key = {
		.connection = connection, .ordinal = ordinal, .response = response, .index = index
	};
	struct head_piece *piece = bpf_map_lookup_elem(&heads, &key);
	__u64 length;

	if (!piece)
		return 0;
	length = piece->head.length;
	http1_hide(length);
	length &= 1023;
	if (length > HEAD_PIECE)
		length = HEAD_PIECE;
	return record_send(&piece->head, sizeof(piece->head) + length);
}

/* The head of a request that came as HTTP/1. */
static __always_inline int upgraded_pieces_send(const struct connection *c,
						const struct record_stream *r)
{
	__u32 request = r->h2.exchange.kept[REQUEST], ordinal = r->h2.upgraded - 1;

	if (request == KEPT_LOST)
		return 0;
	for (__u32 i = 0; i < HEAD_PIECES_MAX && i < request; i++)
		if (piece_send_in(c->id, ordinal, 0, i))
			return 1;
	return 0;
}

_Static_assert(sizeof(struct record_stream) <= sizeof(((struct scratch *)0)->record), "room");

/* Returns 0, or not: no room. */
static __always_inline long record_stream_send(const struct connection *c, struct scratch *s)
{
	struct record_stream *r = (struct record_stream *)s->record;

	r->header.type = RECORD_STREAM;
	r->header.ordinal = s->stream.h2.exchange.ordinal;
	r->header.connection = c->id;
	record_connection_fill(&r->connection, c);
	r->connection.rtt_us = s->walk.rtt_us;
	r->connection.retransmits = s->walk.retransmits;
	r->h2 = s->stream.h2;
	if (r->h2.upgraded && upgraded_pieces_send(c, r))
		return -1;
	return record_send(r, sizeof(*r));
}

/* It has no line: what user space keeps of it can go. */
static __always_inline void record_stream_skip(const struct connection *c, const struct scratch *s)
{
	struct record_header r = { .type = RECORD_STREAM,
				   .ordinal = s->stream.h2.exchange.ordinal,
				   .connection = c->id };

	record_send(&r, sizeof(r));
}

/* Of scratch.stream. Verified once. */
__noinline int record_stream_in(__u32 slot)
{
	struct scratch *s = scratch_at(slot);
	struct connection *c;

	if (!s)
		return 0;
	c = bpf_map_lookup_elem(&connections, &s->walk.tuple);
	if (!c)
		return 0;
	if (is_sampled_out())
		record_stream_skip(c, s);
	else if (record_stream_send(c, s))
		count_dropped();
	return 0;
}

/* The pieces, but a request's only one. */
static __always_inline int pieces_send(const struct record_exchange *r)
{
	__u32 request = r->exchange.kept[REQUEST], response = r->exchange.kept[RESPONSE];

	if (request > 1 && request != KEPT_LOST)
		for (__u32 i = 0; i < HEAD_PIECES_MAX && i < request; i++)
			if (piece_send_in(r->header.connection, r->header.ordinal, 0, i))
				return 1;
	if (response != KEPT_LOST)
		for (__u32 i = 0; i < HEAD_PIECES_MAX && i < response; i++)
			if (piece_send_in(r->header.connection, r->header.ordinal, 1, i))
				return 1;
	return 0;
}

/* The record that stands at the window's front, with the request's head, if that is one piece. */
static __always_inline int exchange_send(struct record_exchange *r)
{
	struct head_key key = { .connection = r->header.connection, .ordinal = r->header.ordinal };
	struct head_piece *piece = NULL;
	__u64 length;

	if (r->exchange.kept[REQUEST] == 1)
		piece = bpf_map_lookup_elem(&heads, &key);
	if (!piece)
		return record_send(r, sizeof(*r));
	length = piece->head.length;
	http1_hide(length);
	length &= 1023;
	if (length > HEAD_PIECE)
		length = HEAD_PIECE;
	r->length = length;
	*(struct record_exchange *)piece = *r;
	return record_send(piece, sizeof(*r) + length);
}

__noinline int record_exchange_send_in(__u32 slot)
{
	struct scratch *s = scratch_at(slot);
	struct record_exchange *r;

	if (!s)
		return 0;
	r = (struct record_exchange *)s->window.bytes;
	if (!is_refused(&r->exchange) && (pieces_send(r) || exchange_send(r)))
		count_dropped();
	if (r->exchange.kept[REQUEST])
		head_drop_in(r->header.connection, r->header.ordinal, 0, r->exchange.kept[REQUEST]);
	if (r->exchange.kept[RESPONSE])
		head_drop_in(r->header.connection, r->header.ordinal, 1,
			     r->exchange.kept[RESPONSE]);
	return 0;
}

/* The window's bytes, which a sink has for itself until the next ones are loaded. Returns 0, or
 * not: no room. */
static __always_inline int record_hello_send(const struct connection *c, struct http1_window *w,
					     __u32 length, __u8 index)
{
	struct record_head *r =
		(struct record_head *)(w->bytes + HTTP1_START - sizeof(struct record_head));

	r->header.type = RECORD_HELLO;
	r->header.ordinal = 0;
	r->header.connection = c->id;
	r->length = length;
	r->index = index;
	r->side = 0;
	r->reserved = 0;
	http1_hide(length);
	length = ((length - 1) & (HTTP1_WINDOW - 1)) + 1;
	return record_send(r, sizeof(*r) + length) ? -1 : 0;
}

/* Nobody will ask for it any more. */
static __always_inline void server_name_forget(const struct connection *c)
{
	__u64 id = c->id;

	if (c->hello)
		bpf_map_delete_elem(&server_names, &id);
}

/* sk: NULL: the connection lives. */
static __always_inline void record_tcp_send(const struct connection *c, const struct sock *sk,
					    __u64 now)
{
	const struct tcp_sock *tp = (const struct tcp_sock *)sk;
	struct record_tcp r = {};

	r.header.type = RECORD_TCP;
	r.header.connection = c->id;
	record_connection_fill(&r.connection, c);
	if (sk) {
		r.connection.rtt_us = BPF_CORE_READ(tp, srtt_us) >> 3;
		r.connection.retransmits = BPF_CORE_READ(tp, total_retrans);
	}
	r.is_open = !sk;
	r.hello = c->hello;
	r.started_ns = c->opened_ns;
	r.ended_ns = now;
	r.received = c->direction[REQUEST].position;
	r.sent = c->direction[RESPONSE].position;
	if (!record_send(&r, sizeof(r)))
		return;
	count_dropped();
	if (sk)
		server_name_forget(c);
}

static __always_inline void record_refused_send(const struct sock *sk, const struct tuple *t,
						const struct process *p, __u32 error, __u64 now)
{
	const struct tcp_sock *tp = (const struct tcp_sock *)sk;
	struct record_tcp r = {};

	r.header.type = RECORD_TCP;
	r.header.connection = now << 8 | (bpf_get_smp_processor_id() & 0xff);
	r.connection.tuple = *t;
	r.connection.local_workload = workload_of_socket(sk);
	endpoint_of(t->local_addr, 0, &r.connection.local);
	endpoint_of(t->remote_addr, t->remote_port, &r.connection.peer);
	r.connection.reporter = REPORTER_SOURCE;
	r.connection.retransmits = BPF_CORE_READ(tp, total_retrans);
	r.connection.pid = p->pid;
	__builtin_memcpy(r.connection.comm, p->comm, sizeof(r.connection.comm));
	r.error = error;
	r.started_ns = p->started_ns ? p->started_ns : now;
	r.ended_ns = now;
	if (record_send(&r, sizeof(r)))
		count_dropped();
}

#endif
