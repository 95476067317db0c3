/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An HTTP/2 connection of many streams at a time: libnghttp2's deflater encodes what chance makes
 * up, its blocks are cut into pieces, and some may be lost. What was sent is known.
 */
#ifndef MESHTAP_HTTP2_TALK_H
#define MESHTAP_HTTP2_TALK_H

#include <nghttp2/nghttp2.h>
#include <stdlib.h>

#include "chance.h"
#include "http2_heads.h"

#define TALK_VALUE_MAX 200u
#define TALK_FIELDS    24
#define TALK_STREAMS   6u
#define TALK_BLOCK     8192
#define TALK_PIECE     2048u

enum { TALK_METHOD, TALK_SCHEME, TALK_AUTHORITY, TALK_PATH, TALK_STATUS, TALK_PSEUDOS };

static const char *const talk_pseudo[] = { ":method", ":scheme", ":authority", ":path", ":status" };
static const char *const talk_request[] = { "x-id",   "user-agent",	 "host",
					    "cookie", "x-forwarded-for", "content-type" };
static const char *const talk_response[] = { "content-type", "server", "set-cookie",
					     "grpc-status",  "x-id",   "via" };
static const char *const talk_trailer[] = { "grpc-status", "grpc-message", "x-t",
					    "x-u",	   "x-v",	   "x-w" };
#define TALK_NAMES 6

static const struct head_names talk_wanted[HEAD_SIDES] = {
	{ talk_request, TALK_NAMES },
	{ talk_response, TALK_NAMES },
	{ talk_trailer, TALK_NAMES },
};

struct talk_value {
	bool sent;
	unsigned int length;
	char data[TALK_VALUE_MAX];
};

struct talk_head {
	bool sent;
	unsigned short status;
	struct talk_value pseudo[TALK_PSEUDOS], value[TALK_NAMES];
};

struct talk_stream {
	__u32 id; /* 0: none */
	struct talk_head head[HEAD_SIDES];
	bool final; /* the response's head is not an interim one */
};

struct talk {
	struct http2_heads *heads;
	struct chance *chance;
	__u64 connection;
	nghttp2_hd_deflater *deflater[2];
	__u32 index[2], last_stream;
	struct talk_stream stream[TALK_STREAMS];
	bool deaf;	     /* what is sent is not seen */
	bool hidden[2];	     /* the last piece was lost, which only the next one can tell */
	unsigned int losses; /* one in so many pieces; 0: none */
	nghttp2_nv field[TALK_FIELDS];
	char text[TALK_FIELDS][TALK_VALUE_MAX];
	unsigned int count;
};

static inline void talk_begin(struct talk *t, struct http2_heads *heads, struct chance *c,
			      __u64 connection)
{
	*t = (struct talk){ .heads = heads, .chance = c, .connection = connection };
	for (int i = 0; i < 2; i++)
		if (nghttp2_hd_deflate_new(&t->deflater[i], HEAD_TEXT_MAX))
			abort();
}

static inline void talk_end(struct talk *t)
{
	for (int i = 0; i < 2; i++)
		nghttp2_hd_deflate_del(t->deflater[i]);
}

static inline void talk_field(struct talk *t, const char *name, const char *value, size_t length)
{
	char *copy = t->text[t->count];

	memcpy(copy, value, length);
	t->field[t->count++] = (nghttp2_nv){
		(uint8_t *)name,
		(uint8_t *)copy,
		strlen(name),
		length,
		one_in(t->chance, 6) ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE,
	};
}

static inline void talk_piece(struct talk *t, const struct record_block *block,
			      const uint8_t *bytes)
{
	uint8_t *copy;

	bool *hidden = &t->hidden[block->response];

	t->index[block->response]++;
	*hidden = t->deaf || (t->losses && one_in(t->chance, t->losses));
	if (*hidden)
		return;
	copy = malloc(block->length + 1); /* the sanitizer sees a byte too many read */
	memcpy(copy + 1, bytes, block->length);
	http2_heads_block(t->heads, block, copy + 1);
	free(copy);
}

/* In pieces, cut anywhere; some are empty. */
static inline void talk_pieces(struct talk *t, __u32 stream, bool response, __u8 flags,
			       const uint8_t *bytes, size_t length)
{
	struct record_block b = { .header = { RECORD_BLOCK, stream, t->connection } };
	size_t n;

	b.response = response;
	b.flags = flags | BLOCK_BEGINS;
	do {
		n = length;
		if (n > TALK_PIECE)
			n = 1 + chance(t->chance, TALK_PIECE);
		else if (one_in(t->chance, 4))
			n = chance(t->chance, n + 1);
		if (n == length && !one_in(t->chance, 10))
			b.flags |= BLOCK_ENDS;
		b.length = n;
		b.index = t->index[response];
		talk_piece(t, &b, bytes);
		bytes += n;
		length -= n;
		b.flags &= ~BLOCK_BEGINS;
	} while (!(b.flags & BLOCK_ENDS));
}

/* What was put in by talk_field(). */
static inline void talk_block(struct talk *t, __u32 stream, bool response, __u8 flags)
{
	static const size_t sizes[] = { 0, 60, 300, 4096, 20000, HEAD_TEXT_MAX };
	uint8_t block[TALK_BLOCK];
	ssize_t n;

	if (one_in(t->chance, 40))
		nghttp2_hd_deflate_change_table_size(t->deflater[response],
						     sizes[chance(t->chance, 6)]);
	n = nghttp2_hd_deflate_hd(t->deflater[response], block, sizeof(block), t->field, t->count);
	if (n < 0)
		abort();
	t->count = 0;
	talk_pieces(t, stream, response, flags, block, n);
}

