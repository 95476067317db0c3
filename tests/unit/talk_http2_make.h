/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Makes conversations of HTTP/2 by chance. Include after talk_http2.h and chance.h. */
#ifndef MESHTAP_TALK_HTTP2_MAKE_H
#define MESHTAP_TALK_HTTP2_MAKE_H

#define H2_OPEN	   128
#define H2_SCRAPS  (1 << 16)
#define H2_PARTS   240
#define H2_RESERVE 70000 /* bytes of a direction that must be left for another turn's frame */

enum h2_body_kind {
	H2_NO_MESSAGES,
	H2_MESSAGES,
	H2_LIKE_MESSAGES, /* begins as one would */
	H2_BODY_KINDS,
};

/* That goes on. */
struct h2_message {
	__u32 size, left, have;
};

struct h2_stream {
	__u32 number;
	__u8 kind[2];	   /* enum h2_body_kind */
	__u8 head[2];	   /* the head was sent */
	__u8 ended[2];	   /* or reset */
	__u32 reset_at[2]; /* end of a side's RST_STREAM */
	__u32 head_at;	   /* end of the request's head */
	struct h2_message message[2];
};

struct h2_make {
	struct h2_talk *t;
	struct chance *c;
	struct h2_stream open[H2_OPEN];
	__u32 count;
	__u32 next;	/* stream */
	__u32 heard[2]; /* what client and server have received */
	__u32 promised;
	__u32 largest;	/* of a frame */
	__u32 blocks;	/* largest block */
	int is_request; /* the block that is made: no other begins as one does */
};

static __u8 h2_scraps[H2_SCRAPS];

static inline __u8 *h2_random(struct chance *c, __u32 length)
{
	__u32 seed = chance(c, 256);

	for (__u32 i = 0; i < length; i++) {
		seed = seed * 1103515245 + 12345;
		h2_scraps[i] = seed >> 16;
	}
	return h2_scraps;
}

static inline __u32 h2_size(struct h2_make *m, __u32 most)
{
	static const __u32 sizes[] = { 1, 8, 60, 600, 5000, 16384 };
	__u32 size = sizes[chance(m->c, 6)];

	return chance(m->c, (size < most ? size : most) + 1);
}

static inline void h2_make_block(struct h2_make *m, struct h2_put f)
{
	__u32 continuations = one_in(m->c, 3) ? 1 + chance(m->c, 4) : 0;

	__u8 *block;

	f.length = h2_size(m, m->blocks) + m->is_request;
	if (one_in(m->c, 4))
		f.flags |= HTTP2_PADDED, f.padding = chance(m->c, 256);
	if (f.type == HTTP2_HEADERS && one_in(m->c, 4))
		f.flags |= HTTP2_HAS_PRIORITY;
	block = h2_random(m->c, f.length);
	block[0] = m->is_request ? 0x82 : 0x40;
	m->is_request = 0;
	h2_block(m->t, f, block, continuations);
}

/* Messages of gRPC that begin or go on in these bytes. */
static inline void h2_put_messages(struct h2_make *m, struct h2_stream *s, int side, __u8 *body,
				   __u32 length)
{
	struct h2_message *g = &s->message[side];

	for (__u32 i = 0; i < length; i++) {
		if (g->left) {
			g->left--;
			continue;
		}
		if (!g->have)
			g->size = h2_size(m, one_in(m->c, 3) ? 3 * m->largest : 40);
		body[i] = g->have ? g->size >> (32 - 8 * g->have) : g->size & 1;
		if (++g->have == 5) {
			g->left = g->size;
			g->have = 0;
		}
	}
}

