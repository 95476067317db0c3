/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A connection's end: what is in flight ends with it. */
#ifndef MESHTAP_CLOSE_H
#define MESHTAP_CLOSE_H

#include "connection_make.h"
#include "http2_close.h"
#include "left_out.h"

/* Why an exchange that is in flight when its connection closes did not end (telemetry
 * specification 2.4). */
static __always_inline __u8 flag_at_close(const struct connection *c, const struct exchange *x,
					  int in_response)
{
	const struct direction *response = &c->direction[RESPONSE];

	if ((x->state & EXCHANGE_RESPONSE_DONE) || x->flag != EXCHANGE_OK)
		return x->flag;
	if (in_response &&
	    (response->parser.phase == HTTP1_TUNNEL ||
	     (response->parser.phase == HTTP1_UNTIL_CLOSE && sequence_is_at_end(response))))
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
	struct direction *request = &c->direction[REQUEST], *response = &c->direction[RESPONSE];
	int oldest = x->ordinal == c->first, begun = response->begun && !response->stale;
	int in_response = oldest && begun && response->parser.phase > HTTP1_HEADERS;

	x->flag = flag_at_close(c, x, in_response);
	if (!(x->state & EXCHANGE_REQUEST_DONE)) { /* only the newest */
		x->request_wire = request->position - request->message_start;
		x->request_body = request->parser.body;
		if (request->kept > x->kept[REQUEST]) /* a tunnel's request was reset at its end */
			x->kept[REQUEST] = request->kept;
	}
	if (x->state & EXCHANGE_RESPONSE_DONE)
		return;
	x->ended_ns = now;
	if (!oldest || !begun)
		return;
	x->response_wire = response->position - response->message_start;
	x->response_body = response->parser.body;
	x->kept[RESPONSE] = response->kept;
	if (x->flag == EXCHANGE_OK)
		x->ended_ns = response->last_ns;
	if (response->parser.phase == HTTP1_TUNNEL && request->last_ns > response->last_ns)
		x->ended_ns = request->last_ns; /* the tunnel's last byte, either way */
}

/* Unseen bytes that end the message: when is not known. */
static __always_inline int direction_ends_with(const struct direction *d, __u32 missing)
{
	return (d->parser.phase == HTTP1_BODY || d->parser.phase == HTTP1_FRAMES) &&
	       missing == d->parser.skip;
}

/* TCP's count of a direction against ours: what it carried to its end (a FIN counts as one byte).
 */
static __always_inline void direction_settle(struct connection *c, struct direction *d, __u32 end,
					     int egress)
{
	__s32 missing = end - d->next_seq;

	if (d->has_fin && d->fin_seq + 1 == end)
		missing--;
	if (!d->started || missing == 0)
		return;
	if (missing < 0 && sequence_is_bulk(c, d, egress)) {
		/* jumped over a hole that never filled */
		d->position += missing;
		d->parser.body += missing;
	} else if (missing > 0 && (__u32)missing <= http1_passable(&d->parser) &&
		   !direction_ends_with(d, missing)) {
		d->position += missing;
		http1_pass(&d->parser, missing);
	} else if (missing > 0 && !d->unsynced && !is_searched(c, egress)) {
		c->missed |= egress ? MISSED_SENT : MISSED_RECEIVED;
	}
}

/* Nobody knows how the exchanges in flight ended. */
static __always_inline void exchanges_declare(struct connection *c)
{
	__u32 n = exchanges_drop(c);

	if (!n && c->missed)
		n = 1;
	if (c->is_http)
		count_inexact(c->missed ? INEXACT_HOLE : c->lost_reason, n);
	else if (c->pickup == PICKUP_TRY)
		count_inexact(INEXACT_OLDER, n);
	sink_gone(c, c->next + 1);
}

/*
 * What remains to be known before exchanges are closed. Without the lock, which tracepoint programs
 * do not have on Linux 5.10: no segment follows the last state. Returns how many there are to
 * close.
 */
static __always_inline __u32 connection_settle(struct connection *c, const struct sock *sk)
{
	const struct tcp_sock *tp = (const struct tcp_sock *)sk;
	struct direction *request = &c->direction[REQUEST];
	int client = c->reporter == REPORTER_SOURCE;

	if (c->dead) {
		request->parser.phase = HTTP1_DEAD;
		c->direction[RESPONSE].parser.phase = HTTP1_DEAD;
	}
	direction_settle(c, &c->direction[client ? REQUEST : RESPONSE], BPF_CORE_READ(tp, snd_nxt),
			 1);
	direction_settle(c, &c->direction[client ? RESPONSE : REQUEST], BPF_CORE_READ(tp, rcv_nxt),
			 0);
	if (c->dead || c->h2)
		return 0;
	if (c->missed || (c->replay_due && c->stashed) || c->pickup == PICKUP_TRY) {
		exchanges_declare(c);
		return 0;
	}
	if (request->begun && !request->stale && (request->parser.flags & HTTP1_LINE_OK))
		connection_declare(c, exchange_push(c, request, deep_ring_of(c, 1)));
	if (c->skipped)
		count_inexact(INEXACT_PIPELINE, c->skipped);
	return c->next - c->first;
}

