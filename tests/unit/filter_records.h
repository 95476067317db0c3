/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Records for filters: one of each kind with known values, and random ones. */
#ifndef MESHTAP_FILTER_RECORDS_H
#define MESHTAP_FILTER_RECORDS_H

#include <arpa/inet.h>
#include <string.h>

#include "chance.h"
#include "filter.h"

struct filter_record {
	struct access_record record;
	struct tuple tuple;
	struct head_text headers[HEAD_SIDES][HEAD_NAMES_MAX];
};

static inline struct head_text text_of(const char *s)
{
	return (struct head_text){ s, s ? strlen(s) : 0 };
}

static inline void record_basics(struct filter_record *f)
{
	*f = (struct filter_record){};
	f->tuple.local_port = htons(38416);
	f->tuple.remote_port = htons(8080);
	f->tuple.local_addr[2] = f->tuple.remote_addr[2] = htonl(0xffff);
	f->tuple.local_addr[3] = htonl(0x0a00000a);
	f->tuple.remote_addr[3] = htonl(0x0a000014);
	f->record.tuple = &f->tuple;
	f->record.is_client = true;
	f->record.realtime_ns = 1754300096ll * 1000000000;
	f->record.connection = 7;
	f->record.started_ns = 1500000000;
	f->record.ended_ns = 1512999999;
	f->record.received = 3;
	f->record.sent = 42;
	f->record.request_wire = 103;
	f->record.response_wire = 242;
}

/* Its headers are set with record_header(). */
static inline void record_http(struct filter_record *f)
{
	record_basics(f);
	f->record.is_http = true;
	f->record.status = 200;
	f->record.minor = 1;
	f->record.start.method = text_of("POST");
	f->record.start.target = f->record.start.path = text_of("/api/users?id=1#top");
	for (int i = 0; i < HEAD_SIDES; i++)
		f->record.header[i] = f->headers[i];
}

static inline void record_header(struct filter_record *f, struct log_needs *needs,
				 enum head_side side, const char *name, const char *value)
{
	int number = header_set_add(&needs->headers[side], name, strlen(name));

	f->headers[side][number] = text_of(value);
}

static inline struct head_text random_text(struct chance *c)
{
	static const char *const texts[] = {
		NULL,	"",   "GET",	  "/api/x?y=1", "application/grpc", "?a=b",  "14", "0",
		"curl", "-1", "\xff\x80", "100",	"api:8080",	    "99999",
	};

	return text_of(texts[chance(c, sizeof(texts) / sizeof(*texts))]);
}

static inline void record_random_http(struct filter_record *f, struct chance *c)
{
	static const __u16 statuses[] = { 0, 200, 404, 500, 503, 100 };
	struct access_record *r = &f->record;

	r->is_http = true;
	r->status = statuses[chance(c, 6)];
	r->flag = chance(c, EXCHANGE_UR + 1);
	r->minor = chance(c, 2);
	r->start.method = random_text(c);
	r->start.path = random_text(c);
	r->start.authority = random_text(c);
	for (int side = 0; side < HEAD_SIDES; side++) {
		if (one_in(c, 4))
			continue;
		r->header[side] = f->headers[side];
		for (int i = 0; i < HEAD_NAMES_MAX; i++)
			f->headers[side][i] = random_text(c);
	}
}

static inline void record_random(struct filter_record *f, struct chance *c)
{
	struct access_record *r = &f->record;

	record_basics(f);
	r->is_client = chance(c, 2);
	r->received = chance(c, 1000);
	r->sent = chance(c, 1000);
	r->ended_ns = r->started_ns + chance(c, 3) * 1000000000ull;
	r->pid = chance(c, 2);
	r->unit = random_text(c);
	r->peer_unit = random_text(c);
	r->comm = random_text(c);
	r->server_name = random_text(c);
	if (chance(c, 4))
		record_random_http(f, c);
	else
		r->error = chance(c, 2);
}

#endif
