// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "http_head.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define GRAIN 64u /* of memory; a power of two */

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

void http_head_free(struct http_head *h)
{
	free(h->text);
	*h = (struct http_head){
		.state = h->trailers ? HEAD_NAME : HEAD_BEFORE,
		.response = h->response,
		.trailers = h->trailers,
	};
}

void http_head_begin(struct http_head *h, enum head_side side)
{
	*h = (struct http_head){
		.text = h->text,
		.capacity = h->capacity,
		.state = side == HEAD_TRAILER ? HEAD_NAME : HEAD_BEFORE,
		.response = side == HEAD_RESPONSE,
		.trailers = side == HEAD_TRAILER,
	};
}
