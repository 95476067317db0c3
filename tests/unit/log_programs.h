/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The access log's programs in user space with the collector's own code behind them: what comes out
 * is a list of lines, as they would be formatted.
 */
#ifndef MESHTAP_LOG_PROGRAMS_H
#define MESHTAP_LOG_PROGRAMS_H

#define HTTP1_KEEPS
#include "bpf_user.h"
#include "bpf_user_ring.h"
#include "kernel_types.h"
#include "control.h"
#include "connection.h"
#include "sink_record.h"

#include "../../bpf/access_log.bpf.c"
#include "programs_state.h"

#include <sys/mman.h>
#include <unistd.h>

#define LOG_LINES 512
#define LOG_NAMES 4
#define LOG_VALUE 80 /* of a header: what is kept of it here */

/* From here on libbpf's own functions, which the collector's headers declare. */
#undef bpf_map_update_elem
#undef bpf_map_delete_elem
#include "access_log_writer.h"
#include "identity.h"

struct log_line {
	struct access_record record; /* without what it borrows */
	char method[LOG_VALUE];
	char path[LOG_VALUE];
	char value[HEAD_SIDES][LOG_NAMES][LOG_VALUE]; /* "-": missing */
	char server_name[LOG_VALUE];
	char comm[LOG_VALUE];
};

static struct {
	struct log_line lines[LOG_LINES];
	__u32 count;
	struct writer writer;
	struct log_state state;	   /* what the process has of it */
	struct http_health health; /* likewise */
	struct log_plan plan;
	__u8 hello[HELLO_BYTES + HTTP1_WINDOW]; /* of all connections */
	__u32 hello_length;
	__u32 hello_pieces;
	int hello_disorder;
} journal;

static inline void log_text(char to[LOG_VALUE], struct head_text text)
{
	int length = text.length < LOG_VALUE ? text.length : LOG_VALUE - 1;

	snprintf(to, LOG_VALUE, "%.*s", text.data ? length : 1, text.data ? text.data : "-");
}

static inline size_t log_take(const struct access_record *r)
{
	struct log_line *l = &journal.lines[journal.count++];

	if (journal.count > LOG_LINES)
		user_fail(__func__, "more than LOG_LINES");
	l->record = *r;
	log_text(l->method, r->start.method);
	log_text(l->path, r->start.path);
	log_text(l->server_name, r->server_name);
	log_text(l->comm, r->comm);
	for (int side = 0; side < HEAD_SIDES; side++)
		for (__u32 i = 0; i < journal.plan.wanted[side].count; i++)
			log_text(l->value[side][i],
				 r->header[side] ? r->header[side][i] : (struct head_text){});
	return 0;
}

void names_hello(struct server_names *n, const struct record_head *record, const void *piece)
{
	journal.hello_disorder |= record->index != journal.hello_pieces++;
	if (record->length > sizeof(journal.hello) - journal.hello_length)
		user_fail(__func__, "more than HELLO_BYTES");
	memcpy(journal.hello + journal.hello_length, piece, record->length);
	journal.hello_length += record->length;
}

bool names_get(const struct server_names *n, __u64 connection, struct server_name *ret)
{
	const struct server_name *name = user_lookup(USER_MAP(&server_names), &connection);

	if (name)
		*ret = *name;
	return name;
}

bool names_is_pending(struct server_names *n, const struct record_tcp *record)
{
	return record->hello != RECORD_HELLO_LOST;
}

void names_forget(struct server_names *n, __u64 connection)
{
	user_delete(USER_MAP(&server_names), &connection);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" /* two programs in one */
#define log_format_write(format, line, record, cut_fields) log_take(record)
#define log_file_line(file, line, length)		   ((void)(length))
#define workload_name(map, id)				   ""
#define workloads_service(workloads, at)		   NULL
#include "../../collectors/access_log_lines.c"
#include "../../collectors/access_log_streams.c"
#pragma GCC diagnostic pop

#endif
