/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The exchanges in flight on a connection, first in, first out. The first few live in the
 * connection; a client that pipelines deeper gets a ring of its own, for the rest of the
 * connection. Requests that find no room even there are only counted: see exchange_skip().
 */
#ifndef MESHTAP_PENDING_H
#define MESHTAP_PENDING_H

#include "connection.h"

#define EXCHANGES_MAX 64 /* a power of two */

struct deep_ring {
	struct exchange ring[EXCHANGES_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, __u64); /* connection id */
	__type(value, struct deep_ring);
} deep_rings SEC(".maps");

/* Zero, always: the source of new entries. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct deep_ring);
} blank_ring SEC(".maps");

/* The connection's deep ring, made when it may be needed; NULL: none. Call before taking the lock:
 * helpers cannot be called under it. */
static __always_inline struct deep_ring *deep_ring_of(struct connection *c, int may_push)
{
	struct deep_ring *blank;
	__u64 id = c->id;
	__u32 zero = 0;

	if (c->is_deep)
		return bpf_map_lookup_elem(&deep_rings, &id);
	if (!may_push || c->next - c->first < EXCHANGES_INLINE)
		return NULL;
	blank = bpf_map_lookup_elem(&blank_ring, &zero);
	if (!blank)
		return NULL;
	bpf_map_update_elem(&deep_rings, &id, blank, BPF_NOEXIST);
	c->has_deep = 1;
	return bpf_map_lookup_elem(&deep_rings, &id);
}

/* Call under the lock. */
static __always_inline struct exchange *exchange_at(struct connection *c, struct deep_ring *deep,
						    __u32 ordinal)
{
	if (deep && c->is_deep && (__s32)(ordinal - c->deep_from) >= 0)
		return &deep->ring[ordinal & (EXCHANGES_MAX - 1)];
	return &c->ring[ordinal & (EXCHANGES_INLINE - 1)];
}

/* Room for one more? Call under the lock. */
static __always_inline int exchange_has_room(struct connection *c, struct deep_ring *deep)
{
	__u32 pending = c->next - c->first;

	if (c->skipped || pending >= EXCHANGES_MAX)
		return 0;
	if (c->is_deep || pending < EXCHANGES_INLINE)
		return !c->is_deep || deep;
	if (!deep)
		return 0;
	c->is_deep = 1;
	c->deep_from = c->next;
	return 1;
}

/* A new exchange, of whose request the parser has the head. Size, host and what is kept of it are
 * the caller's to set. */
static __always_inline void exchange_begin(struct exchange *x, __u32 ordinal, __u64 started_ns,
					   const struct http1_parser *p)
{
	x->started_ns = started_ns;
	x->ended_ns = 0;
	x->request_wire = 0;
	x->request_body = 0;
	x->response_wire = 0;
	x->response_body = 0;
	x->request_ended_ns = 0;
	x->response_started_ns = 0;
	x->ordinal = ordinal;
	x->request_head = 0;
	x->response_head = 0;
	x->status = 0;
	x->minor = p->minor;
	x->method = p->method;
	x->state = 0;
	x->flag = EXCHANGE_OK;
	x->kept[REQUEST] = 0;
	x->kept[RESPONSE] = 0;
	x->host = 0;
}

/*
 * The newest exchange, for a request whose head is complete or was answered early. Without room the
 * request is skipped: it is counted as inexact when its answer comes, or was when that came ahead.
 * Call under the lock. Returns 1 when the request must be declared now: bytes were lost, and its
 * answer will not be known.
 */
static __always_inline __u32 exchange_push(struct connection *c, struct direction *d,
					   struct deep_ring *deep)
{
	struct exchange *x;

	if (d->pushed || d->skipped)
		return 0;
	if (c->pickup == PICKUP_WAIT || c->pickup == PICKUP_READY) {
		c->next++;
		c->first = c->next;
		c->pipelined |= c->asked;
		c->asked = 1;
		d->skipped = 1;
		return 1;
	}
	if (c->pickup != PICKUP_TRY)
		c->is_http = 1;
	if (c->ahead) {
		c->ahead = 0;
		d->skipped = 1;
		return 0;
	}
	if (!exchange_has_room(c, deep)) {
		c->skipped++;
		d->skipped = 1;
		return 0;
	}
	x = exchange_at(c, deep, c->next);
	exchange_begin(x, c->next, d->started_ns, &d->parser);
	x->request_head = d->position - d->message_start;
	x->kept[REQUEST] = d->kept;
	x->host = d->host;
	c->next++;
	d->pushed = 1;
	c->pipelined |= c->next - c->first > 1;
	return 0;
}

/* Takes the oldest exchange out when both halves are done. Call under the lock. */
static __always_inline int exchange_pop(struct connection *c, struct deep_ring *deep,
					struct exchange *ret)
{
	struct exchange *x;

	if (c->first == c->next)
		return 0;
	x = exchange_at(c, deep, c->first);
	if (x->state != (EXCHANGE_REQUEST_DONE | EXCHANGE_RESPONSE_DONE))
		return 0;
	*ret = *x;
	c->first++;
	c->kept_from = c->first; /* whoever takes it out hands it to the sink */
	if (c->is_deep && (__s32)(c->first - c->deep_from) > 0)
		c->deep_from = c->first; /* ordinals wrap */
	return 1;
}

#endif
