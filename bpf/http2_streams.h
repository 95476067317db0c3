/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Streams of HTTP/2 connections: what pending.h is for HTTP/1. A stream begins with the client's
 * HEADERS and ends when both sides have ended it, one has reset it, or the connection closes; then
 * it goes to the sink, sink_stream(). The connection lists its streams, because all of them end, or
 * must be declared, with it.
 *
 * Both directions may be walked at once. Who ends a stream is decided under the connection's lock,
 * by who takes it off the list.
 */
#ifndef MESHTAP_HTTP2_STREAMS_H
#define MESHTAP_HTTP2_STREAMS_H

#include "connection.h"
#include "http2.h"

#define HTTP2_STREAMS 256 /* of a connection at a time; a power of two */

struct http2_connection {
	struct http2_parser parser[DIRECTIONS];
	__u32 first; /* stream that began in sight; 0: none */
	__u32 last;
	__u32 open;
	__u32 high;	    /* slots from here on were never used */
	__u32 spare;	    /* of spares */
	__u8 lost_requests; /* bytes of the client were lost since a stream began last */
	__u8 reserved[3];
	__u32 slots[HTTP2_STREAMS]; /* streams; 0: free */
	__u8 spares[HTTP2_STREAMS]; /* free slots below high */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, __u64); /* connection id */
	__type(value, struct http2_connection);
} http2_connections SEC(".maps");

/* Zero, always: the source of new entries. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct http2_connection);
} blank_http2_connection SEC(".maps");

/* Preallocated, as an allocation a request costs more than all else. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct http2_stream_key);
	__type(value, struct http2_stream);
} http2_streams SEC(".maps");

static __always_inline struct http2_connection *http2_of(const struct connection *c)
{
	__u64 id = c->id;

	return bpf_map_lookup_elem(&http2_connections, &id);
}

static __always_inline struct http2_stream *http2_stream_of(const struct connection *c,
							    struct scratch *s, __u32 stream)
{
	s->key.connection = c->id;
	s->key.stream = stream;
	return bpf_map_lookup_elem(&http2_streams, &s->key);
}

/* The one that was looked for last. */
static __always_inline void http2_stream_delete(const struct scratch *s)
{
	bpf_map_delete_elem(&http2_streams, &s->key);
}

/* Returns NULL: no room, which is counted. */
static __always_inline struct http2_connection *http2_make(const struct connection *c)
{
	struct http2_connection *blank, *h2 = http2_of(c);
	__u64 id = c->id;
	__u32 zero = 0;

	if (h2)
		return h2;
	blank = bpf_map_lookup_elem(&blank_http2_connection, &zero);
	if (!blank)
		return NULL;
	bpf_map_update_elem(&http2_connections, &id, blank, BPF_NOEXIST);
	h2 = bpf_map_lookup_elem(&http2_connections, &id);
	if (!h2)
		count_untracked();
	return h2;
}

/* Call both under the lock. */
static __always_inline int http2_slot_take(struct http2_connection *h2, __u32 stream,
					   __u32 *ret_slot)
{
	__u32 slot;

	if (h2->spare) {
		h2->spare--;
		slot = h2->spares[h2->spare & (HTTP2_STREAMS - 1)];
	} else if (h2->high < HTTP2_STREAMS) {
		slot = h2->high++;
	} else {
		return -1;
	}
	slot &= HTTP2_STREAMS - 1;
	h2->slots[slot] = stream;
	h2->open++;
	*ret_slot = slot;
	return 0;
}

/* Returns whether the stream was there. */
static __always_inline int http2_slot_give(struct http2_connection *h2, __u32 slot, __u32 stream)
{
	slot &= HTTP2_STREAMS - 1;
	if (!stream || h2->slots[slot] != stream)
		return 0;
	h2->slots[slot] = 0;
	h2->spares[h2->spare & (HTTP2_STREAMS - 1)] = slot;
	h2->spare++;
	h2->open--;
	return 1;
}

/* Requests that must have passed unseen before the stream, now that one begins (RFC 9113 section
 * 5.1.1: clients count by two, from 1 on). */
static __always_inline __u32 http2_unseen(const struct connection *c,
					  const struct http2_connection *h2, __u32 stream)
{
	if (!h2->lost_requests || (c->older && !h2->last))
		return 0;
	return h2->last ? (stream - h2->last) / 2 - 1 : stream / 2;
}

/* In the map or not by now, the stream is kept only where the list has it still: another CPU may
 * have ended all streams meanwhile, or the connection. Returns whether it is to be declared. */
static __always_inline int http2_stream_settle(struct connection *c, const struct scratch *s,
					       struct http2_connection *h2, __u32 slot,
					       __u32 stream, int failed)
{
	int is_listed;

	failed |= *(volatile __u8 *)&c->closed;
	bpf_spin_lock(&c->lock);
	is_listed = failed ? http2_slot_give(h2, slot, stream)
			   : h2->slots[slot & (HTTP2_STREAMS - 1)] == stream;
	bpf_spin_unlock(&c->lock);
	if (failed || !is_listed)
		http2_stream_delete(s);
	return failed && is_listed;
}

