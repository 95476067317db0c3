/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records of HTTP/2 as the kernel would send them, and the line that the collector makes of them
 * with its own format and filter. Blocks are encoded by libnghttp2. One connection: 10.0.0.10:38416
 * calls 10.0.0.20:8080.
 */
#ifndef MESHTAP_STREAM_STEPS_H
#define MESHTAP_STREAM_STEPS_H

#include "access_log_writer.h"
#include "identity.h"

#include <arpa/inet.h>
#include <nghttp2/nghttp2.h>
#include <stdlib.h>

#include "check.h"

#define MS	     1000000ull
#define CONNECTION   0xabc
#define STREAMS_MAX  64
#define BLOCK_MAX    65536
#define FIELDS_MAX   32
#define LONGEST_LINE (1 << 20)

static struct {
	struct writer writer;
	struct log_plan plan;
	struct log_state state;
	struct http_health health;
	nghttp2_hd_deflater *deflater[2];
	__u32 index[2]; /* of the next piece */
	__u8 blocks[STREAMS_MAX][2];
	bool is_lost; /* what is sent does not arrive */
	char line[LONGEST_LINE];
	__u32 lines;
} near;

static inline void stream_line(const char *text, size_t length)
{
	CHECK(length && length < LONGEST_LINE && memchr(text, '\n', length) == text + length - 1);
	CHECK(!memchr(text, '\0', length));
	memcpy(near.line, text, length - 1);
	near.line[length - 1] = '\0';
	near.lines++;
}

#define log_file_line(file, text, length) stream_line(text, length)
#define workload_name(map, id)		  ""
#define workloads_service(workloads, at)  NULL
#include "../../collectors/access_log_lines.c"
#include "../../collectors/access_log_names.c"
#include "../../collectors/access_log_streams.c"

static inline void stop(void)
{
	http2_heads_free(&near.writer.streams);
	log_format_free(&near.plan.format);
	filter_free(&near.plan.filter);
	free(near.writer.line);
	for (int i = 0; i < 2 && near.deflater[i]; i++)
		nghttp2_hd_deflate_del(near.deflater[i]);
	memset(&near, 0, sizeof(near));
}

/* Everything anew. */
static inline void start(enum log_format_kind kind, const char *format, const char *filter)
{
	struct writer *w = &near.writer;
	struct log_plan *p = &near.plan;
	struct source_error error = {};

	stop();
	if (log_format_compile(&p->format, kind, format, 4096, &p->needs, &error) ||
	    (filter && filter_compile(&p->filter, filter, &p->needs, &error))) {
		printf("%s\n", error.text);
		exit(1);
	}
	for (int i = 0; i < HEAD_SIDES; i++)
		p->wanted[i] = header_set_names(&p->needs.headers[i]);
	w->plan = p;
	w->state = &near.state;
	w->maps.counters = &near.health;
	w->realtime_ns = 1754300096ll * 1000000000;
	w->line = malloc(log_format_line_max(p->format));
	if (!w->line || http2_heads_init(&w->streams, 1 << 20, p->wanted) ||
	    nghttp2_hd_deflate_new(&near.deflater[0], 4096) ||
	    nghttp2_hd_deflate_new(&near.deflater[1], 4096))
		abort();
}

/* Exactly sized: what is read beyond is found out. */
static inline void take(const void *record, size_t size)
{
	void *exact = malloc(size);

	memcpy(exact, record, size);
	lines_take(&near.writer, exact, size);
	free(exact);
}

static inline void send_piece(__u32 stream, int response, const void *bytes, __u32 length,
			      __u8 flags)
{
	static char record[sizeof(struct record_block) + BLOCK_MAX];
	struct record_block block = {
		.header = { RECORD_BLOCK, stream, CONNECTION },
		.length = length,
		.index = near.index[response]++,
		.response = response,
		.flags = flags,
	};

	memcpy(record, &block, sizeof(block));
	memcpy(record + sizeof(block), bytes, length);
	if (!near.is_lost)
		take(record, sizeof(block) + length);
}

struct field {
	const char *name, *value;
};

#define NUL "\x1a" /* in a value, stands for a byte that a literal cannot have */

