// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "http_head.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define GRAIN 64u /* of memory; a power of two */

static const struct head_text missing;

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void cut(struct http_head *h)
{
	if (h->state == HEAD_NAME)
		h->length = h->line;
	else if (h->text)
		h->text[h->length++] = '\n';
	h->state = h->text ? HEAD_CUT : HEAD_DAMAGED;
}

/* Makes room for n bytes more and the LF of a cut, tightly: there may be many heads. */
static bool grow(struct http_head *h, size_t n)
{
	size_t capacity = h->capacity + h->capacity / 2;
	char *text;

	if (h->length + n < h->capacity)
		return true;
	if (capacity < h->length + n + 1)
		capacity = h->length + n + 1;
	capacity = (capacity + GRAIN - 1) & ~(size_t)(GRAIN - 1);
	text = realloc(h->text, capacity);
	if (!text)
		return false;
	h->text = text;
	h->capacity = capacity;
	return true;
}

static void put(struct http_head *h, const char *data, size_t n)
{
	size_t room = HEAD_TEXT_MAX - 1 - h->length, take = n < room ? n : room;

	if (!grow(h, take)) {
		cut(h);
		return;
	}
	memcpy(h->text + h->length, data, take);
	h->length += take;
	if (take < n)
		cut(h);
}

static void skip_line(struct http_head *h)
{
	h->length = h->line;
	h->state = HEAD_SKIPPED;
}

/* Of a repeated header the first is wanted. */
static bool is_wanted(struct http_head *h, const struct head_names *wanted, const char *name,
		      size_t length)
{
	for (unsigned int i = 0; i < wanted->count; i++) {
		const char *other = wanted->names[i];

		if ((*name ^ *other) & ~0x20 || strlen(other) != length ||
		    strncasecmp(name, other, length))
			continue;
		if (h->seen & 1ull << i)
			return false;
		h->seen |= 1ull << i;
		return true;
	}
	return false;
}

/* A line that begins with a blank continues the one before, as if one blank stood for the end. */
static void unfold(struct http_head *h)
{
	if (!h->last_kept) {
		h->state = HEAD_SKIPPED;
		return;
	}
	do
		h->length--;
	while (is_blank(h->text[h->length - 1]));
	h->line = h->length;
	h->state = HEAD_FOLD;
	put(h, " ", 1);
}

/* Copies a name only when it is wanted, or cut. Returns the bytes taken. */
static size_t take_name(struct http_head *h, const struct head_names *wanted, const char *data,
			size_t n)
{
	size_t have = h->length - h->line, most = HEAD_NAME_MAX + 1 - have;
	const char *colon = memchr(data, ':', n < most ? n : most);
	size_t taken = colon ? (size_t)(colon - data) + 1 : n;
	bool is_kept;

	if (!colon && n >= most) {
		skip_line(h);
		return 0;
	}
	if (!colon || have)
		put(h, data, taken);
	if (!colon || h->state == HEAD_CUT)
		return taken;
	is_kept = is_wanted(h, wanted, have ? h->text + h->line : data, have + taken - 1);
	if (!is_kept) {
		skip_line(h);
		return taken;
	}
	h->state = HEAD_KEPT;
	return have ? taken : 0;
}

/* Bytes of one line, without its LF. */
static void take_bytes(struct http_head *h, const struct head_names *wanted, const char *data,
		       size_t n)
{
	while (n && h->state < HEAD_SKIPPED) {
		size_t taken = 1;

		if (h->state == HEAD_BEFORE && *data != '\r') {
			h->length = h->line = 0; /* an interim head */
			h->seen = 0;
			h->state = HEAD_START;
			taken = 0;
		} else if (h->state == HEAD_FOLD && !is_blank(*data)) {
			h->state = HEAD_KEPT;
			taken = 0;
		} else if (h->state == HEAD_NAME && h->length == h->line && is_blank(*data)) {
			unfold(h);
			taken = 0;
		} else if (h->state == HEAD_NAME) {
			taken = take_name(h, wanted, data, n);
		} else if (h->state == HEAD_START || h->state == HEAD_KEPT) {
			put(h, data, n);
			taken = n;
		}
		data += taken;
		n -= taken;
	}
}

static bool is_interim(const struct http_head *h)
{
	return h->response && h->length >= sizeof("HTTP/1.1 100") && h->text[9] == '1' &&
	       memcmp(h->text + 9, "101", 3);
}

static void end_line(struct http_head *h)
{
	bool is_kept = h->state == HEAD_KEPT || h->state == HEAD_FOLD;

	if (h->state == HEAD_BEFORE)
		return;
	if (h->length > h->line && h->text[h->length - 1] == '\r')
		h->length--;
	if (h->state == HEAD_NAME && h->length == h->line) {
		h->state = is_interim(h) ? HEAD_BEFORE : HEAD_ENDED;
		return;
	}
	if (h->state == HEAD_NAME)
		h->length = h->line;
	else if (h->state != HEAD_SKIPPED)
		put(h, "\n", 1);
	if (h->state == HEAD_CUT)
		return;
	h->line = h->length;
	h->last_kept = is_kept;
	h->state = HEAD_NAME;
}

void http_head_append(struct http_head *h, const struct head_names *wanted, struct head_text piece)
{
	while (piece.length && h->state < HEAD_ENDED) {
		const char *newline = memchr(piece.data, '\n', piece.length);
		size_t n = newline ? (size_t)(newline - piece.data) : piece.length;

		take_bytes(h, wanted, piece.data, n);
		if (!newline)
			return;
		if (h->state < HEAD_ENDED)
			end_line(h);
		piece.data += n + 1;
		piece.length -= n + 1;
	}
}

void http_head_damage(struct http_head *h)
{
	http_head_free(h);
	h->state = HEAD_DAMAGED;
}

void http_head_free(struct http_head *h)
{
	free(h->text);
	*h = (struct http_head){ .response = h->response };
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

struct head_text http_head_header(struct head_text kept, const char *name)
{
	size_t length = strlen(name);
	struct head_text line;

	next_line(&kept, &line);
	while (next_line(&kept, &line)) {
		if (line.length > length && line.data[length] == ':' &&
		    !strncasecmp(line.data, name, length))
			return trim((struct head_text){ line.data + length + 1,
							line.length - length - 1 });
	}
	return missing;
}

/* Where the authority of a target in absolute form begins; NULL: another form. */
static const char *after_scheme(struct head_text target)
{
	const char *colon = target.length ? memchr(target.data, ':', target.length) : NULL;

	if (!colon || target.data + target.length - colon < 3 || memcmp(colon, "://", 3))
		return NULL;
	for (const char *p = target.data; p < colon; p++)
		if (!isalnum((unsigned char)*p) && !strchr("+-.", *p))
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