static inline void h2_make_data(struct h2_make *m, struct h2_stream *s, int side, int ends)
{
	struct h2_put f = { .stream = s->number, .response = side, .type = HTTP2_DATA };
	__u8 *body;

	f.length = h2_size(m, m->largest);
	f.flags = ends ? HTTP2_END_STREAM : 0;
	if (one_in(m->c, 4))
		f.flags |= HTTP2_PADDED, f.padding = chance(m->c, 256);
	body = h2_random(m->c, f.length);
	if (s->kind[side] == H2_MESSAGES)
		h2_put_messages(m, s, side, body, f.length);
	else if (f.length)
		body[0] = s->kind[side] == H2_LIKE_MESSAGES ? body[0] & 1 : body[0] | 2;
	h2_data(m->t, &f, body);
}

/* Noise of a connection. */
static inline void h2_make_noise(struct h2_make *m, int side)
{
	static const __u8 zeros[64];
	__u32 stream = m->next > 2 ? m->next - 2 : 1;

	switch (chance(m->c, 7)) {
	case 0:
		h2_noise(m->t, side, HTTP2_PING, chance(m->c, 2), 0, zeros, 8);
		break;
	case 1:
		h2_noise(m->t, side, HTTP2_WINDOW_UPDATE, 0, chance(m->c, 2) ? stream : 0, "\0\1\0",
			 4);
		break;
	case 2:
		h2_noise(m->t, side, HTTP2_PRIORITY, 0, stream, zeros, 5);
		break;
	case 3:
		h2_noise(m->t, side, HTTP2_GOAWAY, 0, 0, zeros, 8 + chance(m->c, 40));
		break;
	case 4:
		h2_noise(m->t, side, 0x20 + chance(m->c, 200), chance(m->c, 256), stream, zeros,
			 chance(m->c, 64));
		break;
	case 5:
		h2_settings(m->t, side, 1);
		break;
	default:
		h2_settings(m->t, side, 0);
	}
}

static inline void h2_make_promise(struct h2_make *m, struct h2_stream *s)
{
	struct h2_put f = { .stream = s->number, .response = 1, .type = HTTP2_PUSH_PROMISE };

	h2_make_block(m, f);
	m->promised += 2;
	f.stream = m->promised;
	f.type = HTTP2_HEADERS;
	h2_make_block(m, f);
	f.type = HTTP2_DATA;
	f.flags = HTTP2_END_STREAM;
	f.length = chance(m->c, 20);
	h2_data(m->t, &f, h2_random(m->c, f.length));
}

static inline void h2_make_head(struct h2_make *m, struct h2_stream *s, int side)
{
	struct h2_put f = { .stream = s->number, .response = side, .type = HTTP2_HEADERS };
	int interim = side && s->head[side] != 2 && one_in(m->c, 6);

	if (!interim && s->head[side] != 2 && one_in(m->c, 3))
		f.flags = HTTP2_END_STREAM;
	m->is_request = !side;
	h2_make_block(m, f);
	s->head[side] = interim ? 2 : 1;
	s->ended[side] = f.flags & HTTP2_END_STREAM;
}

static inline void h2_make_end(struct h2_make *m, struct h2_stream *s, int side)
{
	struct h2_put f = { .stream = s->number, .response = side, .type = HTTP2_HEADERS };

	f.flags = HTTP2_END_STREAM;
	if (one_in(m->c, 2))
		h2_make_data(m, s, side, 1);
	else
		h2_make_block(m, f);
	s->ended[side] = 1;
}

/* The next frames of one side of a stream. */
static inline void h2_make_step(struct h2_make *m, struct h2_stream *s, int side)
{
	__u32 what = chance(m->c, 12);

	if (what == 0 && (side || s->head[side])) {
		h2_reset(m->t, side, s->number, chance(m->c, 14));
		s->ended[side] = 1;
		s->reset_at[side] = m->t->talk.length[side];
	} else if (s->head[side] != 1) {
		h2_make_head(m, s, side);
	} else if (what < 4) {
		h2_make_end(m, s, side);
	} else if (what == 4 && side) {
		h2_make_promise(m, s);
	} else {
		h2_make_data(m, s, side, 0);
	}
}

