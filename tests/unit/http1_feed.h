/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Drives http1.h over the two directions of a connection as bpf/http.h does: the steps of
 * walk_message() and walk_window(), with an array instead of a socket buffer and a list of messages
 * instead of a sink.
 */
#ifndef MESHTAP_HTTP1_FEED_H
#define MESHTAP_HTTP1_FEED_H

#include <string.h>

#include "http1.h"

#define FEED_MESSAGES  256
#define FEED_EXCHANGES 128 /* a power of two */
#define FEED_LINE      64  /* kept of a head */

enum { FEED_REQUEST, FEED_RESPONSE };

struct feed_message {
	__u64 start; /* offset in its direction */
	__u64 wire;
	__u64 body;
	__u64 head; /* bytes handed out as head */
	__u32 hash; /* of these */
	__u16 status;
	__u8 direction;
	__u8 method;
	__u8 minor;
	__u8 phase;
	__u8 complete;
	__u8 bad;
	__u8 orphan;
	char line[FEED_LINE]; /* the head's first bytes, the last one 0 */
};

struct feed_direction {
	__u64 position;
	__u64 start;
	__u64 head;
	__u32 hash;
	__u8 begun;
	__u8 pushed;
	__u8 orphan;
	__u8 dead; /* what follows is not understood */
	char line[FEED_LINE];
	struct http1_parser parser;
};

struct feed {
	struct http1_window window;
	struct feed_direction direction[2];
	struct feed_message messages[FEED_MESSAGES];
	__u32 count;	    /* of messages, more than fit included */
	__u32 window_first; /* bytes loaded at a segment's start */
	__u32 window_more;  /* and further on */
	__u32 walks;	    /* most of one segment */
	__u32 first, next;  /* exchanges in flight */
	__u8 methods[FEED_EXCHANGES];
	__u8 stale; /* what a window holds from before */
	__u8 full;  /* more exchanges in flight than there is room for */
	__u8 refused;
	__u8 stuck; /* a walk came no further */
};

static inline void feed_init(struct feed *f, __u32 window_first, __u32 window_more, __u8 stale)
{
	memset(f, 0, sizeof(*f));
	memset(f->window.bytes, stale, sizeof(f->window.bytes));
	f->window_first = window_first;
	f->window_more = window_more;
	f->stale = stale;
	f->direction[FEED_RESPONSE].parser.response = 1;
}

/* A bad message's wire bytes are not known: where it was given up depends on the cuts. */
static inline void feed_record(struct feed *f, const struct feed_direction *d, int complete)
{
	struct feed_message *m;

	if (f->count++ >= FEED_MESSAGES)
		return;
	m = &f->messages[f->count - 1];
	m->start = d->start;
	m->wire = d->dead ? 0 : d->position - d->start;
	m->body = d->parser.body;
	m->head = d->head;
	m->hash = d->hash;
	m->status = d->parser.status;
	m->direction = d->parser.response;
	m->method = d->parser.method;
	m->minor = d->parser.minor;
	m->phase = d->parser.phase;
	m->complete = complete;
	m->bad = d->dead;
	m->orphan = d->parser.response && d->orphan;
	memcpy(m->line, d->line, sizeof(m->line));
}

static inline void feed_message_end(struct feed *f, struct feed_direction *d)
{
	feed_record(f, d, 1);
	if (d->parser.response && !d->orphan)
		f->first++;
	d->begun = 0;
	d->pushed = 0;
	d->head = 0;
	d->hash = 0;
	memset(d->line, 0, sizeof(d->line));
	http1_next(&d->parser);
}

static inline int feed_push(struct feed *f, struct feed_direction *d)
{
	if (d->pushed)
		return 0;
	if (f->next - f->first >= FEED_EXCHANGES)
		return -1;
	f->methods[f->next++ % FEED_EXCHANGES] = d->parser.method;
	d->pushed = 1;
	return 0;
}

static inline enum http1_event feed_head_end(struct feed *f, struct feed_direction *d)
{
	struct feed_direction *request = &f->direction[FEED_REQUEST];
	__u8 method = HTTP1_METHOD_OTHER;

	if (!d->parser.response) {
		if (feed_push(f, d)) {
			f->full = 1;
			return HTTP1_MORE;
		}
		f->methods[(f->next - 1) % FEED_EXCHANGES] = d->parser.method;
		return http1_body(&d->parser, d->parser.method);
	}
	if (f->first == f->next && request->begun && (request->parser.flags & HTTP1_LINE_OK))
		feed_push(f, request);
	d->orphan = f->first == f->next;
	if (!d->orphan) {
		method = f->methods[f->first % FEED_EXCHANGES];
		if (method == HTTP1_METHOD_CONNECT && d->parser.status >= 300)
			f->refused = 1;
	}
	return http1_body(&d->parser, method);
}

