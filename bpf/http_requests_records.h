/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What of HTTP/2 user space must decode, through a ring. */
#ifndef MESHTAP_HTTP_REQUESTS_RECORDS_H
#define MESHTAP_HTTP_REQUESTS_RECORDS_H

#include "connection_make.h"
#include "http_requests.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct requests_state);
} requests_state SEC(".maps");

/* An interrupt to wake the reader costs more than all else: while it looks by itself, none. */
static __always_inline long record_send(void *record, __u64 size)
{
	__u32 zero = 0;
	struct requests_state *state = bpf_map_lookup_elem(&requests_state, &zero);
	int asleep = state && *(volatile __u64 *)&state->is_asleep;

	return bpf_ringbuf_output(&records, record, size,
				  asleep ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

/* But the shard. */
static __always_inline void record_parties(const struct connection *c, struct series_parties *ret)
{
	ret->local_workload = c->local_workload;
	ret->peer_workload = c->peer_workload;
	connection_endpoints(c, &ret->local, &ret->peer);
	ret->reporter = c->reporter;
	ret->shard = 0;
}

_Static_assert(sizeof(struct record_request) <= sizeof(((struct scratch *)0)->record), "room");

/* Returns 0, or not: no room. */
static __always_inline long record_request_send(const struct connection *c, struct scratch *s)
{
	struct record_request *r = (struct record_request *)s->record;

	r->header.type = RECORD_STREAM;
	r->header.ordinal = s->stream.h2.exchange.ordinal;
	r->header.connection = c->id;
	record_parties(c, &r->parties);
	r->h2 = s->stream.h2;
	return record_send(r, sizeof(*r));
}

static __always_inline void record_gone_send(const struct connection *c)
{
	struct record_header r = { .type = RECORD_GONE, .connection = c->id };

	record_send(&r, sizeof(r));
}

#endif
