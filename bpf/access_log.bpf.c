// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Heads and ends of exchanges, through a ring, to user space, which joins them to lines. */
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "access_log.h"
#include "connection.h"
#include "scratch.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} records SEC(".maps");

const volatile __u32 reporters = 3; /* settings.reporters: bit reporter - 1 */

static __always_inline int is_wanted(const struct connection *c)
{
	return reporters >> (c->reporter - 1) & 1;
}

static __always_inline void record_send(void *record, __u64 size)
{
	struct http_health *h;

	if (!bpf_ringbuf_output(&records, record, size, 0))
		return;
	h = health_counters();
	if (h)
		__sync_fetch_and_add(&h->ring_drops, 1);
}

/* A global function, verified once: the header moves from the window's front to right before the
 * text. */
__noinline int record_send_head(__u32 slot, __u32 at, __u32 length)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &slot);
	const __u64 *header;
	__u64 *record;

	at -= sizeof(struct record_head);
	http1_hide(at);
	if (!s || at > HTTP1_START + HTTP1_WINDOW - sizeof(struct record_head))
		return 0;
	length = ((length - 1) & (HTTP1_WINDOW - 1)) + 1;
	header = (const __u64 *)s->window.bytes;
	record = (__u64 *)(s->window.bytes + at);
	for (int i = 0; i < (int)(sizeof(struct record_head) / 8); i++)
		record[i] = header[i];
	record_send(record, sizeof(struct record_head) + length);
	return 0;
}

static __always_inline void sink_head(const struct connection *c, int response, __u32 ordinal,
				      __u32 offset, struct http1_window *w, __u32 at, __u32 length)
{
	struct record_head *record = (struct record_head *)w->bytes;

	if (!is_wanted(c) || length == 0)
		return;
	record->header.type = RECORD_HEAD;
	record->header.ordinal = ordinal;
	record->header.connection = c->id;
	record->offset = offset;
	record->length = length;
	record->response = response;
	record->reserved = 0;
	record_send_head(w->slot, at, length);
}

static __always_inline void sink_gone(const struct connection *c, __u32 ordinal)
{
	struct record_gone record = {};

	if (!is_wanted(c))
		return;
	record.header.type = RECORD_GONE;
	record.header.ordinal = ordinal;
	record.header.connection = c->id;
	record_send(&record, sizeof(record));
}

static __always_inline void sink_exchange(const struct connection *c, const struct exchange *x,
					  struct http1_window *w)
{
	struct record_exchange *record = (struct record_exchange *)w->bytes;

	if (!is_wanted(c))
		return;
	record->header.type = RECORD_EXCHANGE;
	record->header.ordinal = x->ordinal;
	record->header.connection = c->id;
	record->tuple = c->tuple;
	record->reporter = c->reporter;
	record->reserved = 0;
	record->exchange = *x;
	record_send(record, sizeof(*record));
}

static __always_inline void sink_tcp(const struct connection *c, __u64 now)
{
	struct record_tcp record = {};

	if (!is_wanted(c))
		return;
	record.header.type = RECORD_TCP;
	record.header.connection = c->id;
	record.tuple = c->tuple;
	record.reporter = c->reporter;
	record.started_ns = c->opened_ns;
	record.ended_ns = now;
	record.received = c->direction[0].position;
	record.sent = c->direction[1].position;
	record_send(&record, sizeof(record));
}

static __always_inline void sink_refused(const struct tuple *t, __u32 error, __u64 now)
{
	struct record_tcp record = {};

	if (!(reporters & 1))
		return;
	record.header.type = RECORD_TCP;
	record.header.connection = now << 8 | (bpf_get_smp_processor_id() & 0xff);
	record.tuple = *t;
	record.reporter = REPORTER_SOURCE;
	record.error = error;
	record.started_ns = now;
	record.ended_ns = now;
	record_send(&record, sizeof(record));
}

#include "http_programs.h"
