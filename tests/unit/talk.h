/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Conversations of known requests and responses: what a client and a server send, and from the same
 * hand the exchanges that are in it. Bodies are full of what looks like messages. Include after
 * walk_sink.h.
 */
#ifndef MESHTAP_TALK_H
#define MESHTAP_TALK_H

#include <stdarg.h>

#include "chance.h"

#define TALK_BYTES     (1 << 18)
#define TALK_PARTS     256
#define TALK_EXCHANGES 64

enum request_kind {
	REQUEST_GET,
	REQUEST_HEAD,
	REQUEST_LENGTH,
	REQUEST_CHUNKED,
	REQUEST_EMPTY_LINES, /* in front of it */
	REQUEST_LONG_HEAD,
	REQUEST_BARE_LF,
	REQUEST_EXPECT,
	REQUEST_REFUSED_CONNECT,
	REQUEST_CONNECT, /* accepted: the last exchange only */
	REQUEST_KINDS,
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

struct talk_part {
	int response; /* its stream */
	__u32 end;    /* in its stream */
	__u32 needs;  /* how much of the other stream has arrived before this is sent */
};

struct talk {
	__u8 bytes[2][TALK_BYTES]; /* the streams: requests, responses */
	__u32 length[2];
	struct talk_part parts[TALK_PARTS];
	__u32 part_count;
	struct sink_record truth[TALK_EXCHANGES];
	__u32 count;
	int until_close;
};

static inline void talk_put(struct talk *t, int response, const void *bytes, __u32 length)
{
	if (length > TALK_BYTES - t->length[response])
		user_fail(__func__, "more than TALK_BYTES");
	memcpy(t->bytes[response] + t->length[response], bytes, length);
	t->length[response] += length;
}

__attribute__((format(printf, 3, 4))) static inline void talk_line(struct talk *t, int response,
								   const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	talk_put(t, response, line, strlen(line));
}

static inline void talk_body(struct talk *t, int response, __u32 length)
{
	static const char lure[] = "\r\n0\r\n\r\nGET /lure HTTP/1.1\r\n\r\nHTTP/1.1 200 OK\r\n"
				   "Content-Length: 3\r\n\r\nabc\n\nPOST /lure HTTP/1.1\r\n"
				   "Transfer-Encoding: chunked\r\n\r\n5\r\nhello";

	while (length) {
		__u32 n = length < sizeof(lure) - 1 ? length : sizeof(lure) - 1;

		talk_put(t, response, lure, n);
		length -= n;
	}
}

static inline __u32 talk_size(struct chance *c)
{
	static const __u32 most[] = { 40, 40, 600, 3000, 20000 };

	return chance(c, most[chance(c, sizeof(most) / sizeof(most[0]))]);
}

/* Returns the body's bytes without framing. */
static inline __u32 talk_chunks(struct talk *t, int response, struct chance *c)
{
	__u32 body = 0, size;

	for (__u32 i = chance(c, 6); i; i--) {
		size = 1 + talk_size(c);
		talk_line(t, response, i & 1 ? "%x\r\n" : "%04X;name=\"a\"\r\n", size);
		talk_body(t, response, size);
		talk_line(t, response, "\r\n");
		body += size;
	}
	talk_line(t, response, "0\r\n%s\r\n", one_in(c, 3) ? "X-Trailer: a\r\n" : "");
	return body;
}

static inline void talk_long_header(struct talk *t, int response, struct chance *c)
{
	for (__u32 i = 1 + chance(c, 30); i; i--)
		talk_line(t, response, "Cookie-%u: %0*d\r\n", i, 1 + (int)chance(c, 200), 0);
}

/* What was added to a stream since the last call can be sent once needs bytes of the other came. */
static inline void talk_part(struct talk *t, int response, __u32 needs)
{
	struct talk_part *p = &t->parts[t->part_count++];

	if (t->part_count > TALK_PARTS)
		user_fail(__func__, "more than TALK_PARTS");
	p->response = response;
	p->end = t->length[response];
	p->needs = needs;
}

static inline void talk_head_done(struct talk *t, struct sink_record *r, int response, __u32 from)
{
	struct sink_text *text = &r->head[response];

	text_add(text, text->length, t->bytes[response] + from, t->length[response] - from);
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
				     struct sink_record *r)
{
	static const char *const names[] = { "POST", "HEAD", "CONNECT" };
	const char *end = kind == REQUEST_BARE_LF ? "\n" : "\r\n";
	__u32 from = t->length[0];

