/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Records to render, and the line that comes of one in an exactly sized buffer. */
#ifndef MESHTAP_LOG_FORMAT_RECORDS_H
#define MESHTAP_LOG_FORMAT_RECORDS_H

#include "log_format.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "check.h"

#define MS	  1000000ull
#define MAX_FIELD 4096
#define NO_SOURCE ((const char *)NULL)

struct format {
	struct log_format *f;
	struct log_needs needs;
	struct source_error error;
	unsigned long long cut;
	int err;
};

static struct format format; /* the one under test */
static struct tuple tuple;
static struct head_text values[HEAD_SIDES][HEAD_NAMES_MAX];
static char line[1 << 20];

static inline bool compile_cut(enum log_format_kind kind, const char *source,
			       unsigned int max_field)
{
	log_format_free(&format.f);
	memset(&format, 0, sizeof(format));
	format.err = log_format_compile(&format.f, kind, source, max_field, &format.needs,
					&format.error);
	return !format.err;
}

static inline bool compile(enum log_format_kind kind, const char *source)
{
	return compile_cut(kind, source, MAX_FIELD);
}

/* 10.0.0.10:38416 calls 10.0.0.20:8080, or has been called by it. */
static inline struct access_record base_record(bool is_client)
{
	tuple = (struct tuple){ .local_port = htons(38416), .remote_port = htons(8080) };
	tuple.local_addr[2] = tuple.remote_addr[2] = htonl(0xffff);
	tuple.local_addr[3] = htonl(0x0a00000a);
	tuple.remote_addr[3] = htonl(0x0a000014);
	return (struct access_record){
		.is_client = is_client,
		.tuple = &tuple,
		.realtime_ns = 1754300096ll * 1000000000,
		.connection = 0xabc,
	};
}

static inline struct access_record http_record(bool is_client)
{
	struct access_record r = base_record(is_client);

	r.is_http = true;
	r.ordinal = 7;
	r.started_ns = 1500 * MS;
	r.request_ended_ns = 1502 * MS + 500000;
	r.response_started_ns = 1507 * MS + 100;
	r.ended_ns = 1512 * MS + 999999;
	r.received = 3;
	r.sent = 42;
	r.request_wire = 103;
	r.response_wire = 242;
	r.request_head = 100;
	r.response_head = 200;
	r.status = 200;
	r.minor = 1;
	return r;
}

static inline struct access_record tcp_record(bool is_client, int error)
{
	struct access_record r = base_record(is_client);

	r.started_ns = 1500 * MS;
	r.ended_ns = 1595 * MS;
	r.received = r.request_wire = 844;
	r.sent = r.response_wire = 5214;
	r.error = error;
	return r;
}

/* What the format has asked for, of heads as they were kept or as they are. */
static inline void set_heads(struct access_record *r, const struct head_text heads[HEAD_SIDES])
{
	for (int side = 0; side < HEAD_SIDES; side++) {
		struct head_names names = header_set_names(&format.needs.headers[side]);
		struct http_head head = {
			.text = (char *)heads[side].data,
			.length = heads[side].length,
			.state = HEAD_ENDED,
		};

		http_head_values(&head, &names, values[side]);
		r->header[side] = heads[side].data ? values[side] : NULL;
	}
	r->start = http_head_request_line(heads[HEAD_REQUEST]);
}

static inline const char *render(const struct access_record *r)
{
	size_t most = log_format_line_max(format.f), n;
	char *exact = malloc(most);

	CHECK(exact);
	if (!exact)
		return "";
	n = log_format_write(format.f, exact, r, &format.cut);
	CHECK(n && n <= most && n < sizeof(line) && exact[n - 1] == '\n');
	CHECK(memchr(exact, '\n', n) == exact + n - 1 && !memchr(exact, '\0', n));
	memcpy(line, exact, n - 1);
	line[n - 1] = '\0';
	free(exact);
	return line;
}

/* The line of heads that come from the network. */
static inline const char *render_heads(struct access_record *r, const char *request,
				       const char *response, const char *trailer)
{
	const char *const from[HEAD_SIDES] = { request, response, trailer };
	struct head_text heads[HEAD_SIDES] = {};
	struct http_head kept[HEAD_SIDES] = {};

	for (int side = 0; side < HEAD_SIDES; side++) {
		struct head_names wanted = header_set_names(&format.needs.headers[side]);

		kept[side].response = side == HEAD_RESPONSE;
		if (from[side])
			http_head_append(&kept[side], &wanted,
					 (struct head_text){ from[side], strlen(from[side]) });
		heads[side] = (struct head_text){ kept[side].text, kept[side].length };
	}
	set_heads(r, heads);
	render(r);
	for (int side = 0; side < HEAD_SIDES; side++)
		http_head_free(&kept[side]);
	return line;
}

#endif
