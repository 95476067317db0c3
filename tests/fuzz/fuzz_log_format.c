/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libFuzzer: whatever the source of a log format and whatever a record holds, there is an error or
 * one line, within the length that was announced; text is printable, JSON is JSON in UTF-8.
 * The first four bytes of the input choose the record, the rest is the source.
 */
#include "log_format.h"
#include "log_format_json.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "chance.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static __u64 number(struct chance *c)
{
	__u64 n = 0;

	for (unsigned int bits = chance(c, 9); bits; bits--)
		n = n << 8 | chance(c, 256);
	return n;
}

/* A piece of what is left of the input, in memory that ends with it. */
static struct head_text text(struct chance *c, char **owned)
{
	size_t n = chance(c, 4) ? chance(c, 40) : chance(c, 400);

	*owned = NULL;
	if (one_in(c, 8))
		return (struct head_text){};
	*owned = malloc(n + !n);
	require(*owned);
	for (size_t i = 0; i < n; i++)
		(*owned)[i] = chance(c, 256);
	return (struct head_text){ *owned, n };
}

#define TEXTS 8 /* of which the headers have any */

struct record {
	struct access_record r;
	struct tuple tuple;
	struct head_text values[HEAD_SIDES][HEAD_NAMES_MAX];
	char *owned[TEXTS];
};

static void make_numbers(struct access_record *r, struct chance *c)
{
	r->is_http = chance(c, 2);
	r->is_client = chance(c, 2);
	r->is_open = chance(c, 2);
	r->realtime_ns = number(c);
	r->connection = number(c);
	r->ordinal = number(c);
	r->started_ns = number(c);
	r->ended_ns = number(c);
	r->request_ended_ns = number(c);
	r->response_started_ns = number(c);
	r->received = r->request_wire = number(c);
	r->sent = r->response_wire = number(c);
	r->request_head = number(c);
	r->response_head = number(c);
	r->status = number(c);
	r->minor = number(c);
	r->flag = number(c);
	r->error = number(c);
	r->rtt_us = r->retransmits = r->pid = number(c);
}

static void make_record(struct record *ret, struct chance *c)
{
	struct head_text texts[TEXTS];
	unsigned char *tuple = (unsigned char *)&ret->tuple;

	make_numbers(&ret->r, c);
	for (size_t i = 0; i < sizeof(ret->tuple); i++)
		tuple[i] = chance(c, 4) ? chance(c, 256) : 0;
	ret->r.tuple = &ret->tuple;
	for (int i = 0; i < TEXTS; i++)
		texts[i] = text(c, &ret->owned[i]);
	ret->r.unit = texts[0];
	ret->r.peer_unit = texts[1];
	ret->r.comm = texts[2];
	ret->r.server_name = texts[3];
	ret->r.start = (struct request_line){ texts[4], texts[5], texts[6], texts[7] };
	for (int side = 0; side < HEAD_SIDES; side++) {
		for (int i = 0; i < HEAD_NAMES_MAX; i++)
			ret->values[side][i] = texts[chance(c, TEXTS)];
		ret->r.header[side] = one_in(c, 4) ? NULL : ret->values[side];
	}
}

static bool is_printable(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < ' ' || s[i] > '~')
			return false;
	return true;
}

static void check_line(const struct log_format *f, enum log_format_kind kind, const char *source,
		       const struct access_record *r)
{
	unsigned long long cut = 0;
	size_t most = log_format_line_max(f), n;
	char *line = malloc(most);

	require(line);
	n = log_format_write(f, line, r, &cut);
	require(n && n <= most && memchr(line, '\n', n) == line + n - 1);
	if (kind == LOG_FORMAT_JSON)
		require(is_json_line(line, n - 1));
	else if (is_printable(source, strlen(source)))
		require(is_printable(line, n - 1));
	free(line);
}

static void check(const char *source, struct chance *c)
{
	enum log_format_kind kind = chance(c, 2) ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT;
	struct source_error error = {};
	struct log_needs needs = {};
	struct log_format *f = NULL;
	struct record record = {};
	int err = log_format_compile(&f, kind, source, chance(c, 300), &needs, &error);

	if (err) {
		require(err == -EINVAL && !f && error.column && *error.text);
		require(error.column <= strlen(source) + 1 && !strchr(error.text, '\n'));
		return;
	}
	make_record(&record, c);
	for (int i = 0; i < 2; i++) /* a second that was kept */
		check_line(f, kind, source, &record.r);
	for (int i = 0; i < TEXTS; i++)
		free(record.owned[i]);
	log_format_free(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t length;
	struct chance c;
	uint32_t seed;
	char *source;

	if (size < sizeof(seed))
		return 0;
	memcpy(&seed, data, sizeof(seed));
	c = chance_of_seed(seed);
	data += sizeof(seed);
	length = strnlen((const char *)data, size - sizeof(seed));
	source = strndup((const char *)data, length);
	require(source);
	check(source, &c);
	free(source);
	return 0;
}
