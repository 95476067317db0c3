/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What http_requests.bpf.c aggregates and http_requests.c reads. */
#ifndef MESHTAP_HTTP_REQUESTS_H
#define MESHTAP_HTTP_REQUESTS_H

#include "control.h"
#include "exchange.h"
#include "series.h"

#define BUCKETS_MAX 20 /* with +Inf */

struct http_series_key {
	struct series_parties parties;
	__u32 host; /* id of a configured host that the Host header names; 0: of none */
	__u16 status;
	__u8 flag;   /* enum exchange_flag */
	__u8 method; /* enum http1_method + 1; 0: not told apart */
};

/* By a key's method, "" where they are not told apart. */
#define HTTP_METHOD_NAMES                                                                          \
	{                                                                                          \
		"", "other", "HEAD", "CONNECT", "GET", "POST", "PUT", "DELETE", "OPTIONS",         \
			"TRACE", "PATCH"                                                           \
	}

enum http_histogram {
	HISTOGRAM_DURATION, /* milliseconds */
	HISTOGRAM_REQUEST,  /* bytes */
	HISTOGRAM_RESPONSE,
	HISTOGRAMS,
};

/* Changed by atomic adds, one by one: what is read in between may lack a request in one histogram.
 */
struct http_series {
	__u64 sum[HISTOGRAMS];
	__u64 bucket[HISTOGRAMS][BUCKETS_MAX]; /* not cumulative */
};

#endif
