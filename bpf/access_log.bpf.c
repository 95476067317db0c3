// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Requests that ended, and connections that were not HTTP, through a ring to user space. */
#define HTTP1_KEEPS
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "access_log.h"
#include "connection.h"
#include "access_log_heads.h"
#include "access_log_process.h"
#include "access_log_records.h"
#include "scratch.h"

const volatile __u32 reporters = 3; /* settings.reporters: bit reporter - 1 */
const volatile __u32 wants_hello = 1;
const volatile __u32 wants_response_head = 1;

static __always_inline int is_wanted(const struct connection *c)
{
	return reporters >> (c->reporter - 1) & 1;
}

/* A response's head that is here whole is not kept when no header of it is wanted. */
static __always_inline void sink_head(const struct connection *c, struct direction *d,
				      struct scratch *s)
{
	const struct head *head = &s->walk.head;
	int is_whole = head->ends && !d->head_open;

	d->head_open = !head->ends;
	if (!is_wanted(c) || (head->response && !wants_response_head))
		return;
	if (head->response && is_whole && !s->window.kept.headers)
		return;
	head_key_set(c, &s->window, head->ordinal, head->response, d->kept);
	head_kept(c, d, head->ordinal, head->response, head_lines_in(s->window.slot));
}

static __always_inline int sink_whole_head(const struct connection *c, struct scratch *s)
{
	const struct head *head = &s->walk.head;

	if (!is_wanted(c) || (head->response && (!wants_response_head || !s->window.kept.headers)))
		return 0;
	head_key_set(c, &s->window, head->ordinal, head->response, 0);
	return head_whole_in(s->window.slot);
}

/* Whoever else was at the segment may have the piece by now. If not, nobody will ask for it. */
static __always_inline void sink_whole_head_vain(const struct connection *c, struct scratch *s)
{
	const struct head *head = &s->walk.head;

	if (c->closed || (__s32)(*(volatile __u32 *)&c->kept_from - head->ordinal) > 0)
		head_drop_in(c->id, head->ordinal, head->response, 1);
}

static __always_inline void sink_trailers(const struct connection *c, struct direction *d,
					  struct scratch *s)
{
	struct http1_window *w = &s->window;

	if (!is_wanted(c))
		return;
	head_key_set(c, w, c->first, 1, d->kept);
	head_kept(c, d, c->first, 1,
		  head_keep_all_in(w->slot, HTTP1_NAMES_TRAILER, w->kept.from,
				   w->kept.to - w->kept.from));
}

static __always_inline void sink_gone(struct connection *c, __u32 ordinal)
{
	heads_drop_in(c->id, c->kept_from, ordinal);
	c->kept_from = ordinal;
}

static __always_inline void sink_skipped(const struct connection *c, const struct direction *d)
{
	if (is_wanted(c) && d->kept)
		head_drop_in(c->id, c->next, 0, HEAD_PIECES_MAX);
}

static __always_inline void sink_exchange(struct connection *c, const struct exchange *x,
					  struct scratch *s)
{
	c->kept_from = x->ordinal + 1;
	if (!is_wanted(c))
		return;
	record_exchange_fill(c, x, s);
	record_exchange_send_in(s->window.slot);
}

static __always_inline void sink_block(const struct connection *c, struct record_block *r,
				       __u64 size)
{
	if (is_wanted(c))
		record_send(r, size);
}

static __always_inline void sink_stream(const struct connection *c, struct scratch *s)
{
	if (is_wanted(c))
		record_stream_in(s->window.slot);
}

static __always_inline void sink_http2_gone(const struct connection *c)
{
	struct record_header r = { .type = RECORD_GONE, .connection = c->id };

	if (is_wanted(c))
		record_send(&r, sizeof(r));
}

static __always_inline __u32 sink_host(const struct http1_parser *p)
{
	return 0;
}

static __always_inline int sink_wants_hello(const struct connection *c)
{
	return wants_hello && filter.tcp && is_wanted(c);
}

static __always_inline int sink_hello(const struct connection *c, struct http1_window *w,
				      __u32 length, __u8 index)
{
	return record_hello_send(c, w, length, index);
}

static __always_inline void sink_tcp(const struct connection *c, const struct sock *sk, __u64 now)
{
	if (is_wanted(c) && !is_tcp_refused())
		record_tcp_send(c, sk, now);
	else
		server_name_forget(c);
}

static __always_inline void sink_connecting(const struct sock *sk)
{
	process_connects(sk);
}

static __always_inline void sink_opened(struct connection *c, const struct sock *sk)
{
	process_of_connection(c, sk);
}

static __always_inline void sink_refused(const struct sock *sk, const struct tuple *t, __u32 error,
					 __u64 now)
{
	struct process p = {};

	process_take(sk, &p);
	if (error && (reporters & 1) && !is_tcp_refused())
		record_refused_send(sk, t, &p, error, now);
}

static __always_inline void sink_listening(const struct tuple *t)
{
	process_listens(t);
}

static __always_inline void sink_segment(struct walk *k, const struct tcp_sock *tp)
{
	k->rtt_us = tp->srtt_us >> 3;
	k->retransmits = tp->total_retrans;
}

/* Tracepoint programs read so from a struct sock. */
static __always_inline void sink_closing(struct walk *k, const struct tcp_sock *tp)
{
	k->rtt_us = BPF_CORE_READ(tp, srtt_us) >> 3;
	k->retransmits = BPF_CORE_READ(tp, total_retrans);
}

#include "http_programs.h"
#include "access_log_intervals.h"
