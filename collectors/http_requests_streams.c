// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "http_requests_streams.h"

#include "grpc.h"
#include "host.h"

#include <string.h>
#include <strings.h>

#define HEADS_BYTES (32u << 20)

/* By their numbers in a head's values. */
enum { CONTENT_TYPE, HOST };
enum { GRPC_STATUS };

/* data NULL: the head, or the block, is not known or did not come. */
struct stream_heads {
	const struct http2_head *request, *response, *trailer;
};

int streams_init(struct streams *ret, const struct settings *settings, const struct workloads *w)
{
	static const char *const of_request[] = {
		[CONTENT_TYPE] = "content-type", [HOST] = "host"
	};
	static const char *const of_response[] = { [GRPC_STATUS] = "grpc-status" };
	static const struct head_names wanted[HEAD_SIDES] = {
		[HEAD_REQUEST] = { of_request, 2 },
		[HEAD_RESPONSE] = { of_response, 1 },
		[HEAD_TRAILER] = { of_response, 1 },
	};

	*ret = (struct streams){ .workloads = w, .buckets = settings->buckets };
	for (unsigned int i = 0; i < settings->series.tags.added_count; i++)
		ret->tells_methods |= settings->series.tags.added[i] == LABEL_REQUEST_METHOD;
	for (unsigned int i = 0; i < settings->buckets; i++)
		ret->bounds[i] = settings->bucket_bounds[i];
	return http2_heads_init(&ret->heads, HEADS_BYTES, wanted);
}

void streams_free(struct streams *s)
{
	http2_heads_free(&s->heads);
	counts_forget(&s->counts);
}

