/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Makes conversations: requests and responses of every framing, pipelined too, whose bodies are
 * full of what looks like messages. Include after talk.h.
 */
#ifndef MESHTAP_TALK_MAKE_H
#define MESHTAP_TALK_MAKE_H

#include <stdarg.h>

#include "chance.h"

enum request_kind {
	REQUEST_GET,
	REQUEST_HEAD,
	REQUEST_LENGTH,
	REQUEST_CHUNKED,
	REQUEST_EMPTY_LINES, /* in front of it */
	REQUEST_LONG_HEAD,
	REQUEST_BARE_LF,
	REQUEST_EXPECT, /* from here on not pipelined */
	REQUEST_REFUSED_CONNECT,
	REQUEST_CONNECT, /* accepted: the last exchange only */
};

enum response_kind {
	RESPONSE_LENGTH,
	RESPONSE_EMPTY,
	RESPONSE_CHUNKED,
	RESPONSE_204,
	RESPONSE_304,
	RESPONSE_EARLY_HINTS,
	RESPONSE_LONG_HEAD,
	RESPONSE_UNTIL_CLOSE, /* these: the last exchange only */
	RESPONSE_TUNNEL,
	RESPONSE_KINDS,
};

__attribute__((format(printf, 3, 4))) static inline void talk_line(struct talk *t, int stream,
								   const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	talk_put(t, stream, line, strlen(line));
}

static inline void talk_body(struct talk *t, int stream, __u32 length)
{
	static const char lure[] = "\r\n0\r\n\r\nGET /lure HTTP/1.1\r\n\r\nHTTP/1.1 200 OK\r\n"
				   "Content-Length: 3\r\n\r\nabc\n\nPOST /lure HTTP/1.1\r\n"
				   "Transfer-Encoding: chunked\r\n\r\n5\r\nhello";
	__u32 from = t->length[stream], to = from + length;

	while (t->length[stream] < to)
		talk_put(t, stream, lure, talk_least(to - t->length[stream], sizeof(lure) - 1));
	memset(t->is_body[stream] + from, 1, length);
}

static inline __u32 talk_size(struct chance *c)
{
	static const __u32 most[] = { 40, 40, 600, 3000, 20000 };

	return chance(c, most[chance(c, sizeof(most) / sizeof(most[0]))]);
}

static inline void talk_chunks(struct talk *t, int stream, struct chance *c)
{
	for (__u32 i = chance(c, 6); i; i--) {
		__u32 size = 1 + talk_size(c);

		talk_line(t, stream, i & 1 ? "%x\r\n" : "%04X;name=\"a\"\r\n", size);
		talk_body(t, stream, size);
		talk_line(t, stream, "\r\n");
	}
	talk_line(t, stream, "0\r\n%s\r\n", one_in(c, 3) ? "X-Trailer: a\r\n" : "");
}

static inline void talk_long_header(struct talk *t, int stream, struct chance *c)
{
	for (__u32 i = 1 + chance(c, 30); i; i--)
		talk_line(t, stream, "Cookie-%u: %0*d\r\n", i, 1 + (int)chance(c, 200), 0);
}

static inline __u8 talk_method(enum request_kind kind)
{
	if (kind == REQUEST_HEAD)
		return HTTP1_METHOD_HEAD;
	if (kind == REQUEST_CONNECT || kind == REQUEST_REFUSED_CONNECT)
		return HTTP1_METHOD_CONNECT;
	return HTTP1_METHOD_OTHER;
}

static inline void talk_request_head(struct talk *t, enum request_kind kind, struct chance *c,
				     struct talk_exchange *e, __u32 length)
{
	static const char *const names[] = { "POST", "HEAD", "CONNECT" };
	const char *end = kind == REQUEST_BARE_LF ? "\n" : "\r\n";

	e->method = talk_method(kind);
	e->begin[REQUEST] = t->length[REQUEST];
	talk_line(t, REQUEST, "%s /%u%0*d HTTP/1.1%s", names[e->method], t->count,
		  1 + (int)chance(c, 60), 0, end);
	e->line_end = t->length[REQUEST];
	talk_line(t, REQUEST, "Host: a%s", end);
	if (kind == REQUEST_LONG_HEAD)
		talk_long_header(t, REQUEST, c);
	if (kind == REQUEST_LENGTH || kind == REQUEST_EXPECT)
		talk_line(t, REQUEST, "Content-Length: %u\r\n", length);
	else if (kind == REQUEST_CHUNKED)
		talk_line(t, REQUEST, "Transfer-Encoding: chunked\r\n");
	talk_line(t, REQUEST, "%s", end);
	e->head_end[REQUEST] = t->length[REQUEST];
}

static inline void talk_interim(struct talk *t, struct talk_exchange *e, __u16 status)
{
	int n = e->interim[0] != 0;

	if (!n)
		e->begin[RESPONSE] = t->length[RESPONSE];
	talk_line(t, RESPONSE, "HTTP/1.1 %u Wait\r\nLink: </a>\r\n\r\n", status);
	e->interim[n] = status;
	e->interim_end[n] = t->length[RESPONSE];
}

/* needs: see talk_part(). */
static inline struct talk_exchange *talk_request(struct talk *t, enum request_kind kind,
						 struct chance *c, __u32 needs)
{
	struct talk_exchange *e = &t->exchanges[t->count];
	__u32 length = 0;

