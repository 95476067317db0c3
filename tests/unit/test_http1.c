/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * HTTP/1 framing by RFC 9112. Each case is a conversation of known messages, fed whole, cut in two
 * at every point, byte by byte and in random pieces, with windows of 512 and 2048 bytes: what is
 * found must be those messages, every time.
 */
#include <stdlib.h>

#include "check.h"
#include "http1_feed.h"

#define PARTS	    48
#define RANDOM_CUTS 50
#define EVERY_CUT   4096 /* longer conversations are cut at every CUT_STEP-th point only */
#define CUT_STEP    97

enum part_kind {
	NONE,
	DONE,	 /* a message */
	LEADING, /* in front of a message, none of it */
	OPEN,	 /* a message that is not complete when the connection closes */
	TUNNEL,
	BAD, /* ends the case: nothing is followed from here on */
};

struct part {
	enum part_kind kind;
	int direction;
	const char *bytes;
	__u16 status;
	__u32 body; /* without framing */
	int chunked;
	__u32 length; /* of bytes with zeros in them */
};

struct conversation {
	const char *name;
	struct part parts[PARTS];
};

/* clang-format off */
#define Q(bytes, body)		     { DONE, FEED_REQUEST, bytes, 0, body, 0, 0 }
#define Q_CHUNKED(bytes, body)	     { DONE, FEED_REQUEST, bytes, 0, body, 1, 0 }
#define Q_OPEN(bytes, body)	     { OPEN, FEED_REQUEST, bytes, 0, body, 0, 0 }
#define Q_TUNNEL(bytes, body)	     { TUNNEL, FEED_REQUEST, bytes, 0, body, 0, 0 }
#define Q_LEADING(bytes)	     { LEADING, FEED_REQUEST, bytes, 0, 0, 0, 0 }
#define Q_BAD(bytes)		     { BAD, FEED_REQUEST, bytes, 0, 0, 0, sizeof(bytes) - 1 }
#define R(status, bytes, body)	     { DONE, FEED_RESPONSE, bytes, status, body, 0, 0 }
#define R_CHUNKED(status, bytes, body) { DONE, FEED_RESPONSE, bytes, status, body, 1, 0 }
#define R_OPEN(status, bytes, body)  { OPEN, FEED_RESPONSE, bytes, status, body, 0, 0 }
#define R_TUNNEL(status, bytes, body) { TUNNEL, FEED_RESPONSE, bytes, status, body, 0, 0 }
#define R_LEADING(bytes)	     { LEADING, FEED_RESPONSE, bytes, 0, 0, 0, 0 }
#define R_BAD(bytes)		     { BAD, FEED_RESPONSE, bytes, 0, 0, 0, sizeof(bytes) - 1 }

#define GET	"GET /foo HTTP/1.1\r\nHost: a\r\n\r\n"
#define HEAD	"HEAD /foo HTTP/1.1\r\nHost: a\r\n\r\n"
#define CONNECT "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"
#define POST	"POST /foo HTTP/1.1\r\n"
#define OK	"HTTP/1.1 200 OK\r\n"
#define EMPTY	"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n\r\n"
#define TEN(x)	x x x x x x x x x x

