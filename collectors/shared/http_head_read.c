// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What stands in the lines that were kept of a head. */
#include "http_head.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const struct head_text missing;

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Cuts the first line off, without its end. Returns false when it has no end. */
static bool next_line(struct head_text *rest, struct head_text *ret)
{
	const char *newline = rest->length ? memchr(rest->data, '\n', rest->length) : NULL;
	size_t length = newline ? (size_t)(newline - rest->data) : rest->length;

	*ret = (struct head_text){ rest->data, length };
	if (!newline)
		return false;
	rest->data += length + 1;
	rest->length -= length + 1;
	return true;
}

static struct head_text trim(struct head_text t)
{
	while (t.length && is_blank(*t.data)) {
		t.data++;
		t.length--;
	}
	while (t.length && is_blank(t.data[t.length - 1]))
		t.length--;
	return t;
}

/* The number of the header that the line is, or -1. */
static int number_of(struct head_text line, const struct head_names *wanted)
{
	const char *colon = memchr(line.data, ':', line.length);
	size_t length = colon ? (size_t)(colon - line.data) : 0;

	for (unsigned int i = 0; length && i < wanted->count; i++) {
		const char *name = wanted->names[i];

		if (!((*line.data ^ *name) & ~0x20) && strlen(name) == length &&
		    !strncasecmp(line.data, name, length))
			return i;
	}
	return -1;
}

static struct head_text value_of(struct head_text line, const char *name)
{
	size_t length = strlen(name) + 1;

	return trim((struct head_text){ line.data + length, line.length - length });
}

void http_head_values(const struct http_head *h, const struct head_names *wanted,
		      struct head_text *ret)
{
	struct head_text rest = { h->text, h->length }, line;

	for (unsigned int i = 0; i < wanted->count; i++)
		ret[i] = missing;
	if (h->state == HEAD_BEFORE || !h->text) /* an interim head at most */
		return;
	if (!h->trailers)
		next_line(&rest, &line);
	while (next_line(&rest, &line)) {
		int number = number_of(line, wanted);

		if (number >= 0)
			ret[number] = value_of(line, wanted->names[number]);
	}
}

/* Whatever stands in it, it stands there alone. */
static bool is_usual(struct head_text line)
{
	return line.length && !is_blank(*line.data) && *line.data != '\r';
}

bool http_head_whole(struct head_text head, const struct head_names *wanted,
		     struct head_text *ret_start, struct head_text *ret)
{
	struct head_text line;

	for (unsigned int i = 0; i < wanted->count; i++)
		ret[i] = missing;
	*ret_start = missing;
	if (head.length > HEAD_TEXT_MAX)
		return false;
	while (next_line(&head, &line)) {
		int number;

		if (line.length && line.data[line.length - 1] == '\r')
			line.length--;
		if (!is_usual(line))
			return !line.length && ret_start->length;
		if (!ret_start->length) {
			*ret_start = line;
			continue;
		}
		number = number_of(line, wanted);
		if (number >= 0 && !ret[number].data)
			ret[number] = value_of(line, wanted->names[number]);
	}
	return false;
}

/* Where the authority of a target in absolute form (RFC 3986 3.1) begins; NULL: another form. */
static const char *after_scheme(struct head_text target)
{
	const char *colon = target.length ? memchr(target.data, ':', target.length) : NULL;

	if (!colon || target.data + target.length - colon < 3 || memcmp(colon, "://", 3) ||
	    !isalpha((unsigned char)*target.data))
		return NULL;
	for (const char *p = target.data; p < colon; p++)
		if (!isalnum((unsigned char)*p) && *p != '+' && *p != '-' && *p != '.')
			return NULL;
	return colon + 3;
}

static void split_target(struct request_line *line)
{
	const char *at = after_scheme(line->target), *end = line->target.data + line->target.length;
	const char *path = at;

	if (line->method.length == 7 && !memcmp(line->method.data, "CONNECT", 7)) {
		line->authority = line->target;
		return;
	}
	line->path = line->target;
	if (!at)
		return;
	while (path < end && *path != '/' && *path != '?')
		path++;
	line->authority = (struct head_text){ at, path - at };
	line->path =
		path < end ? (struct head_text){ path, end - path } : (struct head_text){ "/", 1 };
}

struct request_line http_head_request_line(struct head_text kept)
{
	struct head_text line, rest;
	struct request_line ret = {};
	const char *blank;

	if (!kept.length)
		return ret;
	next_line(&kept, &line);
	blank = memchr(line.data, ' ', line.length);
	ret.method =
		(struct head_text){ line.data, blank ? (size_t)(blank - line.data) : line.length };
	if (!blank)
		return ret;
	rest = trim((struct head_text){ blank, line.data + line.length - blank });
	blank = memrchr(rest.data, ' ', rest.length);
	if (blank && (size_t)(rest.data + rest.length - blank) > 5 &&
	    !memcmp(blank + 1, "HTTP/", 5))
		rest = trim((struct head_text){ rest.data, blank - rest.data });
	ret.target = rest;
	split_target(&ret);
	return ret;
}
