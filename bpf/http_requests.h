/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What http_requests.bpf.c aggregates and http_requests.c reads. */
#ifndef MESHTAP_HTTP_REQUESTS_H
#define MESHTAP_HTTP_REQUESTS_H

#include "control.h"
#include "http2_exchange.h"
#include "record.h"
#include "series.h"

#define BUCKETS_MAX 20 /* with +Inf */

struct http_series_key {
	struct series_parties parties;
	__u32 host; /* id of a configured host that the Host header names; 0: of none */
	__u16 status;
	__u8 flag;     /* enum exchange_flag */
	__u8 method;   /* enum http1_method + 1; 0: not told apart */
	__u8 protocol; /* enum http_protocol */
	__u8 reserved1;
	__u16 grpc_status; /* + 1, or GRPC_STATUS_NONE */
	__u32 reserved2;
};

/* By a key's method, "" where they are not told apart. */
#define HTTP_METHOD_NAMES                                                                          \
	{                                                                                          \
		"", "other", "HEAD", "CONNECT", "GET", "POST", "PUT", "DELETE", "OPTIONS",         \
			"TRACE", "PATCH"                                                           \
	}

enum http_protocol {
	PROTOCOL_HTTP,
	PROTOCOL_GRPC,
	PROTOCOL_MESSAGES, /* a series of messages alone: its key says nothing of responses */
};

#define GRPC_STATUS_NONE 0 /* not gRPC, or no status is known */

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
	__u64 messages[2];		       /* of gRPC: request, response */
};

/* RECORD_STREAM: a request on an HTTP/2 stream that ended, after all its header blocks. */
struct record_request {
	struct record_header header;
	struct series_parties parties; /* shard 0 */
	struct http2_exchange h2;
};

/* Series that user space changes in one step. */
#define REQUESTS_JOURNAL 64

/*
 * User space's own: what the records before a position of the ring make of the series in its shard,
 * written down before it is done, so that whoever is killed meanwhile has counted none of them
 * twice, and none not.
 */
struct requests_journal {
	__u64 position; /* it is to be done while the ring's consumer is before this */
	__u32 count;
	__u32 reserved;
	__u64 overflow; /* to be added to struct http_health, as are the next two */
	__u64 unresolved;
	__u64 inexact[INEXACT_REASONS];
	struct http_series_key keys[REQUESTS_JOURNAL];
	struct http_series values[REQUESTS_JOURNAL]; /* replace what is there */
};

/* Mapped by user space. */
struct requests_state {
	__u64 is_asleep; /* the reader waits for a wake-up; else it looks by itself soon */
	struct requests_journal journal;
};

#endif