	r->exchange.minor = 1;
	r->exchange.method = talk_method(kind);
	talk_line(t, 0, "%s /%u%0*d HTTP/1.1%sHost: a%s", names[r->exchange.method], t->count,
		  1 + (int)chance(c, 60), 0, end, end);
	if (kind == REQUEST_LONG_HEAD)
		talk_long_header(t, 0, c);
	if (kind == REQUEST_LENGTH || kind == REQUEST_EXPECT)
		talk_line(t, 0, "Content-Length: %llu\r\n", r->exchange.request_body);
	else if (kind == REQUEST_CHUNKED)
		talk_line(t, 0, "Transfer-Encoding: chunked\r\n");
	talk_line(t, 0, "%s", end);
	r->exchange.request_wire = t->length[0] - from;
	talk_head_done(t, r, 0, from);
}

/* An interim response. */
static inline void talk_interim(struct talk *t, struct sink_record *r, const char *head)
{
	__u32 from = t->length[1];

	talk_line(t, 1, "%s", head);
	talk_head_done(t, r, 1, from);
	r->exchange.response_wire += t->length[1] - from;
}

/* needs: see talk_part(). Returns its exchange. */
static inline struct sink_record *talk_request(struct talk *t, enum request_kind kind,
					       struct chance *c, __u32 needs)
{
	struct sink_record *r = &t->truth[t->count];
	__u32 from;

	memset(r, 0, sizeof(*r));
	r->exchange.ordinal = t->count;
	if (kind == REQUEST_EMPTY_LINES)
		talk_line(t, 0, one_in(c, 2) ? "\r\n\r\n" : "\n");
	if (kind == REQUEST_LENGTH || kind == REQUEST_EXPECT)
		r->exchange.request_body = talk_size(c);
	talk_request_head(t, kind, c, r);
	if (kind == REQUEST_EXPECT) {
		talk_part(t, 0, needs);
		talk_interim(t, r, "HTTP/1.1 100 Continue\r\n\r\n");
		talk_part(t, 1, t->length[0]);
		needs = t->length[1];
	}
	from = t->length[0];
	if (kind == REQUEST_CHUNKED)
		r->exchange.request_body = talk_chunks(t, 0, c);
	else
		talk_body(t, 0, r->exchange.request_body);
	r->exchange.request_wire += t->length[0] - from;
	talk_part(t, 0, needs);
	t->count++;
	return r;
}

static inline void talk_response_head(struct talk *t, enum response_kind kind, struct chance *c,
				      struct sink_record *r)
{
	static const __u16 status[RESPONSE_KINDS] = { [RESPONSE_204] = 204, [RESPONSE_304] = 304 };
	__u32 from = t->length[1];

	r->exchange.status = status[kind] ? status[kind] : 200 + chance(c, 3);
	if (r->exchange.method == HTTP1_METHOD_CONNECT && kind != RESPONSE_TUNNEL)
		r->exchange.status = 407;
	talk_line(t, 1, "HTTP/1.1 %u Reason\r\nServer: a\r\n", r->exchange.status);
	if (kind == RESPONSE_LONG_HEAD)
		talk_long_header(t, 1, c);
	if (kind == RESPONSE_CHUNKED)
		talk_line(t, 1, "Transfer-Encoding: chunked\r\n");
	else if (kind != RESPONSE_UNTIL_CLOSE && kind != RESPONSE_204)
		talk_line(t, 1, "Content-Length: %llu\r\n", r->exchange.response_body);
	talk_line(t, 1, "\r\n");
	r->exchange.response_wire += t->length[1] - from;
	talk_head_done(t, r, 1, from);
}

/* needs: how much of the requests the server reads before it answers. */
static inline void talk_response(struct talk *t, enum response_kind kind, struct chance *c,
				 struct sink_record *r, __u32 needs)
{
	struct exchange *x = &r->exchange;
	__u32 from;

