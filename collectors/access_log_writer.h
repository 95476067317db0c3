/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of meshtap-access-log, and what they share. */
#ifndef MESHTAP_ACCESS_LOG_WRITER_H
#define MESHTAP_ACCESS_LOG_WRITER_H

#include "access_cluster.h"
#include "access_log.h"
#include "access_record.h"
#include "endpoint_maps.h"
#include "exchange_table.h"
#include "filter.h"
#include "http2_heads.h"
#include "http_service.h"
#include "log_format.h"
#include "ring.h"
#include "service.h"
#include "service_log.h"
#include "settings.h"
#include "tls_hello.h"
#include "workloads.h"

#define NAME   "meshtap-access-log"
#define PREFIX "meshtap_access_log"

/* ClientHellos in pieces at the same time; those that find no place lose their names. */
#define HELLOS_MAX   1024
#define HELLO_PLACES 16

/* Which lines there are, and what is in them. */
struct log_plan {
	struct log_format *format;
	struct filter *filter; /* NULL: all records have a line */
	struct log_needs needs;
	struct head_names wanted[HEAD_SIDES];
};

struct hello {
	__u64 connection; /* 0: free */
	unsigned int pieces;
	struct tls_hello parser;
};

struct server_names {
	int map; /* names by connection, which outlive the process */
	struct hello hellos[HELLOS_MAX];
};

struct writer {
	const struct settings *settings;
	const struct log_plan *plan;
	struct http_maps maps;
	struct log_state *state;	/* mapped, of the kernel: it outlives the process */
	struct log_state before;	/* what it was when this process began */
	int units;			/* the map of their names */
	struct workloads **workloads;	/* main's */
	struct endpoint_maps endpoints; /* what the kernel knows of them */
	int intervals;			/* link of the iterator; -1: no periodic lines */
	struct service service;
	struct ring ring;
	struct exchange_table table;
	struct http2_heads *streams;
	struct server_names names;
	struct service_log log;
	char *line; /* log_format_line_max() bytes */
	__s64 realtime_ns;
	char cluster[ACCESS_CLUSTER_MAX]; /* of the line at hand */
	struct http_head head;		  /* of the exchange at hand */
	struct head_text header[HEAD_SIDES][HEAD_NAMES_MAX];
	unsigned long long records;
	unsigned long long damaged_heads;
	unsigned long long cut_fields;
	unsigned long long missing_names;
	unsigned long long unresolved;	 /* of streams: what the health map has been told */
	unsigned long long said_dropped; /* of state->dropped, on stderr */
};

/* access_log_load.c */

/* Compiles what the settings say, which they have been checked for. *ret cannot be moved: it points
 * to itself. 0 or -errno. */
int plan_make(struct log_plan *ret, const struct log_settings *log);
void plan_free(struct log_plan *p);

/* Loads and attaches the programs, unless these very ones are there. 0 or -errno. */
int programs_load(const struct settings *settings, const struct log_plan *plan,
		  const struct workloads *w, struct pins *pins);

/* Only loads them, and lets them go. 0 or -errno. */
int programs_try(const struct settings *settings);

/* access_log_lines.c */

/* For ring_read(): a record becomes a line, or part of one. */
void lines_take(void *writer, const void *record, size_t size);

/* What a record has of these. They borrow. */
void lines_describe(struct writer *w, struct access_record *r, const struct record_connection *c);
void lines_describe_exchange(struct access_record *r, const struct exchange *x);

/* Unless the filter does not want it. */
void lines_write(struct writer *w, const struct access_record *r);

/* What the head of an HTTP/1 message says. */
void lines_take_head(struct writer *w, struct access_record *r, enum head_side side,
		     const struct http_head *head);

/* access_log_streams.c: HTTP/2 */

/* RECORD_BLOCK, RECORD_STREAM and RECORD_GONE; size: at least the header's. Of a stream that ended
 * without a line the header is enough. */
void streams_take(struct writer *w, const struct record_header *record, size_t size);

/* access_log_names.c */

void names_hello(struct server_names *n, const struct record_head *record, const void *piece);

/* The server name of a connection, of length 0 when its hello has none. Returns whether its hello
 * was seen whole. */
bool names_get(const struct server_names *n, __u64 connection, struct server_name *ret);

/* Whether all was seen that the client has sent of its hello, and that is not yet the whole. */
bool names_is_pending(struct server_names *n, const struct record_tcp *record);
void names_forget(struct server_names *n, __u64 connection);

/* access_log_serve.c */

/* Before the first line: what a process before this one had not written when it was killed counts
 * as dropped. */
void serve_after_killed(struct writer *w);

/* Until SIGTERM. Returns 0, or -EPIPE: nobody reads standard output any more. */
int serve(struct writer *w);

/* access_log_metrics.c */

/* 0 or -errno. */
int metrics_write(const struct writer *w);

#endif