/* The client's HEADERS. */
static __always_inline void http2_stream_begin(struct scratch *s, struct connection *c,
					       struct http2_connection *h2)
{
	const struct http2_parser *p = &s->frames.parser;
	struct http2_stream *st = &s->stream;
	__u32 unseen = 0, slot = 0;
	int full = 1;

	if (!(p->stream & 1) || p->stream <= h2->last) /* trailers, or of a stream that is gone */
		return;
	bpf_spin_lock(&c->lock);
	unseen = http2_unseen(c, h2, p->stream);
	h2->lost_requests = 0;
	h2->last = p->stream;
	if (!h2->first)
		h2->first = p->stream;
	full = http2_slot_take(h2, p->stream, &slot);
	bpf_spin_unlock(&c->lock);
	if (unseen)
		count_inexact(c->lost_reason, unseen);
	if (!full) {
		__builtin_memset(st, 0, sizeof(*st));
		st->slot = slot;
		st->h2.exchange.ordinal = p->stream;
		st->h2.exchange.started_ns = p->started_ns;
		st->answers_from = c->direction[RESPONSE].position;
		s->key.connection = c->id;
		s->key.stream = p->stream;
		full = bpf_map_update_elem(&http2_streams, &s->key, st, BPF_NOEXIST) != 0;
		full = http2_stream_settle(c, s, h2, slot, p->stream, full);
	}
	if (full)
		count_inexact(INEXACT_PIPELINE, 1);
}

/* Bytes of the server passed since the stream began of which nothing is known. */
static __always_inline int http2_is_doubtful(const struct connection *c,
					     const struct http2_stream *st)
{
	const struct direction *d = &c->direction[RESPONSE];
	__u64 resumed = d->unsynced | d->stale ? d->position : d->message_start;

	return resumed > st->answers_from;
}

/* What is in s->stream has ended. */
static __always_inline void http2_stream_report(struct connection *c, struct scratch *s)
{
	if (http2_is_doubtful(c, &s->stream))
		count_inexact(c->lost_reason, 1);
	else
		sink_stream(c, s);
}

/* Forgets the stream in a slot, unreported. Returns whether there was one. */
static __always_inline int http2_slot_drop(const struct connection *c, struct http2_connection *h2,
					   __u32 slot)
{
	__u32 stream = h2->slots[slot & (HTTP2_STREAMS - 1)];

	if (!http2_slot_give(h2, slot, stream))
		return 0;
	return stream;
}

/* Verified once; 1: there may be another. */
__noinline int http2_lose_slot_in(__u32 slot, __u32 i)
{
	struct scratch *s = scratch_at(slot);
	struct http2_connection *h2;
	struct connection *c;
	__u32 stream;

	if (!s)
		return 0;
	c = bpf_map_lookup_elem(&connections, &s->walk.tuple);
	h2 = c ? http2_of(c) : NULL;
	if (!h2 || i >= h2->high)
		return 0;
	bpf_spin_lock(&c->lock);
	stream = http2_slot_drop(c, h2, i);
	bpf_spin_unlock(&c->lock);
	if (stream) {
		s->key.connection = c->id;
		s->key.stream = stream;
		http2_stream_delete(s);
		count_inexact(c->lost_reason, 1);
	}
	return 1;
}

/* Call under the lock. lost: bits of enum missed. */
static __always_inline void http2_lose_bytes(struct connection *c, struct http2_connection *h2,
					     __u32 reason, __u32 lost)
{
	int sends = c->reporter == REPORTER_SOURCE ? REQUEST : RESPONSE;

	c->lost_reason = reason;
	c->missed = 0;
	c->direction[sends & 1].stale |= (lost & MISSED_SENT) != 0;
	c->direction[1 - (sends & 1)].stale |= lost & MISSED_RECEIVED;
	if (c->direction[REQUEST].stale)
		h2->lost_requests = 1;
	if (!c->is_http) /* but the server seemed to speak HTTP/2 */
		c->undeclared = 1;
}

/*
 * Bytes of a direction, or of both, went by unseen: frames begin nobody knows where, and nobody
 * knows what of which stream was lost. All streams in flight are declared. Verified once.
 */
__noinline int http2_lose_in(__u32 slot, __u32 reason, __u32 lost)
{
	struct scratch *s = scratch_at(slot);
	struct http2_connection *h2;
	struct connection *c;

	if (!s)
		return 0;
	c = bpf_map_lookup_elem(&connections, &s->walk.tuple);
	h2 = c ? http2_of(c) : NULL;
	if (!h2)
		return 0;
	bpf_spin_lock(&c->lock);
	http2_lose_bytes(c, h2, reason, lost);
	bpf_spin_unlock(&c->lock);
	for (__u32 i = 0; i < HTTP2_STREAMS; i++)
		if (!http2_lose_slot_in(slot, i))
			break;
	return 0;
}

#endif
