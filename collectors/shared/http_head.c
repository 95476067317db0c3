// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "http_head.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const struct head_text missing;

/* Cuts the first line off, without its end. Returns false, with the rest in *ret, when it has no
 * end. */
static bool next_line(struct head_text *rest, struct head_text *ret)
{
	const char *newline = rest->length ? memchr(rest->data, '\n', rest->length) : NULL;
	size_t length = newline ? (size_t)(newline - rest->data) : rest->length;

	*ret = (struct head_text){ rest->data, length };
	if (!newline)
		return false;
	rest->data += length + 1;
	rest->length -= length + 1;
	if (length && ret->data[length - 1] == '\r')
		ret->length--;
	return true;
}

static struct head_text trim(struct head_text t)
{
	while (t.length && (*t.data == ' ' || *t.data == '\t')) {
		t.data++;
		t.length--;
	}
	while (t.length && (t.data[t.length - 1] == ' ' || t.data[t.length - 1] == '\t'))
		t.length--;
	return t;
}

void http_head_skip_empty_lines(struct head_text *head)
{
	while (head->length && (*head->data == '\r' || *head->data == '\n')) {
		head->data++;
		head->length--;
	}
}

struct head_text http_head_header(struct head_text head, const char *name)
{
	size_t length = strlen(name);
	struct head_text line;

	next_line(&head, &line);
	while (next_line(&head, &line) && line.length) {
		if (line.length > length && line.data[length] == ':' &&
		    !strncasecmp(line.data, name, length))
			return trim((struct head_text){ line.data + length + 1,
							line.length - length - 1 });
	}
	return missing;
}

struct head_text http_head_final(struct head_text text)
{
	struct head_text last = missing, line;

	for (;;) {
		struct head_text head;
		bool interim;

		http_head_skip_empty_lines(&text);
		head = text;
		if (text.length < 13 || strncasecmp(text.data, "HTTP/1.", 7))
			return last.data ? last : head;
		interim = text.data[9] == '1' && memcmp(text.data + 9, "101", 3);
		do {
			if (!next_line(&text, &line))
				return last.data ? last : head;
		} while (line.length);
		last = head;
		if (!interim)
			return last;
	}
}

struct request_line http_head_request_line(struct head_text head)
{
	struct head_text line, rest;
	struct request_line ret = {};
	const char *blank;

	if (!head.length)
		return ret;
	next_line(&head, &line);
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
	return ret;
}
