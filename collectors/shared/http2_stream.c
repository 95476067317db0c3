// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "http2_stream.h"

#include <errno.h>

/* HTTP/2 has no 101 (RFC 9113 8.6); nothing would follow one. */
static bool is_interim(unsigned short status)
{
	return status && status < 200 && status != 101;
}

/* The final head is there, beyond doubt. */
static bool has_final(const struct http2_stream *s)
{
	const struct http2_head *h = s ? s->head[HEAD_RESPONSE] : NULL;

	return h && !s->guessed && !is_interim(h->status);
}

enum head_side http2_stream_side(const struct http2_stream *s, bool response,
				 const struct hpack_field *first)
{
	bool unresolved = first && !first->name.length;

	if (!first || (!unresolved && *first->name.data != ':'))
		return response ? HEAD_TRAILER : HEAD_SIDES;
	if (!response)
		return HEAD_REQUEST;
	return unresolved && has_final(s) ? HEAD_TRAILER : HEAD_RESPONSE;
}

static int set(struct http2_stream *s, struct http2_memory *m, enum head_side side,
	       const struct http2_fields *f)
{
	http2_memory_free(m, s->head[side]);
	s->head[side] = http2_fields_keep(f, m);
	return s->head[side] ? 0 : -ENOMEM;
}

static int keep_request(struct http2_stream *s, struct http2_memory *m, struct http2_fields *f)
{
	if (s->head[HEAD_REQUEST])
		return 0;
	if (!f->pseudo)
		http2_fields_forget(f); /* they may be trailers */
	return set(s, m, HEAD_REQUEST, f);
}

static int keep_status(struct http2_stream *s, struct http2_memory *m, struct http2_fields *f,
		       unsigned short status)
{
	int err;

	if (is_interim(status)) {
		http2_fields_forget(f);
		f->unresolved = 0;
	}
	err = set(s, m, HEAD_RESPONSE, f);
	if (!err)
		s->head[HEAD_RESPONSE]->status = status;
	s->guessed = false;
	return err;
}

/*
 * Of a stream that was seen from its beginning the first such block is a head. Else it may be the
 * trailer, and a second one may be that or the head, so it is as if one was lost.
 */
static int keep_unknown(struct http2_stream *s, struct http2_memory *m, struct http2_fields *f)
{
	if (s->guessed || !s->head[HEAD_REQUEST])
		s->losses[HTTP2_RESPONSE]--;
	s->guessed = true;
	return set(s, m, HEAD_RESPONSE, f);
}

int http2_stream_keep(struct http2_stream *s, struct http2_memory *m, enum head_side side,
		      struct http2_fields *f)
{
	if (side == HEAD_REQUEST)
		return keep_request(s, m, f);
	if (side == HEAD_TRAILER)
		return s->head[side] ? 0 : set(s, m, side, f);
	if (has_final(s))
		return 0;
	return f->pseudo ? keep_status(s, m, f, http2_fields_status(f)) : keep_unknown(s, m, f);
}

bool http2_stream_may_lack(const struct http2_stream *s, enum head_side side)
{
	const struct http2_head *h = s->head[side];

	return !h || (side == HEAD_RESPONSE && (s->guessed || is_interim(h->status)));
}

void http2_stream_free(struct http2_stream *s, struct http2_memory *m)
{
	for (int i = 0; i < HEAD_SIDES; i++)
		http2_memory_free(m, s->head[i]);
	http2_memory_free(m, s);
}