static inline enum http1_event feed_pass(struct feed_direction *d, __u32 length, __u32 *offset)
{
	__u64 passable = http1_passable(&d->parser);
	__u32 left = length - *offset, pass = passable < left ? passable : left;

	if (!pass)
		return HTTP1_MORE;
	d->position += pass;
	*offset += pass;
	return http1_pass(&d->parser, pass);
}

static inline void feed_head(struct feed_direction *d, const __u8 *bytes, __u32 length)
{
	for (__u32 i = 0; i < length; i++) {
		if (d->head + i < FEED_LINE - 1)
			d->line[d->head + i] = bytes[i];
		d->hash = (d->hash ^ bytes[i]) * 16777619;
	}
	d->head += length;
}

static inline __u32 feed_window(struct feed *f, struct feed_direction *d, const __u8 *bytes,
				__u32 length, enum http1_event *ret_event)
{
	struct http1_window *w = &f->window;
	int in_head = d->parser.phase <= HTTP1_HEADERS;
	__s32 from = 0;

	memset(w->bytes, f->stale, HTTP1_START);
	memcpy(w->bytes + HTTP1_START, bytes, length);
	memset(w->bytes + HTTP1_START + length, f->stale, HTTP1_CARRY);
	w->parser = d->parser;
	*ret_event = http1_parse(w, length);
	d->parser = w->parser;
	if (!d->begun && (d->parser.flags & HTTP1_BEGUN)) {
		d->begun = 1;
		d->start = d->position + w->begin;
		from = w->begin;
	} else if (!d->begun) {
		in_head = 0;
	}
	d->position += w->consumed;
	if (in_head && *ret_event != HTTP1_BAD)
		feed_head(d, w->bytes + HTTP1_START + from, w->consumed - from);
	return w->consumed;
}

static inline void feed_bad(struct feed *f, struct feed_direction *d)
{
	d->dead = 1;
	if (d->begun && (d->parser.flags & HTTP1_LINE_OK))
		feed_record(f, d, 0);
	d->begun = 0;
}

/* Up to the end of the message, of a segment from offset on. Returns the offset reached. */
static inline __u32 feed_walk(struct feed *f, struct feed_direction *d, const __u8 *bytes,
			      __u32 length, __u32 offset, __u32 window)
{
	enum http1_event event;

	if (f->refused && !d->parser.response) {
		f->refused = 0;
		feed_message_end(f, d);
	}
	event = feed_pass(d, length, &offset);
	if (event == HTTP1_MORE && offset < length)
		offset += feed_window(f, d, bytes + offset,
				      length - offset < window ? length - offset : window, &event);
	if (event == HTTP1_HEAD_END) {
		event = feed_head_end(f, d);
		if (event == HTTP1_MORE && offset < length)
			event = feed_pass(d, length, &offset);
	}
	if (event == HTTP1_MESSAGE_END)
		feed_message_end(f, d);
	else if (event == HTTP1_BAD)
		feed_bad(f, d);
	return offset;
}

/* One segment. */
static inline void feed(struct feed *f, int direction, const __u8 *bytes, __u32 length)
{
	__u32 offset = 0, walks = 0;

	while (offset < length && !f->direction[direction].dead && !f->full && !f->stuck) {
		__u32 reached = feed_walk(f, &f->direction[direction], bytes, length, offset,
					  walks ? f->window_more : f->window_first);

		f->stuck = reached == offset && !f->direction[direction].dead;
		offset = reached;
		walks++;
	}
	if (walks > f->walks)
		f->walks = walks;
}

/* Both sides close; what is unfinished is recorded too, but no request without a request line. */
static inline void feed_end(struct feed *f)
{
	struct feed_direction *response = &f->direction[FEED_RESPONSE];

	if (f->full)
		return;
	if (!response->dead && response->parser.phase == HTTP1_UNTIL_CLOSE)
		feed_message_end(f, response);
	if (f->refused)
		feed_message_end(f, &f->direction[FEED_REQUEST]);
	for (int i = 0; i < 2; i++)
		if (f->direction[i].begun && (i || (f->direction[i].parser.flags & HTTP1_LINE_OK)))
			feed_record(f, &f->direction[i], 0);
}

/* Whether two feeds of the same bytes gave the same. */
static inline int feed_same(const struct feed *a, const struct feed *b)
{
	for (int i = 0; i < 2; i++)
		if (a->direction[i].dead != b->direction[i].dead ||
		    (!a->direction[i].dead && !a->full &&
		     a->direction[i].position != b->direction[i].position))
			return 0;
	return a->count == b->count && a->full == b->full && a->stuck == b->stuck &&
	       !memcmp(a->messages, b->messages, sizeof(a->messages));
}

#endif