	memset(e, 0, sizeof(*e));
	if (kind == REQUEST_EMPTY_LINES)
		talk_line(t, REQUEST, one_in(c, 2) ? "\r\n\r\n" : "\n");
	if (kind == REQUEST_LENGTH || kind == REQUEST_EXPECT)
		length = talk_size(c);
	talk_request_head(t, kind, c, e, length);
	if (kind == REQUEST_EXPECT) {
		talk_part(t, REQUEST, needs);
		talk_interim(t, e, 100);
		talk_part(t, RESPONSE, t->length[REQUEST]);
		needs = t->length[RESPONSE];
	}
	if (kind == REQUEST_CHUNKED)
		talk_chunks(t, REQUEST, c);
	else
		talk_body(t, REQUEST, length);
	e->end[REQUEST] = t->length[REQUEST];
	talk_part(t, REQUEST, needs);
	t->count++;
	return e;
}

static inline void talk_response_head(struct talk *t, enum response_kind kind, struct chance *c,
				      struct talk_exchange *e, __u32 length)
{
	static const __u16 status[RESPONSE_KINDS] = { [RESPONSE_204] = 204, [RESPONSE_304] = 304 };

	e->status = status[kind] ? status[kind] : 200 + chance(c, 3);
	if (e->method == HTTP1_METHOD_CONNECT && kind != RESPONSE_TUNNEL)
		e->status = 407;
	if (!e->interim[0])
		e->begin[RESPONSE] = t->length[RESPONSE];
	talk_line(t, RESPONSE, "HTTP/1.1 %u Reason\r\nServer: a\r\n", e->status);
	if (kind == RESPONSE_LONG_HEAD)
		talk_long_header(t, RESPONSE, c);
	if (kind == RESPONSE_CHUNKED)
		talk_line(t, RESPONSE, "Transfer-Encoding: chunked\r\n");
	else if (kind != RESPONSE_UNTIL_CLOSE && kind != RESPONSE_204)
		talk_line(t, RESPONSE, "Content-Length: %u\r\n", length);
	talk_line(t, RESPONSE, "\r\n");
	e->head_end[RESPONSE] = t->length[RESPONSE];
}

/* needs: how much of the requests the server reads before it answers. */
static inline void talk_response(struct talk *t, enum response_kind kind, struct chance *c,
				 struct talk_exchange *e, __u32 needs)
{
	__u32 length = kind == RESPONSE_EMPTY ? 0 : talk_size(c);

	if (e->method == HTTP1_METHOD_CONNECT && (kind == RESPONSE_204 || kind == RESPONSE_304))
		kind = RESPONSE_LENGTH; /* it is refused */
	if (kind == RESPONSE_EARLY_HINTS)
		talk_interim(t, e, 103);
	talk_response_head(t, kind, c, e, length);
	if (e->method == HTTP1_METHOD_HEAD || kind == RESPONSE_204 || kind == RESPONSE_304)
		length = 0; /* of which the head may speak */
	else if (kind == RESPONSE_CHUNKED)
		talk_chunks(t, RESPONSE, c);
	else
		talk_body(t, RESPONSE, length);
	e->end[RESPONSE] = t->length[RESPONSE];
	t->until_close |= kind == RESPONSE_UNTIL_CLOSE && e->method != HTTP1_METHOD_HEAD;
	t->tunnel |= kind == RESPONSE_TUNNEL;
	talk_part(t, RESPONSE, needs);
}

/* Bytes after a CONNECT that was accepted: both ways, part of the last exchange. */
static inline void talk_tunnel(struct talk *t, struct chance *c, struct talk_exchange *e)
{
	for (__u32 i = chance(c, 4); i; i--) {
		talk_body(t, REQUEST, talk_size(c));
		talk_part(t, REQUEST, t->length[RESPONSE]);
		talk_body(t, RESPONSE, talk_size(c));
		talk_part(t, RESPONSE, t->length[REQUEST]);
	}
	e->end[REQUEST] = t->length[REQUEST];
	e->end[RESPONSE] = t->length[RESPONSE];
}

/* Up to most requests in flight. */
static inline void talk_batch(struct talk *t, struct chance *c, __u32 most)
{
	__u32 n = 1 + chance(c, most), needs = t->length[RESPONSE], first = t->count;
	__u32 asked[TALK_EXCHANGES];

	for (__u32 i = 0; i < n; i++) {
		talk_request(t, chance(c, n > 1 ? REQUEST_EXPECT : REQUEST_CONNECT), c, needs);
		asked[i] = t->length[REQUEST];
	}
	for (__u32 i = 0; i < n; i++)
		talk_response(t, chance(c, RESPONSE_UNTIL_CLOSE), c, &t->exchanges[first + i],
			      asked[i]);
}

static inline void talk_last(struct talk *t, struct chance *c)
{
	static const __u32 kinds[] = { RESPONSE_EMPTY, RESPONSE_UNTIL_CLOSE, RESPONSE_TUNNEL };
	__u32 kind = kinds[chance(c, 3)];
	struct talk_exchange *e;

	e = talk_request(t, kind == RESPONSE_TUNNEL ? REQUEST_CONNECT : REQUEST_GET, c,
			 t->length[RESPONSE]);
	talk_response(t, kind, c, e, t->length[REQUEST]);
	if (kind == RESPONSE_TUNNEL)
		talk_tunnel(t, c, e);
}

/* About exchanges requests, up to pipelined of them in flight. */
static inline void talk_make(struct talk *t, struct chance *c, __u32 exchanges, __u32 pipelined)
{
	t->length[0] = t->length[1] = 0;
	t->part_count = 0;
	t->count = 0;
	t->until_close = 0;
	t->tunnel = 0;
	t->closes = CLOSER_NONE;
	while (t->count + pipelined < exchanges)
		talk_batch(t, c, pipelined);
	talk_last(t, c);
}

#endif
