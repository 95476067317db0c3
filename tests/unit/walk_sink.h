/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The HTTP collectors' programs in user space, with a sink that writes down what it is given. */
#ifndef MESHTAP_WALK_SINK_H
#define MESHTAP_WALK_SINK_H

#include "bpf_user.h"
#include "kernel_types.h"
#include "control.h"
#include "connection.h"
#include "record.h"
#include "sink_record.h"
#include "sink_http2.h"

#define SINK_EXCHANGES	 512
#define SINK_HEADS	 128 /* exchanges in flight at most; a power of two */
#define SINK_CONNECTIONS 4

/* What is not yet an exchange. */
struct sink_connection {
	__u64 id;
	struct sink_text heads[SINK_HEADS][2];
	__u32 gone_from, gone; /* nothing may be heard of what is from here on up to there */
};

static struct {
	struct sink_record exchanges[SINK_EXCHANGES];
	__u32 count;
	struct sink_connection connections[SINK_CONNECTIONS];
	__u32 tcp; /* connections that were not HTTP */
	__u64 tcp_received, tcp_sent;
	int wants_hello;
	__u8 hello_pieces;
	struct sink_text hello; /* of all connections */
	__u32 refused;		/* connect() that failed */
	__u32 refused_error;
} sink;

static inline struct sink_connection *sink_connection(const struct connection *c)
{
	for (int i = 0; i < SINK_CONNECTIONS; i++) {
		struct sink_connection *known = &sink.connections[i];

		if (!known->id)
			known->id = c->id;
		if (known->id == c->id)
			return known;
	}
	user_fail(__func__, "more than SINK_CONNECTIONS");
	return NULL;
}

static inline void sink_head(const struct connection *c, struct direction *d, struct scratch *s)
{
	const struct head *head = &s->walk.head;
	struct sink_text *t =
		&sink_connection(c)->heads[head->ordinal & (SINK_HEADS - 1)][head->response];

	user_helper(__func__);
	if (head->from > sizeof(s->window.bytes) ||
	    head->length > sizeof(s->window.bytes) - head->from)
		user_fail(__func__, "beyond the window");
	if (!head->offset)
		memset(t, 0, sizeof(*t)); /* what was kept in vain */
	text_add(t, head->offset, s->window.bytes + head->from, head->length);
}

/* As a sink that keeps heads does: what has its place by now is left alone. */
static inline int sink_whole_head(const struct connection *c, struct scratch *s)
{
	const struct head *head = &s->walk.head;
	struct sink_text *t =
		&sink_connection(c)->heads[head->ordinal & (SINK_HEADS - 1)][head->response];

	user_helper(__func__);
	if (head->offset || !head->ends)
		user_fail(__func__, "not whole");
	if (t->length)
		return -1;
	sink_head(c, NULL, s);
	user_may_interrupt();
	return 1;
}

static inline void sink_whole_head_vain(const struct connection *c, struct scratch *s)
{
	const struct head *head = &s->walk.head;

	user_helper(__func__);
	if ((__s32)(c->kept_from - head->ordinal) > 0)
		memset(&sink_connection(c)->heads[head->ordinal & (SINK_HEADS - 1)][head->response],
		       0, sizeof(struct sink_text));
}

static inline void sink_trailers(const struct connection *c, struct direction *d, struct scratch *s)
{
	user_helper(__func__);
}

static inline void sink_exchange(const struct connection *c, const struct exchange *x,
				 struct scratch *s)
{
	struct sink_connection *known = sink_connection(c);
	struct sink_text *heads = known->heads[x->ordinal & (SINK_HEADS - 1)];
	struct sink_record *r = &sink.exchanges[sink.count++];

	user_helper(__func__);
	if (sink.count > SINK_EXCHANGES)
		user_fail(__func__, "more than SINK_EXCHANGES");
	if (x->ordinal >= known->gone_from && x->ordinal < known->gone)
		user_fail(__func__, "an exchange that was said to be gone");
	r->exchange = *x;
	r->reporter = c->reporter;
	r->local_workload = c->local_workload;
	r->peer_workload = c->peer_workload;
	memcpy(r->head, heads, sizeof(r->head));
	memset(heads, 0, sizeof(r->head));
}

/* The heads from c->kept_from on up to ordinal belong to nothing. */
static inline void sink_gone(const struct connection *c, __u32 ordinal)
{
	struct sink_connection *known = sink_connection(c);

	user_helper(__func__);
	if (c->kept_from > known->gone)
		known->gone_from = known->gone = c->kept_from;
	for (; known->gone < ordinal; known->gone++)
		memset(known->heads[known->gone & (SINK_HEADS - 1)], 0, sizeof(known->heads[0]));
}

/* The head belongs to nothing. */
static inline void sink_skipped(const struct connection *c, const struct direction *d)
{
	struct sink_connection *known = sink_connection(c);

	user_helper(__func__);
	memset(&known->heads[c->next & (SINK_HEADS - 1)][REQUEST], 0, sizeof(struct sink_text));
}

static inline __u32 sink_host(const struct http1_parser *p)
{
	return 0;
}

static inline int sink_wants_hello(const struct connection *c)
{
	return sink.wants_hello;
}

static inline int sink_hello(const struct connection *c, struct http1_window *w, __u32 length,
			     __u8 index)
{
	user_helper(__func__);
	if (index != sink.hello_pieces++)
		user_fail(__func__, "pieces are not in order");
	text_add(&sink.hello, sink.hello.length, w->bytes + HTTP1_START, length);
	return 0;
}

static inline void sink_tcp(const struct connection *c, const struct sock *sk, __u64 now)
{
	user_helper(__func__);
	sink.tcp++;
	sink.tcp_received += c->direction[0].position;
	sink.tcp_sent += c->direction[1].position;
}

static inline void sink_connecting(const struct sock *sk)
{
	user_helper(__func__);
}

static inline void sink_listening(const struct tuple *t)
{
	user_helper(__func__);
}

static inline void sink_opened(const struct connection *c, const struct sock *sk)
{
	user_helper(__func__);
}

static inline void sink_segment(struct walk *k, const struct tcp_sock *tp)
{
	user_helper(__func__);
}

static inline void sink_closing(struct walk *k, const struct tcp_sock *tp)
{
	user_helper(__func__);
}

static inline void sink_refused(const struct sock *sk, const struct tuple *t, __u32 error,
				__u64 now)
{
	user_helper(__func__);
	if (!error)
		return;
	sink.refused++;
	sink.refused_error = error;
}

#include "http_programs.h"
#include "programs_state.h"

/* Everything as after a load. */
static inline void sink_reset(void)
{
	user_maps_reset();
	user_free_deleted();
	memset(&sink, 0, sizeof(sink));
	sink_http2_reset();
	user_interrupt = NULL;
	user_cpu = 0;
	user_now = 1000000;
}

#endif