static inline nghttp2_nv make_field(const struct field *f)
{
	nghttp2_nv nv = { (uint8_t *)f->name, (uint8_t *)strdup(f->value), strlen(f->name),
			  strlen(f->value), NGHTTP2_NV_FLAG_NONE };

	for (size_t i = 0; i < nv.valuelen; i++)
		if (nv.value[i] == *NUL)
			nv.value[i] = '\0';
	return nv;
}

/* A header block, in pieces of size bytes. */
static inline void send_fields(__u32 stream, int response, const struct field *fields, size_t count,
			       size_t size)
{
	static __u8 bytes[BLOCK_MAX];
	nghttp2_nv list[FIELDS_MAX] = {};
	ssize_t length;

	for (size_t i = 0; i < count; i++)
		list[i] = make_field(&fields[i]);
	length = nghttp2_hd_deflate_hd(near.deflater[response], bytes, sizeof(bytes), list, count);
	if (length <= 0)
		abort();
	for (size_t i = 0; i < count; i++)
		free(list[i].value);
	near.blocks[stream][response]++;
	for (size_t at = 0; at < (size_t)length; at += size) {
		size_t n = length - at < size ? length - at : size;

		send_piece(stream, response, bytes + at, n,
			   (at ? 0 : BLOCK_BEGINS) | (at + n == (size_t)length ? BLOCK_ENDS : 0));
	}
}

#define FIELDS(...)   ((const struct field[]){ __VA_ARGS__ })
#define COUNT(fields) (sizeof(fields) / sizeof(struct field))
#define ASK(stream, ...)                                                                           \
	send_fields(stream, 0, FIELDS(__VA_ARGS__), COUNT(FIELDS(__VA_ARGS__)), BLOCK_MAX)
#define ANSWER(stream, ...)                                                                        \
	send_fields(stream, 1, FIELDS(__VA_ARGS__), COUNT(FIELDS(__VA_ARGS__)), BLOCK_MAX)

#define GET(path)                                                                                  \
	{ ":method", "GET" }, { ":scheme", "http" }, { ":authority", "api:8080" },                 \
	{                                                                                          \
		":path", path                                                                      \
	}
#define CALL                                                                                       \
	{ ":method", "POST" }, { ":scheme", "http" }, { ":path", "/pkg.Api/Get" },                 \
		{ ":authority", "api:8080" },                                                      \
	{                                                                                          \
		"te", "trailers"                                                                   \
	}
#define GRPC                                                                                       \
	{                                                                                          \
		"content-type", "application/grpc"                                                 \
	}
#define OK                                                                                         \
	{                                                                                          \
		":status", "200"                                                                   \
	}

#define TEXT(format, filter) start(LOG_FORMAT_TEXT, format, filter)

static inline struct record_stream stream_record(__u32 stream, enum exchange_flag flag)
{
	struct record_stream r = {
		.header = { RECORD_STREAM, stream, CONNECTION },
		.connection.reporter = REPORTER_SOURCE,
		.connection.tuple = { .local_port = htons(38416), .remote_port = htons(8080) },
		.h2.exchange = {
			.started_ns = 1500 * MS,
			.request_ended_ns = 1502 * MS,
			.response_started_ns = 1507 * MS,
			.ended_ns = 1512 * MS + 999999,
			.request_wire = 103,
			.request_body = 3,
			.response_wire = 242,
			.response_body = 42,
			.request_head = 90,
			.response_head = 180,
			.ordinal = stream,
			.flag = flag,
		},
		.h2.blocks = { near.blocks[stream][0], near.blocks[stream][1] },
	};
	struct tuple *t = &r.connection.tuple;

	t->local_addr[2] = t->remote_addr[2] = htonl(0xffff);
	t->local_addr[3] = htonl(0x0a00000a);
	t->remote_addr[3] = htonl(0x0a000014);
	return r;
}

/* The stream's line; "": it has none. */
static inline const char *ended(__u32 stream, enum exchange_flag flag, __u32 reset_code)
{
	struct record_stream r = stream_record(stream, flag);
	__u32 before = near.lines;

	r.h2.reset_code = reset_code;
	near.blocks[stream][0] = near.blocks[stream][1] = 0;
	take(&r, sizeof(r));
	CHECK(near.lines - before <= 1);
	return near.lines == before ? "" : near.line;
}

static inline const char *end(__u32 stream)
{
	return ended(stream, EXCHANGE_OK, 0);
}

#endif