/* May the side say more: has it not ended, nor heard of a reset? */
static inline int h2_may_speak(const struct h2_make *m, const struct h2_stream *s, int side)
{
	__u32 reset = s->reset_at[!side];

	return !s->ended[side] && (!reset || reset > m->heard[side]) &&
	       (!side || s->head_at <= m->heard[side]);
}

static inline void h2_make_stream(struct h2_make *m)
{
	struct h2_stream *s = &m->open[m->count++];

	memset(s, 0, sizeof(*s));
	s->number = m->next;
	s->kind[0] = chance(m->c, H2_BODY_KINDS);
	s->kind[1] = chance(m->c, H2_BODY_KINDS);
	m->t->streams[m->t->stream_count++] = m->next;
	m->next += one_in(m->c, 20) ? 4 : 2;
	h2_make_head(m, s, REQUEST);
	s->head_at = m->t->talk.length[REQUEST];
}

/* Forgets streams that neither side will say more of. */
static inline void h2_make_forget(struct h2_make *m)
{
	__u32 n = 0;

	for (__u32 i = 0; i < m->count; i++) {
		const struct h2_stream *s = &m->open[i];
		int is_over = s->ended[0] && s->ended[1];

		for (int side = 0; side < 2; side++)
			is_over |= s->reset_at[side] && s->reset_at[side] <= m->heard[!side];
		if (!is_over)
			m->open[n++] = *s;
	}
	m->count = n;
}

/* All that one side says in one go, when it has heard all of the other, or less. */
static inline void h2_make_turn(struct h2_make *m, int side, __u32 streams, __u32 concurrent)
{
	struct talk *bytes = &m->t->talk;
	__u32 news = bytes->length[!side] - m->heard[side], from = bytes->length[side];

	m->heard[side] += one_in(m->c, 3) ? chance(m->c, news + 1) : news;
	m->t->heard = m->heard[side];
	for (__u32 i = 1 + chance(m->c, 6); i && h2_left(m->t, side) > H2_RESERVE; i--) {
		struct h2_stream *s = m->count ? &m->open[chance(m->c, m->count)] : NULL;

		if (one_in(m->c, 8))
			h2_make_noise(m, side);
		if (!side && m->t->stream_count < streams && m->count < concurrent &&
		    (!s || one_in(m->c, 2)))
			h2_make_stream(m);
		else if (s && h2_may_speak(m, s, side))
			h2_make_step(m, s, side);
	}
	if (bytes->length[side] > from)
		h2_part(m->t, side, m->heard[side]);
}

static inline void h2_make_begin(struct h2_make *m)
{
	int server_first = one_in(m->c, 2);

	h2_talk_begin(m->t);
	if (server_first) {
		h2_settings(m->t, RESPONSE, 0);
		h2_part(m->t, RESPONSE, 0);
	}
	h2_preface(m->t);
	if (one_in(m->c, 2))
		h2_make_stream(m);
	h2_part(m->t, REQUEST, 0);
	if (!server_first) {
		h2_settings(m->t, RESPONSE, 0);
		h2_part(m->t, RESPONSE, m->t->talk.length[REQUEST]);
	}
}

/* About so many streams, some of which are left open at the end. */
static inline void h2_make(struct h2_talk *t, struct chance *c, __u32 streams, __u32 concurrent,
			   __u32 largest)
{
	struct h2_make m = { .t = t, .c = c, .next = 1, .largest = largest, .blocks = largest };
	__u32 turns = 20 * streams;

	h2_make_begin(&m);
	while (turns-- && (t->stream_count < streams || (m.count && !one_in(c, 60))) &&
	       t->talk.part_count < H2_PARTS && h2_left(t, 0) > H2_RESERVE &&
	       h2_left(t, 1) > H2_RESERVE) {
		h2_make_turn(&m, REQUEST, streams, concurrent);
		h2_make_turn(&m, RESPONSE, streams, concurrent);
		h2_make_forget(&m);
	}
}

#endif
