// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Records of the kernel become lines of the log. */
#include "access_log_writer.h"

#include "identity.h"

#include <string.h>

void lines_write(struct writer *w, const struct access_record *r)
{
	const struct log_plan *p = w->plan;

	if (p->filter && !filter_passes(p->filter, r)) {
		/* the kernel adds to it too */
		__atomic_fetch_add(&w->state->filtered, 1, __ATOMIC_RELAXED);
		return;
	}
	w->state->lines_given++;
	log_file_line(w->log.file, w->line,
		      log_format_write(p->format, w->line, r, &w->cut_fields));
}

static struct head_text text_of(const char *s)
{
	return s && *s ? (struct head_text){ s, strlen(s) } : (struct head_text){};
}

void lines_describe(struct writer *w, struct access_record *r, const struct record_connection *c)
{
	r->is_client = c->reporter == REPORTER_SOURCE;
	r->tuple = &c->tuple;
	r->realtime_ns = w->realtime_ns;
	r->rtt_us = c->rtt_us;
	r->retransmits = c->retransmits;
	if (r->is_client) /* a server's has no other name than its port */
		r->cluster = access_cluster(workloads_service(*w->workloads, c->peer), &c->tuple,
					    w->cluster);
	r->pid = c->pid;
	if (c->pid)
		r->comm = (struct head_text){ c->comm, strnlen(c->comm, sizeof(c->comm)) };
	if (w->plan->needs.unit) {
		r->unit = text_of(workload_name(w->units, c->local_workload));
		r->peer_unit = text_of(workload_name(w->units, c->peer_workload));
	}
}

void lines_describe_exchange(struct access_record *r, const struct exchange *x)
{
	r->is_http = true;
	r->ordinal = x->ordinal;
	r->started_ns = x->started_ns;
	r->ended_ns = x->ended_ns;
	r->request_ended_ns = x->request_ended_ns;
	r->response_started_ns = x->response_started_ns;
	r->received = x->request_body;
	r->sent = x->response_body;
	r->request_wire = x->request_wire;
	r->response_wire = x->response_wire;
	r->request_head = x->request_head;
	r->response_head = x->response_head;
	r->status = x->status;
	r->minor = x->minor;
	r->flag = x->flag;
}

/* pieces: of the message, which may have been too many. */
static bool is_damaged(const struct http_head *head, unsigned int pieces)
{
	return head->state == HEAD_CUT || head->state == HEAD_DAMAGED ||
	       (pieces == HEAD_PIECES_MAX && head->state != HEAD_ENDED);
}

void lines_take_head(struct writer *w, struct access_record *r, enum head_side side,
		     const struct http_head *head)
{
	if (side == HEAD_REQUEST)
		r->start = http_head_request_line((struct head_text){ head->text, head->length });
	http_head_values(head, &w->plan->wanted[side], w->header[side]);
	r->header[side] = w->header[side];
}

/* The request's head in one piece comes with the record. */
static const struct http_head *take_first(struct writer *w, struct access_record *r,
					  struct head_text first)
{
	const struct head_names *wanted = &w->plan->wanted[HEAD_REQUEST];
	struct head_text start;

	if (http_head_whole(first, wanted, &start, w->header[HEAD_REQUEST])) {
		r->start = http_head_request_line(start);
		r->header[HEAD_REQUEST] = w->header[HEAD_REQUEST];
		return NULL;
	}
	http_head_begin(&w->head, HEAD_REQUEST);
	http_head_append(&w->head, wanted, first);
	return &w->head;
}

/* What comes in more pieces is in the table. */
static void take_heads(struct writer *w, struct access_record *r, const struct exchange *x,
		       struct head_text first)
{
	struct exchange_heads heads =
		exchange_table_get(&w->table, r->connection, x->ordinal, x->kept);

	if (first.length)
		heads.side[HEAD_REQUEST] = take_first(w, r, first);
	for (int i = 0; i < HEAD_SIDES; i++) {
		if (!heads.side[i])
			continue;
		w->damaged_heads += is_damaged(heads.side[i], x->kept[i != HEAD_REQUEST]);
		lines_take_head(w, r, i, heads.side[i]);
	}
	w->damaged_heads += x->kept[0] && !r->header[HEAD_REQUEST];
	w->damaged_heads += x->kept[1] && !r->header[HEAD_RESPONSE];
}

static void take_exchange(struct writer *w, const struct record_exchange *record, size_t size)
{
	struct access_record r = { .connection = record->header.connection };
	struct head_text first = { (const char *)(record + 1), record->length };

	if (size - sizeof(*record) < record->length)
		return;
	lines_describe(w, &r, &record->connection);
	lines_describe_exchange(&r, &record->exchange);
	take_heads(w, &r, &record->exchange, first);
	lines_write(w, &r);
	exchange_table_remove(&w->table, r.connection, r.ordinal);
}

static void take_head(struct writer *w, const struct record_head *record, size_t size)
{
	const struct record_header *h = &record->header;

	if (size - sizeof(*record) < record->length || record->side >= HEAD_SIDES)
		return;
	if (h->type == RECORD_HELLO)
		names_hello(&w->names, record, record + 1);
	else
		exchange_table_append(
			&w->table, h->connection, h->ordinal, record->side, record->index,
			(struct head_text){ (const char *)(record + 1), record->length });
}

/* Missing is counted once, at the close. */
static struct head_text server_name_of(struct writer *w, const struct record_tcp *record,
				       struct server_name *buffer)
{
	if (!record->hello)
		return (struct head_text){};
	if (names_get(&w->names, record->header.connection, buffer))
		return buffer->length ? (struct head_text){ buffer->name, buffer->length }
				      : (struct head_text){};
	w->missing_names += !record->is_open && !names_is_pending(&w->names, record);
	return (struct head_text){};
}

static void take_tcp(struct writer *w, const struct record_tcp *record)
{
	struct server_name name;
	struct access_record r = {
		.is_open = record->is_open,
		.connection = record->header.connection,
		.started_ns = record->started_ns,
		.ended_ns = record->ended_ns,
		.received = record->received,
		.sent = record->sent,
		.request_wire = record->received,
		.response_wire = record->sent,
		.error = record->error,
	};

	lines_describe(w, &r, &record->connection);
	r.server_name = server_name_of(w, record, &name);
	lines_write(w, &r);
	if (record->hello && !record->is_open)
		names_forget(&w->names, r.connection);
}

void lines_take(void *writer, const void *record, size_t size)
{
	const struct record_header *header = record;
	struct writer *w = writer;

	w->records++;
	if (size < sizeof(*header))
		return;
	switch (header->type) {
	case RECORD_EXCHANGE:
		if (size >= sizeof(struct record_exchange))
			take_exchange(w, record, size);
		break;
	case RECORD_TCP:
		if (size >= sizeof(struct record_tcp))
			take_tcp(w, record);
		break;
	case RECORD_HEAD:
	case RECORD_HELLO:
		if (size >= sizeof(struct record_head))
			take_head(w, record, size);
		break;
	default:
		streams_take(w, record, size);
	}
}