/* The i-th exchange in flight. Verified once. Returns 1 when there may be another. */
__noinline int close_in(__u32 slot, __u32 i)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &slot);
	struct deep_ring *deep;
	struct connection *c;
	struct exchange *x;
	int is_broken;

	if (!s)
		return 0;
	c = bpf_map_lookup_elem(&connections, &s->walk.tuple);
	if (!c || c->next - c->first <= i)
		return 0;
	deep = deep_ring_of(c, 0);
	x = exchange_at(c, deep, c->first + i);
	is_broken = x->flag == EXCHANGE_UPE;
	exchange_close(c, x, s->walk.now);
	sink_exchange(c, x, s);
	/* After an answer that could not be understood nobody knows what was answered. */
	if (!is_broken || c->next - c->first - i <= 1)
		return 1;
	count_inexact(INEXACT_FRAMING, c->next - c->first - i - 1);
	sink_gone(c, c->next);
	return 0;
}

static __always_inline void exchanges_close(struct connection *c, const struct sock *sk,
					    __u32 pending, __u64 now)
{
	struct scratch *s;

	if (!pending)
		return;
	s = scratch_claim();
	if (!s) {
		count_inexact(INEXACT_SCRATCH, pending);
		sink_gone(c, c->next);
		return;
	}
	s->walk.tuple = c->tuple;
	s->walk.now = now;
	sink_closing(&s->walk, (const struct tcp_sock *)sk);
	for (__u32 i = 0; i < EXCHANGES_MAX; i++)
		if (!close_in(s->window.slot, i))
			break;
	scratch_release(s);
}

/* Takes the connection and all it has out of the maps. */
static __always_inline void connection_remove(struct connection *c, const struct tuple *t)
{
	__u64 id = c->id;

	if (c->client_key)
		client_forget(c->client_key);
	if (c->early)
		bpf_map_delete_elem(&early_connections, t);
	if (c->has_stash)
		stash_drop(id);
	if (c->h2)
		http2_remove(c);
	if (c->has_deep)
		bpf_map_delete_elem(&deep_rings, &id);
	if (!bpf_map_delete_elem(&connections, t))
		count_connections(-1);
}

/* What never proved to be HTTP, whole or in part. */
static __always_inline void connection_end_tcp(struct connection *c, const struct sock *sk,
					       __u64 now)
{
	if (c->early || (c->older && !c->looks_http))
		return;
	if (c->undeclared)
		count_inexact(c->lost_reason, c->undeclared);
	else if (!c->older)
		sink_tcp(c, sk, now);
}

/* in_handshake: when two CPUs make a socket of the same request, the one that comes second is
 * closed unused; only a Fast Open socket can have carried data by then. */
static __always_inline void connection_closed(struct sock *sk, int in_handshake)
{
	__u64 now = bpf_ktime_get_ns();
	struct connection *c;
	struct tuple t;

	if (tuple_of_socket(sk, &t))
		return;
	c = bpf_map_lookup_elem(&connections, &t);
	if (!c)
		connection_unfollowed(sk);
	if (!c || (in_handshake && !(c->early && c->direction[REQUEST].started)))
		return;
	*(volatile __u8 *)&c->closed =
		1; /* what ingress programs are still at is not reported again */
	if (c->undecided)
		connection_decide(c);
	exchanges_close(c, sk, connection_settle(c, sk), now);
	if (c->h2)
		http2_close(c, sk, now);
	if (!c->is_http)
		connection_end_tcp(c, sk, now);
	/* a head whose end never came, or that became a stream's and is not reported */
	if (c->direction[REQUEST].begun || c->skipped || c->h2 == H2_UPGRADED)
		sink_gone(c, c->next + 1);
	connection_remove(c, &t);
}

/* Its data came with the handshake, and it is not to be followed, or was refused (Fast Open). */
static __always_inline void connection_forget_early(const struct tuple *t)
{
	struct connection *c = bpf_map_lookup_elem(&connections, t);

	if (!c || !c->early)
		return;
	sink_gone(c, c->next + 1);
	connection_remove(c, t);
}

/* At ESTABLISHED. Data may have come before: see early_in(). */
static __always_inline void connection_established(struct sock *sk, enum reporter reporter)
{
	struct connection *c;
	struct tuple t;

	if (tuple_of_socket(sk, &t))
		return;
	if (!connection_is_selected(sk, &t, reporter == REPORTER_SOURCE)) {
		connection_unselected(sk, &t, reporter == REPORTER_SOURCE);
		connection_forget_early(&t);
		socket_leave_out(sk);
		sink_refused(sk, &t, 0, 0);
		return;
	}
	socket_take_in(sk);
	c = bpf_map_lookup_elem(&connections, &t);
	if (c && !c->early) { /* a connection of the same tuple whose end was not seen */
		exchanges_declare(c);
		connection_remove(c, &t);
		c = NULL;
	}
	if (!c) {
		connection_create(sk, &t, reporter);
		c = bpf_map_lookup_elem(&connections, &t);
	}
	if (!c) { /* untracked */
		sink_refused(sk, &t, 0, 0);
		return;
	}
	sink_opened(c, sk);
	if (!c->early)
		return;
	bpf_map_delete_elem(&early_connections, &t);
	connection_describe(c, sk);
	c->early = 0;
	c->replay_due = 1;
}

/* A connect() that failed, or was given up. */
static __always_inline void connection_refused(struct sock *sk)
{
	int error = BPF_CORE_READ(sk, sk_err);
	struct tuple t;

	if (tuple_of_socket(sk, &t))
		return;
	connection_forget_early(&t);
	if (!connection_is_selected(sk, &t, 1))
		error = 0;
	sink_refused(sk, &t, error, bpf_ktime_get_ns()); /* error 0: the application gave up */
}

#endif