/* Few values, so that indices are used; some new ones, and some of any bytes. */
static inline size_t talk_random(struct talk *t, char *ret)
{
	uint32_t kind = chance(t->chance, 12);
	size_t n = kind > 1 ? 1 + chance(t->chance, 30) : chance(t->chance, TALK_VALUE_MAX / 4);

	for (size_t i = 0; i < n; i++)
		ret[i] = kind ? (char)('a' + kind % 3) : (char)chance(t->chance, 256);
	return n;
}

/* The first counts, but a cookie's pieces are joined. */
static inline void talk_note(struct talk_value *v, bool join, const char *data, size_t length)
{
	if (v->sent && !join)
		return;
	if (v->sent) {
		memcpy(v->data + v->length, "; ", 2);
		v->length += 2;
	}
	memcpy(v->data + v->length, data, length);
	v->length += length;
	v->sent = true;
}

static inline void talk_headers(struct talk *t, struct talk_head *h, const struct head_names *names)
{
	char text[TALK_VALUE_MAX];

	for (unsigned int i = 0; i < names->count; i++) {
		const char *name = names->names[i];
		bool repeated = !strcmp(name, "cookie") || !strcmp(name, "set-cookie") ||
				!strcmp(name, "via");

		for (int n = 0; n < (repeated ? 3 : 1) && chance(t->chance, 3); n++) {
			size_t length = talk_random(t, text);

			if (!strcmp(name, "host") && h->pseudo[TALK_AUTHORITY].sent) {
				/* may not differ (RFC 9113 8.3.1) */
				length = h->pseudo[TALK_AUTHORITY].length;
				memcpy(text, h->pseudo[TALK_AUTHORITY].data, length);
			}
			talk_field(t, name, text, length);
			talk_note(&h->value[i], !strcmp(name, "cookie"), text, length);
		}
		if (one_in(t->chance, 6))
			talk_field(t, "x-nobody-wants", text, talk_random(t, text));
	}
}

static inline void talk_put_pseudo(struct talk *t, struct talk_head *h, int which, const char *text,
				   size_t length)
{
	talk_field(t, talk_pseudo[which], text, length);
	talk_note(&h->pseudo[which], false, text, length);
}

static inline void talk_send_request(struct talk *t, struct talk_stream *s)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "DELETE", "M" };
	struct talk_head *h = &s->head[HEAD_REQUEST];
	const char *method = methods[chance(t->chance, 5)];
	char text[TALK_VALUE_MAX];

	*s = (struct talk_stream){ .id = t->last_stream += 2 };
	h->sent = true;
	talk_put_pseudo(t, h, TALK_METHOD, method, strlen(method));
	talk_put_pseudo(t, h, TALK_SCHEME, "https", 4 + chance(t->chance, 2));
	if (chance(t->chance, 4))
		talk_put_pseudo(t, h, TALK_AUTHORITY, text, talk_random(t, text));
	talk_put_pseudo(t, h, TALK_PATH, text, talk_random(t, text));
	talk_headers(t, h, &talk_wanted[HEAD_REQUEST]);
	if (!h->value[2].sent) /* host */
		h->value[2] = h->pseudo[TALK_AUTHORITY];
	talk_block(t, s->id, false, 0);
}

static inline void talk_send_response(struct talk *t, struct talk_stream *s)
{
	static const char *const statuses[] = { "100", "103", "200", "201", "302", "404", "503" };
	struct talk_head *h = &s->head[HEAD_RESPONSE];
	const char *status = statuses[chance(t->chance, 7)];

	*h = (struct talk_head){ .sent = true, .status = atoi(status) };
	s->final = h->status >= 200;
	talk_put_pseudo(t, h, TALK_STATUS, status, 3);
	talk_headers(t, h, &talk_wanted[HEAD_RESPONSE]);
	talk_block(t, s->id, true, 0);
}

static inline void talk_send_trailer(struct talk *t, struct talk_stream *s)
{
	s->head[HEAD_TRAILER].sent = true;
	talk_headers(t, &s->head[HEAD_TRAILER], &talk_wanted[HEAD_TRAILER]);
	talk_block(t, s->id, true, 0);
}

/* Blocks that are of no head: a promise, its response, a request's trailers. */
static inline void talk_send_other(struct talk *t, const struct talk_stream *s)
{
	struct talk_head ignored = {};
	uint32_t kind = chance(t->chance, 3);

	if (kind != 2)
		talk_put_pseudo(t, &ignored, kind ? TALK_STATUS : TALK_PATH, "200", 3);
	talk_headers(t, &ignored, &talk_wanted[HEAD_REQUEST]);
	if (kind == 2 && !t->count)
		return;
	talk_block(t, kind == 1 ? 2 : s->id, kind < 2, kind == 0 ? BLOCK_PROMISE : 0);
}

static inline struct talk_stream *talk_step(struct talk *t)
{
	struct talk_stream *s = &t->stream[chance(t->chance, TALK_STREAMS)];

	if (!s->id || s->head[HEAD_TRAILER].sent || (s->final && one_in(t->chance, 3))) {
		if (s->id)
			http2_heads_end(t->heads, t->connection, s->id);
		if (!t->last_stream)
			t->last_stream = -1;
		talk_send_request(t, s);
	} else if (one_in(t->chance, 5)) {
		talk_send_other(t, s);
	} else if (!s->final) {
		talk_send_response(t, s);
	} else {
		talk_send_trailer(t, s);
	}
	return s;
}

#endif
