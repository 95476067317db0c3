/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Requests on HTTP/2's streams: records out of the ring become counts of series. */
#ifndef MESHTAP_HTTP_REQUESTS_STREAMS_H
#define MESHTAP_HTTP_REQUESTS_STREAMS_H

#include "http2_heads.h"
#include "http_requests_counts.h"
#include "settings.h"
#include "workloads.h"

struct streams {
	struct http2_heads *heads; /* owned */
	struct counts counts;
	const struct workloads *workloads; /* borrowed, may be replaced */
	bool tells_methods;
	unsigned int buckets;
	__u64 bounds[HISTOGRAM_BUCKETS_MAX]; /* the kernel's bucket_bounds */
	unsigned long long unresolved;	     /* of heads, what counts knows of */
};

/* counts' series, state and health are the caller's to set. Returns 0 or -ENOMEM. */
int streams_init(struct streams *ret, const struct settings *settings, const struct workloads *w);
void streams_free(struct streams *s);

/* For ring_next(). */
void streams_take(void *streams, const void *record, size_t size);

#endif
