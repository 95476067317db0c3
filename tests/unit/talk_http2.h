/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A conversation of HTTP/2: frames, where they stand in the two streams of bytes, and what they
 * mean. Which exchanges are to be found follows from that, see http2_truth.h. Include after
 * walk_sink.h and talk.h.
 */
#ifndef MESHTAP_TALK_HTTP2_H
#define MESHTAP_TALK_HTTP2_H

#define H2_FRAMES  8192
#define H2_STREAMS 700

/* One that counts for a stream: HEADERS, CONTINUATION, DATA, RST_STREAM, PUSH_PROMISE. */
struct h2_frame {
	__u32 stream;
	__u32 begin, end; /* in its direction */
	__u32 content;	  /* where the block's fragment or the body is */
	__u32 length;	  /* of the content */
	__u32 code;	  /* of RST_STREAM */
	__u32 heard; /* how much of the other direction its sender had received, at the least */
	__u8 response;
	__u8 type;
	__u8 is_promise; /* of PUSH_PROMISE, or its CONTINUATION */
	__u8 begins_block;
	__u8 ends_block;
	__u8 ends_side;
};

struct h2_talk {
	struct talk talk;
	struct h2_frame frames[H2_FRAMES];
	__u32 count;
	__u32 streams[H2_STREAMS]; /* of the client's, in their order */
	__u32 stream_count;
	__u32 heard; /* see struct h2_frame */
};

struct h2_put {
	__u32 stream;
	__u32 length; /* of the content */
	__u8 response;
	__u8 type;
	__u8 flags;
	__u8 padding;
};

static inline void h2_talk_begin(struct h2_talk *t)
{
	struct talk *bytes = &t->talk;

	bytes->length[0] = bytes->length[1] = 0;
	bytes->part_count = bytes->count = 0;
	bytes->until_close = bytes->tunnel = 0;
	bytes->closes = CLOSER_NONE;
	t->count = t->stream_count = t->heard = 0;
}

static inline __u32 h2_left(const struct h2_talk *t, int response)
{
	return TALK_BYTES - t->talk.length[response];
}

/* What was put last can be sent once so much of the other direction came. */
static inline void h2_part(struct h2_talk *t, int response, __u32 heard)
{
	talk_part(&t->talk, response, heard);
}

static inline void h2_header(struct h2_talk *t, const struct h2_put *f, __u32 length)
{
	__u8 h[9] = { length >> 16,    length >> 8,	length,		f->type,  f->flags,
		      f->stream >> 24, f->stream >> 16, f->stream >> 8, f->stream };

	talk_put(&t->talk, f->response, h, sizeof(h));
}

/* What stands before the content. */
static inline __u32 h2_fixed(const struct h2_put *f)
{
	if (f->type == HTTP2_HEADERS)
		return f->flags & HTTP2_HAS_PRIORITY ? 5 : 0;
	return f->type == HTTP2_PUSH_PROMISE ? 4 : 0;
}

/* A frame as on the wire. */
static inline struct h2_frame *h2_frame(struct h2_talk *t, const struct h2_put *f,
					const void *content)
{
	int padded = f->type != HTTP2_CONTINUATION && f->flags & HTTP2_PADDED;
	struct h2_frame *r = &t->frames[t->count++];
	static const __u8 zeros[256], fixed[5] = { 0, 0, 0, 2, 16 };

	if (t->count >= H2_FRAMES)
		user_fail(__func__, "more than H2_FRAMES");
	memset(r, 0, sizeof(*r));
	r->stream = f->stream;
	r->response = f->response;
	r->type = f->type;
	r->length = f->length;
	r->heard = t->heard;
	r->begin = t->talk.length[f->response];
	h2_header(t, f, f->length + h2_fixed(f) + (padded ? 1 + f->padding : 0));
	if (padded)
		talk_put(&t->talk, f->response, &f->padding, 1);
	talk_put(&t->talk, f->response, fixed, h2_fixed(f));
	r->content = t->talk.length[f->response];
	talk_put(&t->talk, f->response, content, f->length);
	if (padded)
		talk_put(&t->talk, f->response, zeros, f->padding);
	r->end = t->talk.length[f->response];
	return r;
}

/* One that means nothing for a stream. */
static inline void h2_noise(struct h2_talk *t, int response, __u8 type, __u8 flags, __u32 stream,
			    const void *payload, __u32 length)
{
	struct h2_put f = { .stream = stream, .response = response, .type = type, .flags = flags };

	h2_header(t, &f, length);
	talk_put(&t->talk, response, payload, length);
}

/*
 * A header block: f->length bytes in a frame of f->type, which has f->flags, and so many
 * CONTINUATION frames.
 */
static inline void h2_block(struct h2_talk *t, struct h2_put f, const __u8 *block,
			    __u32 continuations)
{
	__u32 left = f.length, each = left / (continuations + 1);
	int promise = f.type == HTTP2_PUSH_PROMISE;
	__u8 ends = f.flags & HTTP2_END_STREAM;

	for (__u32 i = 0; i <= continuations; i++) {
		struct h2_frame *r;

		f.length = i == continuations ? left : each;
		if (i == continuations)
			f.flags |= HTTP2_END_HEADERS;
		r = h2_frame(t, &f, block);
		r->begins_block = !i;
		r->ends_block = i == continuations;
		r->ends_side = r->ends_block && ends && !promise;
		r->is_promise = promise;
		block += f.length;
		left -= f.length;
		f.type = HTTP2_CONTINUATION;
		f.flags = 0;
	}
}

static inline void h2_data(struct h2_talk *t, const struct h2_put *f, const void *body)
{
	h2_frame(t, f, body)->ends_side = f->flags & HTTP2_END_STREAM;
}

static inline void h2_reset(struct h2_talk *t, int response, __u32 stream, __u32 code)
{
	struct h2_put f = { .stream = stream, .response = response, .type = HTTP2_RST_STREAM };
	__u8 bytes[4] = { code >> 24, code >> 16, code >> 8, code };

	f.length = 4;
	h2_frame(t, &f, bytes)->code = code;
}

static inline void h2_settings(struct h2_talk *t, int response, int acknowledges)
{
	static const __u8 settings[12] = { 0, 3, 0, 0, 1, 0, 0, 4, 0, 1, 0, 0 };

	h2_noise(t, response, HTTP2_SETTINGS, acknowledges, 0, settings, acknowledges ? 0 : 12);
}

static inline void h2_preface(struct h2_talk *t)
{
	talk_put(&t->talk, REQUEST, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HTTP2_PREFACE);
	h2_settings(t, REQUEST, 0);
}

#endif