/* Of struct http_series_key. */
static __u8 method_of(struct head_text method)
{
	static const char *const names[] = HTTP_METHOD_NAMES;

	if (!method.data)
		return 0;
	for (unsigned int i = HTTP1_METHOD_OTHER + 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (head_text_is(method, names[i]))
			return i;
	return HTTP1_METHOD_OTHER + 1;
}

/* Of struct http_series_key: as the kernel tells it of an HTTP/1 request. */
static __u32 host_of_request(const struct streams *s, const struct http2_head *request)
{
	struct head_text host = request->authority.data ? request->authority : request->value[HOST];
	__u64 hash = HTTP1_HOST_HASH;
	const char *configured;
	__u32 id;

	if (!host.length || host.length > HTTP1_HOST_BYTES)
		return 0;
	for (size_t i = 0; i < host.length; i++)
		hash = http1_host_step(hash, http1_lower(host.data[i]));
	id = host_id(hash);
	if (!workloads_host_service(s->workloads, id, &configured))
		return 0;
	/* Ids are shorter than hashes. A port that was added is not in the text. */
	return host.length >= strlen(configured) &&
			       !strncasecmp(host.data, configured, strlen(configured))
		       ? id
		       : 0;
}

/* What is known of it, + 1, or GRPC_STATUS_NONE. */
static __u16 grpc_status_of(const struct record_request *r, const struct stream_heads *h)
{
	struct head_text text = {};

	if (h->trailer)
		text = h->trailer->value[GRPC_STATUS];
	if (!text.length) {
		/* An interim head is a block too; then a trailer that is not known may be none. */
		if (h->trailer ? h->trailer->unresolved : r->h2.blocks[1] > 1)
			return GRPC_STATUS_NONE;
		if (h->response)
			text = h->response->value[GRPC_STATUS];
	}
	if (text.length)
		return grpc_status_parse(text) + 1;
	if (!h->response || h->response->unresolved)
		return GRPC_STATUS_NONE;
	return grpc_status_of_http(h->response->status) + 1;
}

/* Whether the response's final status is known, or that it has none. An interim head is a block
 * too.
 */
static bool knows_status(const struct record_request *r, const struct stream_heads *h)
{
	if (!r->h2.blocks[1])
		return true;
	if (!h->response || !h->response->status)
		return false;
	return h->response->status >= 200 || r->h2.blocks[1] <= (h->trailer ? 2 : 1);
}

/* It came as HTTP/1: the kernel has read its head. */
static void describe_upgraded(const struct streams *s, const struct exchange *x,
			      struct http_series_key *key)
{
	key->method = s->tells_methods ? x->method + 1 : 0;
	key->host = x->host;
}

/* A call of gRPC is a POST, so another method tells too. */
static bool knows_protocol(const struct http2_head *request)
{
	return request->value[CONTENT_TYPE].data || !request->unresolved ||
	       (request->method.data && !head_text_is(request->method, "POST"));
}

/* Returns whether all is known that a series must have. */
static bool describe(const struct streams *s, const struct record_request *r,
		     const struct stream_heads *h, struct http_series_key *key)
{
	if (!knows_status(r, h))
		return false;
	key->status = h->response ? h->response->status : 0;
	if (r->h2.upgraded) {
		describe_upgraded(s, &r->h2.exchange, key);
		return true;
	}
	if (!h->request || !knows_protocol(h->request))
		return false;
	key->method = s->tells_methods ? method_of(h->request->method) : 0;
	key->host = host_of_request(s, h->request);
	if (grpc_is_content_type(h->request->value[CONTENT_TYPE])) {
		key->protocol = PROTOCOL_GRPC;
		key->grpc_status = grpc_status_of(r, h);
	}
	return true;
}

static unsigned int bucket_of(const struct streams *s, __u64 value)
{
	unsigned int i = 0;

	while (i < s->buckets && s->bounds[i] < value)
		i++;
	return i;
}

static void observe(const struct streams *s, struct http_series *to, enum http_histogram h,
		    __u64 value)
{
	to->sum[h] += value;
	to->bucket[h][bucket_of(s, value)]++;
}

/* Their counters have the labels of neither status nor flag: a series of their own goes by their
 * own labels when names change and units go. */
static void count_messages(struct streams *s, const struct record_request *r,
			   const struct http_series_key *of)
{
	struct http_series_key key = {
		.parties = of->parties,
		.host = of->host,
		.method = of->method,
		.protocol = PROTOCOL_MESSAGES,
	};
	struct http_series *to = counts_series(&s->counts, &key);

	for (int i = 0; to && i < 2; i++)
		to->messages[i] += r->h2.messages[i];
}

static void count(struct streams *s, const struct record_request *r,
		  const struct http_series_key *key)
{
	const struct exchange *x = &r->h2.exchange;
	struct http_series *to = counts_series(&s->counts, key);

	if (!to) {
		s->counts.inexact[INEXACT_RING]++;
		return;
	}
	observe(s, to, HISTOGRAM_DURATION,
		x->ended_ns > x->started_ns ? (x->ended_ns - x->started_ns) / 1000000 : 0);
	observe(s, to, HISTOGRAM_REQUEST, x->request_wire);
	observe(s, to, HISTOGRAM_RESPONSE, x->response_wire);
	if (key->protocol == PROTOCOL_GRPC && (r->h2.messages[0] || r->h2.messages[1]))
		count_messages(s, r, key);
}

static void take_stream(struct streams *s, const struct record_request *r)
{
	__u64 connection = r->header.connection;
	__u32 stream = r->header.ordinal;
	struct stream_heads h = {
		.request = http2_heads_get(s->heads, connection, stream, HEAD_REQUEST),
		.response = http2_heads_get(s->heads, connection, stream, HEAD_RESPONSE),
		.trailer = http2_heads_get(s->heads, connection, stream, HEAD_TRAILER),
	};
	struct http_series_key key = { .parties = r->parties, .flag = r->h2.exchange.flag };

	key.parties.shard = 0;
	if (describe(s, r, &h, &key))
		count(s, r, &key);
	else
		s->counts.inexact[INEXACT_OLDER]++;
	http2_heads_end(s->heads, connection, stream);
}

static void take_block(struct streams *s, const struct record_block *block, size_t size)
{
	unsigned long long now;

	if (block->length > size - sizeof(*block))
		return;
	http2_heads_block(s->heads, block, block + 1);
	now = http2_heads_unresolved(s->heads);
	s->counts.unresolved += now - s->unresolved;
	s->unresolved = now;
}

void streams_take(void *streams, const void *record, size_t size)
{
	const struct record_header *header = record;

	if (size < sizeof(*header))
		return;
	if (header->type == RECORD_BLOCK && size >= sizeof(struct record_block))
		take_block(streams, record, size);
	else if (header->type == RECORD_STREAM && size >= sizeof(struct record_request))
		take_stream(streams, record);
	else if (header->type == RECORD_GONE)
		http2_heads_gone(((struct streams *)streams)->heads, header->connection);
}
