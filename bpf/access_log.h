/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Records from access_log.bpf.c to access_log.c, in the ring in the order of events. */
#ifndef MESHTAP_ACCESS_LOG_H
#define MESHTAP_ACCESS_LOG_H

#include "control.h"
#include "exchange.h"
#include "series.h"
#include "tuple.h"

enum record_type {
	RECORD_HEAD = 1,
	RECORD_EXCHANGE,
	RECORD_TCP,
	RECORD_GONE,
};

struct record_header {
	__u32 type;	  /* enum record_type */
	__u32 ordinal;	  /* of the exchange on its connection */
	__u64 connection; /* unique */
};

/*
 * Bytes of a head as they came, in pieces: at their offsets they are the start line, the headers
 * and the empty line, then possibly a few bytes more. A response's offsets count from the first
 * byte of the exchange's first interim or final response head.
 */
struct record_head {
	struct record_header header;
	__u32 offset; /* of text */
	__u16 length; /* of text, at most HTTP1_WINDOW */
	__u8 response;
	__u8 reserved;
	char text[];
};

/*
 * Nothing will be logged for the connection's exchanges before header.ordinal: they could not be
 * followed, or the connection was not HTTP.
 */
struct record_gone {
	struct record_header header;
};

struct record_exchange {
	struct record_header header;
	struct tuple tuple; /* as the local socket sees it */
	__u32 reporter;
	__u32 reserved;
	struct exchange exchange;
};

/* A connection that was not HTTP, at its close; or one that was refused. */
struct record_tcp {
	struct record_header header;
	struct tuple tuple;
	__u32 reporter;
	__u32 error; /* errno of a connect that failed (ECONNREFUSED, ETIMEDOUT …), else 0 */
	__u64 started_ns;
	__u64 ended_ns;
	__u64 received; /* client to server, payload bytes */
	__u64 sent;	/* server to client */
};

#endif
