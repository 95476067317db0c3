/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Records from access_log.bpf.c to access_log.c, through the ring. */
#ifndef MESHTAP_ACCESS_LOG_H
#define MESHTAP_ACCESS_LOG_H

#include "control.h"
#include "http2_exchange.h"
#include "record.h"
#include "series.h"
#include "tuple.h"

/* Of a head: at their least more than user space keeps of one. What comes beyond is not kept. */
#define HEAD_PIECES_MAX 136

/* What is known of the connection. */
struct record_connection {
	struct tuple tuple; /* as the local socket sees it */
	__u64 local_workload;
	__u64 peer_workload;
	struct endpoint local; /* as in struct series_parties */
	struct endpoint peer;
	__u32 reporter;
	__u32 rtt_us; /* 0: not known */
	__u32 retransmits;
	__u32 pid; /* 0: not known */
	char comm[16];
};

/*
 * RECORD_HEAD: a piece of a head that does not fit its exchange's record, which follows. Pieces of
 * one side come in the order of their index, from 0 on; trailers go on counting where the response
 * ended. They are whole lines that were wanted, as they came, and the empty line.
 * RECORD_HELLO: the next bytes of a client on a connection that seems to be TLS, at once.
 */
struct record_head {
	struct record_header header;
	__u32 length; /* of the text that follows, at most HTTP1_WINDOW */
	__u8 index;
	__u8 side; /* enum head_side in user space: request, response, trailers of the response */
	__u16 reserved;
};

/* A request that ended: one line. Its head follows, if that is one piece. */
struct record_exchange {
	struct record_header header;
	struct record_connection connection;
	struct exchange exchange;
	__u32 length; /* of that text */
	__u32 reserved;
};

/* RECORD_STREAM: a request on an HTTP/2 stream that ended, after all its header blocks: one line.
 */
struct record_stream {
	struct record_header header;
	struct record_connection connection;
	struct http2_exchange h2;
};

/* A connection that was not HTTP, at its close, or while it lives; or one that was refused. */
struct record_tcp {
	struct record_header header;
	struct record_connection connection;
	__u32 error;  /* errno of a connect that failed (ECONNREFUSED, ETIMEDOUT …), else 0 */
	__u8 is_open; /* a periodic record */
	__u8 hello;   /* 0, or pieces of a ClientHello that were sent + 1, or RECORD_HELLO_LOST */
	__u16 reserved;
	__u64 started_ns;
	__u64 ended_ns;
	__u64 received; /* client to server, payload bytes */
	__u64 sent;	/* server to client */
};

#define RECORD_HELLO_LOST 255

struct server_name {
	__u32 length;
	char name[256]; /* SERVER_NAME_MAX in user space */
};

/* Mapped by user space: what both sides tell each other without a record. */
struct log_state {
	__u64 dropped;	     /* lines for which the ring had no room */
	__u64 filtered;	     /* lines that the filter did not want, here and in user space */
	__u64 sampled_out;   /* lines that chance did not want */
	__u64 pieces;	     /* of heads that are kept now */
	__u64 is_asleep;     /* the reader waits for a wake-up; else it looks by itself soon */
	__u64 interval_from; /* periodic records: CLOCK_MONOTONIC of this look and the last one */
	__u64 interval_to;
	__u64 lines_given; /* by this process and those before it to the file */
	__u64 lines_written;
	__u64 lines_dropped[3]; /* by enum log_drop of user space */
	__u64 lines_killed;	/* the rest when a process began: gone with one before it */
};

#define FILTER_FLAGS  8	   /* of enum exchange_flag; a power of two */
#define FILTER_STATUS 1024 /* above every status */

/* What the kernel knows of a filter: which exchanges can pass it. */
struct log_filter {
	__u64 status[FILTER_FLAGS][FILTER_STATUS / 64]; /* a bit for each status */
	__u64 sampling;					/* of 2^32 */
	__u32 tcp;
	__u32 reserved;
};

#endif