	if (x->method == HTTP1_METHOD_CONNECT && (kind == RESPONSE_204 || kind == RESPONSE_304))
		kind = RESPONSE_LENGTH; /* it is refused */
	if (kind == RESPONSE_EARLY_HINTS)
		talk_interim(t, r, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
	if (kind != RESPONSE_EMPTY && kind != RESPONSE_204)
		x->response_body = talk_size(c);
	talk_response_head(t, kind, c, r);
	if (x->method == HTTP1_METHOD_HEAD || kind == RESPONSE_304)
		x->response_body = 0;
	else if (kind == RESPONSE_CHUNKED)
		x->response_body = 0;
	from = t->length[1];
	if (kind == RESPONSE_CHUNKED && x->method != HTTP1_METHOD_HEAD)
		x->response_body = talk_chunks(t, 1, c);
	else
		talk_body(t, 1, x->response_body);
	x->response_wire += t->length[1] - from;
	t->until_close |= kind == RESPONSE_UNTIL_CLOSE && x->method != HTTP1_METHOD_HEAD;
	talk_part(t, 1, needs);
}

/* Bytes after a CONNECT that was accepted: both ways, part of the last exchange. */
static inline void talk_tunnel(struct talk *t, struct chance *c, struct sink_record *r)
{
	for (__u32 i = chance(c, 4); i; i--) {
		__u32 up = talk_size(c), down = talk_size(c);

		talk_body(t, 0, up);
		talk_part(t, 0, t->length[1]);
		talk_body(t, 1, down);
		talk_part(t, 1, t->length[0]);
		r->exchange.request_body += up;
		r->exchange.request_wire += up;
		r->exchange.response_body += down;
		r->exchange.response_wire += down;
	}
}

/* Up to most requests in flight. */
static inline void talk_batch(struct talk *t, struct chance *c, __u32 most)
{
	__u32 n = 1 + chance(c, most), needs = t->length[1], first = t->count,
	      answered[TALK_EXCHANGES];

	for (__u32 i = 0; i < n; i++) {
		__u32 kind = chance(c, n > 1 ? REQUEST_EXPECT : REQUEST_CONNECT);

		talk_request(t, kind, c, needs);
		answered[i] = t->length[0];
	}
	for (__u32 i = 0; i < n; i++)
		talk_response(t, chance(c, RESPONSE_UNTIL_CLOSE), c, &t->truth[first + i],
			      answered[i]);
}

static inline void talk_last(struct talk *t, struct chance *c)
{
	static const __u32 kinds[] = { RESPONSE_EMPTY, RESPONSE_UNTIL_CLOSE, RESPONSE_TUNNEL };
	__u32 kind = kinds[chance(c, 3)];
	struct sink_record *r;

	r = talk_request(t, kind == RESPONSE_TUNNEL ? REQUEST_CONNECT : REQUEST_GET, c,
			 t->length[1]);
	talk_response(t, kind, c, r, t->length[0]);
	if (kind == RESPONSE_TUNNEL)
		talk_tunnel(t, c, r);
}

/* About exchanges requests, up to pipelined of them in flight. */
static inline void talk_make(struct talk *t, struct chance *c, __u32 exchanges, __u32 pipelined)
{
	t->length[0] = t->length[1] = 0;
	t->part_count = 0;
	t->count = 0;
	t->until_close = 0;
	while (t->count + pipelined < exchanges)
		talk_batch(t, c, pipelined);
	talk_last(t, c);
}

#endif