static const struct conversation conversations[] = {
	{ "GET", { Q(GET, 0), R(200, OK "Content-Length: 5\r\n\r\nhello", 5) } },
	{ "HTTP/1.0", { Q("GET / HTTP/1.0\r\n\r\n", 0), R(200, "HTTP/1.0 200 OK\r\n\r\nhello", 5) } },
	{ "no reason", { Q(GET, 0), R(200, "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nab", 2),
			 Q(GET, 0), R(200, "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nab", 2) } },
	{ "targets", { Q("GET http://a/b?c HTTP/1.1\r\n\r\n", 0), Q("OPTIONS * HTTP/1.1\r\n\r\n", 0),
		       Q("VERSION-CONTROL /a HTTP/1.1\r\n\r\n", 0), Q("A / HTTP/1.1\r\n\r\n", 0) } },
	{ "HEAD", { Q(HEAD, 0), R(200, OK "Content-Length: 500\r\n\r\n", 0),
		    Q(HEAD, 0), R(200, OK CHUNKED, 0), Q(GET, 0), R(200, EMPTY, 0) } },
	{ "POST", { Q(POST "Content-Length: 11\r\n\r\nhello\r\n\r\nyo", 11), R(201, "HTTP/1.1 201 C\r\nContent-Length: 0\r\n\r\n", 0),
		    Q(GET, 0), R(200, EMPTY, 0) } },
	{ "POST nothing", { Q(POST "Content-Length: 0\r\n\r\n", 0), Q(POST "\r\n", 0), Q(GET, 0) } },
	{ "chunked", { Q(GET, 0), R_CHUNKED(200, OK CHUNKED "5\r\nhello\r\n0\r\n\r\n", 5), Q(GET, 0), R(200, EMPTY, 0) } },
	{ "chunked request", { Q_CHUNKED(POST CHUNKED "5\r\nhello\r\n0\r\n\r\n", 5), Q(GET, 0) } },
	{ "chunks", { Q(GET, 0), R_CHUNKED(200, OK CHUNKED "1\r\na\r\n0000A\r\n0\r\n\r\n0\r\n\r\n\r\n1b\r\n" "abcdefghijklmnopqrstuvwxyz1" "\r\n"
			"000000000000000\r\n\r\n", 38), R_OPEN(200, OK "Cont", 0) } },
	{ "extensions and trailers", { Q(GET, 0),
		R_CHUNKED(200, OK CHUNKED "5;name=value\r\nhello\r\n3 ;x=\"y\"\r\n\n\n\n\r\n5\t;" TEN(TEN("x")) "\r\nhello\r\n0;last\r\n"
			  "Trailer: 1\r\nContent-Length: 7\r\nX-" TEN(TEN("y")) ": 2\r\n\r\n", 13), R_OPEN(404, "HTTP/1.1 404 NF\r\n", 0) } },
	{ "many small chunks", { Q_CHUNKED(POST CHUNKED TEN(TEN("2\r\n\n\n\r\n")) "0\r\n\r\n", 200), Q(GET, 0) } },
	{ "lines inside a chunk", { Q_CHUNKED(POST CHUNKED "64\r\n" TEN(TEN("\n")) "\r\n0\r\n\r\n", 100), Q(GET, 0) } },
	{ "chunk with a bad end", { Q_BAD(POST CHUNKED "2\r\nabc\r\n") } },
	{ "chunk without a size", { Q_BAD(POST CHUNKED "\r\n") } },
	{ "chunk with a bad size", { Q_BAD(POST CHUNKED "5x\r\nhello\r\n") } },
	{ "chunk of negative size", { Q_BAD(POST CHUNKED "-5\r\nhello\r\n") } },
	{ "chunk of 2^64+5", { Q_BAD(POST CHUNKED "10000000000000005\r\nhello\r\n") } },
	{ "chunk of 2^64-1", { Q_BAD(POST CHUNKED "ffffffffffffffff\r\nhello\r\n") } },
	{ "chunk of 2^60-1", { Q_OPEN(POST CHUNKED "fffffffffffffff\r\nhello\r\n", 7) } },
	{ "no body", { Q(GET, 0), R(204, "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", 0),
		       Q(GET, 0), R(304, "HTTP/1.1 304 NM\r\nContent-Length: 5\r\n\r\n", 0),
		       Q(GET, 0), R(304, "HTTP/1.1 304 NM\r\n" CHUNKED, 0), Q(GET, 0), R(200, EMPTY, 0) } },
	{ "100-continue", { Q(POST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nab", 2),
			    R(200, "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 3\r\n\r\nabc", 3), Q(GET, 0), R(200, EMPTY, 0) } },
	{ "100 with a length", { Q(GET, 0), R(200, "HTTP/1.1 100 Continue\r\nContent-Length: 4\r\n\r\n" OK "Content-Length: 3\r\n\r\nabc", 3) } },
	{ "103, 103", { Q(GET, 0), R(200, "HTTP/1.1 103 EH\r\nLink: </a>\r\n\r\nHTTP/1.1 103 EH\r\n\r\n" EMPTY, 0) } },
	{ "100, then nothing", { Q(GET, 0), R_OPEN(100, "HTTP/1.1 100 Continue\r\n\r\n", 0) } },
	{ "101", { Q("GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", 0),
		   R_TUNNEL(101, "HTTP/1.1 101 SP\r\nUpgrade: websocket\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 19) } },
	{ "CONNECT 200", { Q_TUNNEL(CONNECT "GET / HTTP/1.1\r\n\r\n", 18), R_TUNNEL(200, OK "Content-Length: 3\r\n\r\nanything", 8) } },
	{ "CONNECT 204", { Q_TUNNEL(CONNECT, 0), R_TUNNEL(204, "HTTP/1.1 204 No\r\n" CHUNKED "x\n", 2) } },
	{ "CONNECT 403", { Q(CONNECT, 0), R(403, "HTTP/1.1 403 No\r\nContent-Length: 3\r\n\r\nno!", 3),
			   Q(GET, 0), R(200, EMPTY, 0) } },
	{ "CONNECT 407, CONNECT 200", { Q(CONNECT, 0), R(407, "HTTP/1.1 407 PA\r\nContent-Length: 0\r\n\r\n", 0),
					Q_TUNNEL(CONNECT "abc", 3), R_TUNNEL(200, OK "\r\nxyz", 3) } },
	{ "pipelined", { Q(GET, 0), Q(GET, 0), Q(HEAD, 0), Q(GET, 0), Q(GET, 0), Q(GET, 0), Q(GET, 0), Q(GET, 0), Q(GET, 0), Q(GET, 0),
			 Q(GET, 0), Q(GET, 0), Q(GET, 0), Q(POST "Content-Length: 3\r\n\r\nabc", 3), Q(GET, 0), Q(GET, 0), Q(GET, 0), Q(GET, 0),
			 Q(GET, 0), Q(GET, 0), R(200, EMPTY, 0), R(200, EMPTY, 0), R(200, OK "Content-Length: 9\r\n\r\n", 0),
			 R(200, OK "Content-Length: 2\r\n\r\nab", 2) } },
	{ "close-delimited", { Q(GET, 0), R(200, OK "\r\nHTTP/1.1 200 OK\r\n\r\n", 19) } },
	{ "close-delimited, empty", { Q(GET, 0), R(200, OK "\r\n", 0) } },
	{ "other coding", { Q(GET, 0), R(200, OK "Transfer-Encoding: gzip\r\nContent-Length: 1\r\n\r\nabc", 3) } },
	{ "gzip, chunked", { Q_CHUNKED(POST "Transfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 1), Q(GET, 0) } },
	{ "gzip and chunked", { Q_CHUNKED(POST "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 1), Q(GET, 0) } },
	{ "request in another coding", { Q_BAD(POST "Transfer-Encoding: gzip\r\n\r\n") } },
	{ "request, chunked not last", { Q_BAD(POST "Transfer-Encoding: chunked, gzip\r\n\r\n") } },
	{ "CRLF before", { Q_LEADING("\r\n"), Q(GET, 0), Q_LEADING("\r\n\r\n"), Q(GET, 0) } },
	{ "LF before", { Q_LEADING("\n"), Q(GET, 0), Q_LEADING("\n\n\n"), Q(GET, 0), Q_LEADING("\r\n\n"), Q(GET, 0) } },
	{ "CRLF after POST", { Q(POST "Content-Length: 1\r\n\r\na", 1), Q_LEADING("\r\n"), Q(GET, 0) } },
	{ "CRLF, then binary", { Q_BAD("\r\n\026\003\001") } },
	{ "bare LF", { Q("GET / HTTP/1.1\nHost: a\n\n", 0), R(200, "HTTP/1.1 200 OK\nContent-Length: 2\n\nab", 2),
		       Q_CHUNKED("POST / HTTP/1.1\nTransfer-Encoding: chunked\r\n\n2\nab\n0\n\n", 2), Q(GET, 0) } },
	{ "equal lengths", { Q(POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 5), Q(GET, 0) } },
	{ "equal numbers", { Q(POST "Content-Length: 5\r\nContent-Length: 05\r\n\r\nhello", 5), Q(GET, 0) } },
	{ "contradictory lengths", { Q_BAD(POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello") } },
	{ "contradictory response", { Q(GET, 0), R_BAD(OK "Content-Length: 5\r\nX: y\r\nContent-Length: 4\r\n\r\nhello") } },
	{ "length, chunked", { Q_CHUNKED(POST "Content-Length: 4\r\n" CHUNKED "3\r\nabc\r\n0\r\n\r\n", 3), Q(GET, 0) } },
	{ "chunked, length", { Q_CHUNKED(POST "Transfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 3), Q(GET, 0) } },
	{ "mixed case", { Q(POST "cOnTeNt-LENGTH: 3\r\n\r\nabc", 3), Q_CHUNKED(POST "TRANSFER-encodinG: ChUnKeD\r\n\r\n1\r\na\r\n0\r\n\r\n", 1), Q(GET, 0) } },
	{ "no blank", { Q(POST "Content-Length:5\r\n\r\nhello", 5), Q_CHUNKED(POST "Transfer-Encoding:chunked\r\n\r\n0\r\n\r\n", 0), Q(GET, 0) } },
	{ "blanks", { Q(POST "Content-Length: \t 5 \t\r\n\r\nhello", 5), Q_CHUNKED(POST "Transfer-Encoding:\t gzip ,chunked \t\r\n\r\n0\r\n\r\n", 0), Q(GET, 0) } },
	{ "other headers", { Q(POST "Content-Type: a\r\nContent-Lengthy: 4\r\nX-Content-Length: 4\r\nTransfer: chunked\r\nTE: chunked\r\n"
			       "Content-Length-X: 9\r\nC\r\n:\r\nCookie: Content-Length: 7\r\n\r\n", 0), Q(GET, 0) } },
	{ "length of 16 digits", { Q_OPEN(POST "Content-Length: 9999999999999999\r\n\r\nab", 2) } },
	{ "length of 9 digits", { Q_OPEN(POST "Content-Length: 123456789\r\n\r\nab", 2) } },
	{ "length of leading zeros", { Q(POST "Content-Length: 000000000012\r\n\r\nhello, world", 12), Q(GET, 0) } },
	{ "length of 20 digits", { Q_BAD(POST "Content-Length: 18446744073709551621\r\n\r\nhello") } },
	{ "length of 100 digits", { Q_BAD(POST "Content-Length: " TEN(TEN("9")) "\r\n\r\n") } },
	{ "length of 100 zeros and 5x", { Q_BAD(POST "Content-Length: " TEN(TEN("0")) "5x\r\n\r\n") } },
	{ "no length", { Q_BAD(POST "Content-Length: \r\n\r\n") } },
	{ "negative length", { Q_BAD(POST "Content-Length: -5\r\n\r\n") } },
	{ "signed length", { Q_BAD(POST "Content-Length: +5\r\n\r\n") } },
	{ "hexadecimal length", { Q_BAD(POST "Content-Length: 0x5\r\n\r\n") } },
	{ "length and more", { Q_BAD(POST "Content-Length: 5 5\r\n\r\n") } },
	{ "different lengths in a list", { Q_BAD(POST "Content-Length: 5, 6\r\n\r\n") } },
	{ "early answer", { Q_OPEN(POST "Host: a\r\n", 0), R(400, "HTTP/1.1 400 BR\r\nContent-Length: 0\r\n\r\n", 0) } },
	{ "body cut short", { Q(GET, 0), R_OPEN(200, OK "Content-Length: 50\r\n\r\nhello", 5) } },
	{ "head cut short", { Q_OPEN("GET / HTT", 0) } },
	{ "TLS", { Q_BAD("\026\003\001\002\000\001\000\001\374\003\003\n\r\n\r\n") } },
	{ "TLS answer", { Q(GET, 0), R_BAD("\026\003\003\000\172\002\000\000") } },
	{ "SMTP", { R_BAD("220 mail.example.com ESMTP\r\n") } },
	{ "SMTP client", { Q_BAD("EHLO example.com\r\n") } },
	{ "zeros", { Q_BAD("\000\000\000\000\n\n") } },
	{ "0xff", { Q_BAD("\377\377") } },
	{ "binary method", { Q_BAD("G\001T / HTTP/1.1\r\n") } },
	{ "long method", { Q_BAD("GETGETGETGETGETGETGETGETGETGETGETGET / HTTP/1.1\r\n") } },
	{ "HTTP/0.9", { Q_BAD("GET /foo\r\n") } },
	{ "HTTP/2 preface", { Q_BAD("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") } },
	{ "HTTP/1.x", { Q_BAD("GET / HTTP/1.x\r\n") } },
	{ "lower-case version", { Q_BAD("GET / http/1.1\r\n") } },
	{ "HTTP/2 answer", { Q(GET, 0), R_BAD("HTTP/2.0 200 OK\r\n") } },
	{ "status of 2 digits", { Q(GET, 0), R_BAD("HTTP/1.1 20 OK\r\n") } },
	{ "status of 4 digits", { Q(GET, 0), R_BAD("HTTP/1.1 2000 OK\r\n") } },
	{ "status 099", { Q(GET, 0), R_BAD("HTTP/1.1 099 OK\r\n") } },
	{ "request without a target", { Q_BAD("OPTIONS HTTP/1.1\r\n\r\n") } },
	{ "garbage after GET", { Q(GET, 0), Q_BAD("\001\002\003") } },
};
/* clang-format on */

static const __u32 windows[][2] = { { 512, 512 }, { 2048, 2048 }, { 512, 2048 } };
static const __u8 stale[] = { 0, '\n', '0' };

static __u32 part_length(const struct part *p)
{
	return p->length ? p->length : strlen(p->bytes);
}

/* As FNV-1a would, from 0. */
static __u32 hash(const char *bytes, __u32 length)
{
	__u32 h = 0;

	for (__u32 i = 0; i < length; i++)
		h = (h ^ (__u8)bytes[i]) * 16777619;
	return h;
}

/* Up to the first empty line, this included. */
static __u32 head_length(const char *bytes)
{
	const char *line = bytes, *lf;

	while ((lf = strchr(line, '\n'))) {
		if (lf == line || (lf == line + 1 && *line == '\r'))
			return lf + 1 - bytes;
		line = lf + 1;
	}
	return strlen(bytes);
}

static int part_method(const struct part *p)
{
	if (p->direction == FEED_RESPONSE)
		return HTTP1_METHOD_OTHER;
	if (!strncmp(p->bytes, "HEAD ", 5))
		return HTTP1_METHOD_HEAD;
	return strncmp(p->bytes, "CONNECT ", 8) ? HTTP1_METHOD_OTHER : HTTP1_METHOD_CONNECT;
}

static int is_part(const struct part *p, __u64 start, const struct feed_message *m)
{
	__u32 length = part_length(p), head = length - p->body;
	const char *version = strstr(p->bytes, "HTTP/1.");

	if (p->chunked || strstr(p->bytes, "chunked\r\n\r\nfff"))
		head = head_length(p->bytes);
	if (p->kind == TUNNEL && m->phase != HTTP1_TUNNEL)
		return 0;
	return m->direction == p->direction && m->start == start && m->wire == length &&
	       m->body == p->body && m->head == head && m->hash == hash(p->bytes, head) &&
	       m->status == p->status && m->method == part_method(p) &&
	       (!version || m->minor == version[7] - '0') && m->complete == (p->kind == DONE);
}

static const struct feed_message *next_message(const struct feed *f, int direction, __u32 *at)
{
	while (*at < f->count && *at < FEED_MESSAGES) {
		const struct feed_message *m = &f->messages[(*at)++];

		if (m->direction == direction)
			return m;
	}
	return NULL;
}

/* Each direction's messages are its parts, in order. */
static int is_right(const struct conversation *c, const struct feed *f)
{
	__u64 position[2] = { 0 };
	__u32 at[2] = { 0 }, n = 0;
	int bad = 0;

	for (const struct part *p = c->parts; p < c->parts + PARTS && p->kind; p++) {
		const struct feed_message *m;

		bad |= p->kind == BAD;
		if (p->kind != BAD && p->kind != LEADING) {
			m = next_message(f, p->direction, &at[p->direction]);
			if (!m || !is_part(p, position[p->direction], m))
				return 0;
			n++;
		}
		position[p->direction] += part_length(p);
	}
	return f->count == n && f->dead == bad && !f->stuck;
}

/*
 * Cuts are made after every point for which is_cut() says so; parts of one direction that follow
 * each other are one buffer else.
 */
struct cuts {
	__u32 at;      /* the only one; 0: none */
	int each;      /* byte */
	__u32 longest; /* of random pieces */
	__u32 seed;
};

static int is_cut(struct cuts *cuts, __u32 point)
{
	if (cuts->each || point == cuts->at)
		return 1;
	if (!cuts->longest)
		return 0;
	cuts->seed = cuts->seed * 1103515245 + 12345;
	return (cuts->seed >> 16) % cuts->longest == 0;
}

static void feed_cut(struct feed *f, int direction, const __u8 *bytes, __u32 length, __u32 offset,
		     struct cuts *cuts)
{
	__u32 from = 0;

	for (__u32 i = 1; i <= length; i++)
		if (i == length || is_cut(cuts, offset + i)) {
			feed(f, direction, bytes + from, i - from);
			from = i;
		}
}

static void feed_conversation(struct feed *f, const struct conversation *c, struct cuts cuts)
{
	static __u8 buffer[1 << 18];
	__u32 length = 0, offset = 0;

	for (const struct part *p = c->parts; p < c->parts + PARTS && p->kind; p++) {
		memcpy(buffer + length, p->bytes, part_length(p));
		length += part_length(p);
		if (p + 1 < c->parts + PARTS && p[1].kind && p[1].direction == p->direction)
			continue;
		feed_cut(f, p->direction, buffer, length, offset, &cuts);
		offset += length;
		length = 0;
	}
	feed_end(f);
}

static int try_cuts(const struct conversation *c, struct cuts cuts, __u32 *ret_walks)
{
	for (unsigned int i = 0; i < 3; i++) {
		static struct feed f;

		feed_init(&f, windows[i][0], windows[i][1], stale[i]);
		feed_conversation(&f, c, cuts);
		*ret_walks = f.walks;
		if (is_right(c, &f))
			continue;
		printf("%s: windows %u/%u, cut at %u, each %d, pieces %u seed %u: %u messages%s%s\n",
		       c->name, windows[i][0], windows[i][1], cuts.at, cuts.each, cuts.longest,
		       cuts.seed, f.count, f.dead ? ", bad" : "", f.stuck ? ", stuck" : "");
		for (__u32 n = 0; n < f.count && n < 4; n++)
			printf("  %c start %llu wire %llu body %llu head %llu status %u%s\n",
			       f.messages[n].direction ? 'R' : 'Q', f.messages[n].start,
			       f.messages[n].wire, f.messages[n].body, f.messages[n].head,
			       f.messages[n].status, f.messages[n].complete ? "" : " open");
		return 0;
	}
	return 1;
}

static int cut_in_two(const struct conversation *c, __u32 length)
{
	__u32 step = length > EVERY_CUT ? CUT_STEP : 1, walks;

	for (__u32 at = 1; at < length; at += step)
		if (!try_cuts(c, (struct cuts){ .at = at }, &walks))
			return 0;
	return 1;
}

static int cut_at_random(const struct conversation *c)
{
	__u32 walks;

	for (__u32 i = 0; i < RANDOM_CUTS; i++)
		if (!try_cuts(c, (struct cuts){ .longest = 2 + i * i, .seed = 7 + i }, &walks))
			return 0;
	return 1;
}

/* Returns how many walks the longest segment took when nothing was cut, as in the kernel. */
static __u32 test_conversation(const struct conversation *c)
{
	__u32 length = 0, walks, walks_cut;

	for (const struct part *p = c->parts; p < c->parts + PARTS && p->kind; p++)
		length += part_length(p);
	CHECK(try_cuts(c, (struct cuts){ 0 }, &walks));
	CHECK(cut_in_two(c, length));
	CHECK(try_cuts(c, (struct cuts){ .each = 1 }, &walks_cut));
	CHECK(cut_at_random(c));
	return walks;
}

/* The text n times, between two others. */
static char *repeat(const char *before, const char *text, __u32 n, const char *after)
{
	char *ret = malloc(strlen(before) + n * strlen(text) + strlen(after) + 1), *at;

	if (!ret)
		abort();
	at = stpcpy(ret, before);
	while (n--)
		at = stpcpy(at, text);
	stpcpy(at, after);
	return ret;
}

static __u32 test_long(const char *name, char *request, __u32 body)
{
	struct conversation c = { name, { Q(request, body), Q(GET, 0), R(200, EMPTY, 0) } };
	__u32 walks = test_conversation(&c);

	free(request);
	return walks;
}

static void test_long_heads(void)
{
	static const char length[] = "\r\nContent-Length: 5\r\n\r\nhello";
	char *cookies = repeat("Cookie: ", "a=0123456789; ", 500, "\r\n");

	/* 64 KiB of heads are what the 33 walks of a segment reach (http_programs.h) */
	CHECK(test_long("long cookies", repeat(POST, cookies, 9, length + 2), 5) <= 33);
	free(cookies);
	CHECK(test_long("one cookie", repeat(POST "Cookie: ", "x", 63000, length), 5) <= 33);
	test_long("short cookies", repeat(POST, "Cookie: a=b\r\n", 5000, length + 2), 5);
	test_long("long target", repeat("GET /", "ab%20", 1500, " HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
	test_long("body like heads", repeat(POST "Content-Length: 30000\r\n\r\n", GET, 1000, ""),
		  30000);
}

/* Every length around the carry's: the line's end may be cut off it, or looked for in the wrong
 * place. */
static void test_line_lengths(void)
{
	for (__u32 n = 30; n < 140; n++) {
		char *target = repeat("POST /", "t", n, " HTTP/1.1\r\n");
		char *head = repeat(target, "x", n, ": y\r\nTransfer-Encoding: ");
		char *request = repeat(head, "g", n, ", chunked \r\n\r\n0\r\n\r\n");
		struct conversation c = { "line lengths", { Q_CHUNKED(request, 0), Q(GET, 0) } };

		test_conversation(&c);
		free(request);
		free(head);
		free(target);
	}
}

int main(void)
{
	for (unsigned int i = 0; i < sizeof(conversations) / sizeof(*conversations); i++)
		test_conversation(&conversations[i]);
	test_long_heads();
	test_line_lengths();
	return check_end();
}
