// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Istio's HTTP metrics, aggregated in the kernel: nothing reaches user space per request. */
#define HTTP1_TELLS
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "http_requests.h"
#include "names.h"
#include "connection.h"
#include "host.h"
#include "http_requests_records.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, struct http_series_key);
	__type(value, struct http_series);
} series SEC(".maps");

/* Zero, always: the source of new entries. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct http_series);
} blank_series SEC(".maps");

/* Upper bounds rounded down, since what is observed is whole; the rest is 2^63 - 1. */
const volatile __u64 bucket_bounds[32] = {};

/* Binary search without branches (they would multiply what the verifier walks); at most BUCKETS_MAX
 * - 1 (+Inf). */
static __always_inline __u32 bucket_of(__u64 value)
{
	__u32 low = 0;

	for (__u32 half = 16; half; half /= 2) {
		__u32 middle = low + half - 1;

		http1_hide(middle);
		low += ((bucket_bounds[middle & 31] - value) >> 63) * half;
	}
	http1_hide(low);
	low &= 31;
	return low < BUCKETS_MAX ? low : BUCKETS_MAX - 1;
}

/* Changes *key when it finds no room: to where it is counted then. */
static __always_inline struct http_series *series_of(struct http_series_key *key)
{
	struct http_series *s = bpf_map_lookup_elem(&series, key);
	struct http_series *blank;
	struct http_health *h;
	__u32 zero = 0;

	if (s)
		return s;
	blank = bpf_map_lookup_elem(&blank_series, &zero);
	if (!blank)
		return NULL;
	bpf_map_update_elem(&series, key, blank, BPF_NOEXIST);
	s = bpf_map_lookup_elem(&series, key);
	if (s)
		return s;
	h = health_counters();
	if (h)
		__sync_fetch_and_add(&h->series_overflow, 1);
	series_overflow(&key->parties);
	key->host = 0;
	key->status = 0;
	key->flag = 0;
	key->method = 0;
	key->protocol = 0;
	key->grpc_status = 0;
	return bpf_map_lookup_elem(&series, key);
}

/* In the scratch, as the stack is small. */
static __always_inline struct http_series_key *key_of(const struct connection *c,
						      const struct exchange *x, struct scratch *s)
{
	struct http_series_key *key = (struct http_series_key *)s->record;

	record_parties(c, &key->parties);
	key->parties.shard = bpf_get_smp_processor_id() % SERIES_SHARDS;
	key->host = x->host;
	key->status = x->status;
	key->flag = x->flag;
	key->method = tells_methods ? x->method + 1 : 0;
	key->protocol = PROTOCOL_HTTP;
	key->reserved1 = 0;
	key->grpc_status = GRPC_STATUS_NONE;
	key->reserved2 = 0;
	return key;
}

static __always_inline void sink_exchange(const struct connection *c, const struct exchange *x,
					  struct scratch *s)
{
	struct http_series *e = series_of(key_of(c, x, s));
	__u32 duration, request, response;
	__u64 ms;

	if (!e)
		return;
	ms = x->ended_ns > x->started_ns ? (x->ended_ns - x->started_ns) / 1000000 : 0;
	duration = bucket_of(ms);
	request = bucket_of(x->request_wire);
	response = bucket_of(x->response_wire);
	/* Tracepoint programs have no spin lock on Linux 5.10. */
	__sync_fetch_and_add(&e->sum[HISTOGRAM_DURATION], ms);
	__sync_fetch_and_add(&e->sum[HISTOGRAM_REQUEST], x->request_wire);
	__sync_fetch_and_add(&e->sum[HISTOGRAM_RESPONSE], x->response_wire);
	__sync_fetch_and_add(&e->bucket[HISTOGRAM_DURATION][duration], 1);
	__sync_fetch_and_add(&e->bucket[HISTOGRAM_REQUEST][request], 1);
	__sync_fetch_and_add(&e->bucket[HISTOGRAM_RESPONSE][response], 1);
}

static __always_inline void sink_head(const struct connection *c, struct direction *d,
				      struct scratch *s)
{
}

static __always_inline int sink_whole_head(const struct connection *c, struct scratch *s)
{
	return 0;
}

static __always_inline void sink_whole_head_vain(const struct connection *c, struct scratch *s)
{
}

static __always_inline void sink_trailers(const struct connection *c, struct direction *d,
					  struct scratch *s)
{
}

static __always_inline void sink_gone(const struct connection *c, __u32 ordinal)
{
}

static __always_inline void sink_skipped(const struct connection *c, const struct direction *d)
{
}

static __always_inline __u32 sink_host(const struct http1_parser *p)
{
	return host_of(p);
}

static __always_inline int sink_wants_hello(const struct connection *c)
{
	return 0;
}

static __always_inline int sink_hello(const struct connection *c, struct http1_window *w,
				      __u32 length, __u8 index)
{
	return 0;
}

static __always_inline void sink_block(const struct connection *c, struct record_block *r,
				       __u64 size)
{
	record_send(r, size);
}

static __always_inline void sink_stream(const struct connection *c, struct scratch *s)
{
	if (record_request_send(c, s))
		count_inexact(INEXACT_RING, 1);
}

static __always_inline void sink_http2_gone(const struct connection *c)
{
	record_gone_send(c);
}

static __always_inline void sink_tcp(const struct connection *c, const struct sock *sk, __u64 now)
{
}

static __always_inline void sink_connecting(const struct sock *sk)
{
}

static __always_inline void sink_listening(const struct tuple *t)
{
}

static __always_inline void sink_opened(const struct connection *c, const struct sock *sk)
{
}

static __always_inline void sink_refused(const struct sock *sk, const struct tuple *t, __u32 error,
					 __u64 now)
{
}

static __always_inline void sink_segment(struct walk *k, const struct tcp_sock *tp)
{
}

static __always_inline void sink_closing(struct walk *k, const struct tcp_sock *tp)
{
}

#include "http_programs.h"
