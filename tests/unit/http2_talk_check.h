/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether http2_heads.h says of a talk what was sent. */
#ifndef MESHTAP_HTTP2_TALK_CHECK_H
#define MESHTAP_HTTP2_TALK_CHECK_H

#include "http2_talk.h"

#define MUCH (64u << 20) /* bytes: nothing is evicted */

/* Whether what is said is what was sent, or is said to be unknown. */
static inline bool talk_text_is_true(struct head_text is, const struct talk_value *v, bool exact)
{
	if (!is.data)
		return !exact || !v->sent;
	return v->sent && is.length == v->length && !memcmp(is.data, v->data, v->length);
}

static inline bool talk_head_is_true(const struct http2_head *is, const struct talk_head *h,
				     bool interim)
{
	bool exact = !is->unresolved;
	struct head_text pseudo[] = { is->method, is->scheme, is->authority, is->path };

	if (is->status ? is->status != h->status : exact && h->status)
		return false;
	for (int i = 0; i < TALK_STATUS; i++)
		if (!talk_text_is_true(pseudo[i], &h->pseudo[i], exact))
			return false;
	for (int i = 0; i < TALK_NAMES; i++)
		if (!talk_text_is_true(is->value[i], &h->value[i], exact && !interim))
			return false;
	return !is->protocol.data;
}

/* exact: nothing was lost, so all must be known. */
static inline bool talk_is_true(struct talk *t, const struct talk_stream *s, bool exact)
{
	for (int side = 0; side < HEAD_SIDES; side++) {
		const struct talk_head *h = &s->head[side];
		const struct http2_head *is = http2_heads_get(t->heads, t->connection, s->id, side);

		if (t->hidden[side != HEAD_REQUEST])
			continue;
		if (exact && (!is == h->sent || (is && is->unresolved)))
			return false;
		if (is && !h->sent && !is->unresolved)
			return false;
		if (is && !talk_head_is_true(is, h, side == HEAD_RESPONSE && !s->final))
			return false;
	}
	return true;
}

static inline struct http2_heads *heads_new(size_t max_bytes)
{
	struct http2_heads *h = NULL;

	if (http2_heads_init(&h, max_bytes, talk_wanted))
		abort();
	return h;
}

static inline bool talk_all_true(struct talk *t, bool exact)
{
	for (unsigned int i = 0; i < TALK_STREAMS; i++)
		if (t->stream[i].id && !talk_is_true(t, &t->stream[i], exact))
			return false;
	return true;
}

#endif
