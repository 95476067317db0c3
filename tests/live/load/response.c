// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "response.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void response_begin(struct response *p, struct request *request)
{
	p->request = request;
	p->state = RESPONSE_STATUS;
	p->status = 0;
	p->length = ANY_LENGTH;
	p->wire = p->body = 0;
	p->chunked = p->close = p->interim = false;
	p->error = NULL;
	p->line_length = 0;
}

static uint64_t number(struct response *p, const char *s, int base)
{
	char *end;
	uint64_t n = strtoull(s, &end, base);

	if (end == s || *end)
		p->error = "bad number";
	return n;
}

static void take_status(struct response *p)
{
	const char *l = p->line;

	if (strlen(l) < 12 || strncmp(l, "HTTP/1.1 ", 9) || strspn(l + 9, "0123456789") != 3) {
		p->error = "no status line";
		return;
	}
	p->status = strtoul(l + 9, NULL, 10);
	p->state = RESPONSE_HEADERS;
}

static void take_header(struct response *p)
{
	char *value = strchr(p->line, ':');

	if (!value) {
		p->error = "no header";
		return;
	}
	*value++ = 0;
	value += strspn(value, " \t");
	if (!strcasecmp(p->line, "Content-Length"))
		p->length = number(p, value, 10);
	else if (!strcasecmp(p->line, "Transfer-Encoding"))
		p->chunked = !strcasecmp(value, "chunked");
	else if (!strcasecmp(p->line, "Connection"))
		p->close = !strcasecmp(value, "close");
}

/* RFC 9112 section 6.3 */
static void end_head(struct response *p)
{
	if (p->status == 100) {
		p->request->continued = p->interim = true;
		p->state = RESPONSE_STATUS;
	} else if (!strcmp(p->request->method, "HEAD") || p->status == 204 || p->status == 304) {
		p->state = RESPONSE_DONE;
	} else if (p->chunked) {
		p->state = RESPONSE_CHUNK_SIZE;
	} else if (p->length != ANY_LENGTH) {
		p->left = p->length;
		p->state = p->left ? RESPONSE_BODY : RESPONSE_DONE;
	} else {
		p->state = RESPONSE_UNTIL_CLOSE;
	}
}

/* p->line is whole, without its end. */
static void take_line(struct response *p)
{
	switch (p->state) {
	case RESPONSE_STATUS:
		take_status(p);
		break;
	case RESPONSE_HEADERS:
		if (*p->line)
			take_header(p);
		else
			end_head(p);
		break;
	case RESPONSE_CHUNK_SIZE:
		p->left = number(p, p->line, 16);
		p->state = p->left ? RESPONSE_CHUNK : RESPONSE_TRAILERS;
		break;
	case RESPONSE_CHUNK_END:
		p->state = RESPONSE_CHUNK_SIZE;
		if (*p->line)
			p->error = "no line end after a chunk";
		break;
	default: /* RESPONSE_TRAILERS */
		if (!*p->line)
			p->state = RESPONSE_DONE;
	}
}

static size_t feed_line(struct response *p, const char *data, size_t length)
{
	const char *newline = memchr(data, '\n', length);
	size_t used = newline ? (size_t)(newline + 1 - data) : length;

	if (used > RESPONSE_LINE - p->line_length) {
		p->error = "line too long";
		return 0;
	}
	memcpy(p->line + p->line_length, data, used);
	p->line_length += used;
	if (!newline)
		return used;
	if (p->line_length < 2 || p->line[p->line_length - 2] != '\r') {
		p->error = "line without CR";
		return 0;
	}
	p->line[p->line_length - 2] = 0;
	p->line_length = 0;
	take_line(p);
	return used;
}

static bool is_due(const struct response *p, const char *data, size_t length)
{
	const struct request *r = p->request;
	char number_due[24];
	int digits;

	if (p->status != r->status || r->content == CONTENT_ANY)
		return true;
	if (r->content == CONTENT_FILE)
		return !memcmp(data, body_at(r->offset + p->body), length);
	digits = snprintf(number_due, sizeof(number_due), "%llu", (unsigned long long)r->body);
	return p->body + length <= (uint64_t)digits && !memcmp(data, number_due + p->body, length);
}

static size_t feed_body(struct response *p, const char *data, size_t length)
{
	if (length > BODY_PIECE)
		length = BODY_PIECE;
	if (p->state != RESPONSE_UNTIL_CLOSE && length > p->left)
		length = p->left;
	if (!is_due(p, data, length))
		p->error = "wrong body";
	p->body += length;
	p->left -= length;
	if (p->state == RESPONSE_BODY && !p->left)
		p->state = RESPONSE_DONE;
	else if (p->state == RESPONSE_CHUNK && !p->left)
		p->state = RESPONSE_CHUNK_END;
	return length;
}

size_t response_feed(struct response *p, const char *data, size_t length)
{
	size_t used = 0;

	while (used < length && p->state < RESPONSE_DONE && !p->error) {
		bool body = p->state == RESPONSE_BODY || p->state == RESPONSE_CHUNK ||
			    p->state == RESPONSE_UNTIL_CLOSE;
		size_t n = body ? feed_body(p, data + used, length - used)
				: feed_line(p, data + used, length - used);

		used += n;
		p->wire += n;
	}
	return used;
}

void response_eof(struct response *p)
{
	if (p->state == RESPONSE_UNTIL_CLOSE)
		p->state = RESPONSE_DONE_BY_CLOSE;
	else
		p->error = "closed by the server";
}
