/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_text.h"

#include "record_time.h"

#include <limits.h>

/* LOG_FORMAT_TEXT_DEFAULT of log_format_defaults.h, a field a line. */
static const struct piece {
	const char *before;
	const char *key;
	char until; /* 0: the end of the line */
	enum { WORD, NUMBER, FLAGS /* "-" is their value */ } type;
} pieces[] = {
	{ "[", "start_time", ']', WORD },
	{ "] \"", "method", ' ', WORD },
	{ " ", "path", '"', WORD }, /* and the protocol, behind its last blank */
	{ " ", "protocol", '"', WORD },
	{ "\" ", "response_code", ' ', NUMBER },
	{ " ", "response_flags", ' ', FLAGS },
	{ " ", "response_code_details", ' ', WORD },
	{ " ", "connection_termination_details", ' ', WORD },
	{ " \"", "upstream_transport_failure_reason", '"', WORD },
	{ "\" ", "bytes_received", ' ', NUMBER },
	{ " ", "bytes_sent", ' ', NUMBER },
	{ " ", "duration", ' ', NUMBER },
	{ " ", "upstream_service_time", ' ', WORD },
	{ " \"", "x_forwarded_for", '"', WORD },
	{ "\" \"", "user_agent", '"', WORD },
	{ "\" \"", "request_id", '"', WORD },
	{ "\" \"", "authority", '"', WORD },
	{ "\" \"", "upstream_host", '"', WORD },
	{ "\" ", "upstream_cluster", ' ', WORD },
	{ " ", "upstream_local_address", ' ', WORD },
	{ " ", "downstream_local_address", ' ', WORD },
	{ " ", "downstream_remote_address", ' ', WORD },
	{ " ", "requested_server_name", ' ', WORD },
	{ " ", "route_name", 0, WORD },
};

#define PIECES (sizeof(pieces) / sizeof(pieces[0]))

/* Up to the piece's end, which is not part of it. NULL: there is none. */
static const char *find_end(const struct piece *p, const char *at, const char *end)
{
	const char *found = p->until ? memchr(at, p->until, end - at) : end;

	if (found && p == &pieces[2])
		found = memrchr(at, ' ', found - at);
	return found;
}

/* Numbers of the log have no sign, and are far below 2^63. */
static bool read_number(struct head_text t, int64_t *ret)
{
	int64_t n = 0;

	if (!t.length || t.length > 18)
		return false;
	for (size_t i = 0; i < t.length; i++) {
		if (t.data[i] < '0' || t.data[i] > '9')
			return false;
		n = n * 10 + t.data[i] - '0';
	}
	*ret = n;
	return true;
}

static bool add_field(struct record *r, struct arena *a, const struct piece *p, struct head_text t)
{
	struct field *f = &r->fields[r->count];

	if (!t.length && p->until != '"')
		return false; /* only a quoted field may be empty */
	if (head_text_is(t, "-") && p->type != FLAGS)
		return true;
	f->key = (struct head_text){ p->key, strlen(p->key) };
	f->kind = p->type == NUMBER ? FIELD_INTEGER : FIELD_TEXT;
	if (p->type == NUMBER && !read_number(t, &f->integer))
		return false;
	if (p->type != NUMBER)
		f->text = arena_unescape(a, t);
	r->count++;
	return true;
}

static bool read_pieces(struct record *r, struct arena *a)
{
	const char *at = r->line.data, *end = at + r->line.length, *stop;

	for (const struct piece *p = pieces; p < pieces + PIECES; p++) {
		size_t length = strlen(p->before);

		if ((size_t)(end - at) < length || memcmp(at, p->before, length))
			return false;
		at += length;
		stop = find_end(p, at, end);
		if (!stop || !add_field(r, a, p, (struct head_text){ at, stop - at }))
			return false;
		at = stop;
	}
	return true;
}

bool record_read_text(struct record *r, struct arena *a)
{
	r->count = 0;
	if (!read_pieces(r, a) || !r->count || strcmp(r->fields[0].key.data, pieces[0].key)) {
		r->count = 0;
		return false;
	}
	r->time_ns = record_time(r->fields[0].text);
	return true;
}
