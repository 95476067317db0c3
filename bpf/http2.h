/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * HTTP/2 framing (RFC 9113 section 4) as one incremental machine, in plain C like http1.h. It says
 * where frames begin and end, which bytes are of a header block, and where messages of gRPC begin.
 * Nothing else of a payload is loaded: the caller passes over skip bytes.
 */
#ifndef MESHTAP_HTTP2_H
#define MESHTAP_HTTP2_H

#include "http1_state.h"

#define HTTP2_PREFACE 24 /* bytes, RFC 9113 section 3.4 */
#define HTTP2_HEADER  9
#define HTTP2_STEPS   4 /* of one call */

enum http2_type {
	HTTP2_DATA,
	HTTP2_HEADERS,
	HTTP2_PRIORITY,
	HTTP2_RST_STREAM,
	HTTP2_SETTINGS,
	HTTP2_PUSH_PROMISE,
	HTTP2_PING,
	HTTP2_GOAWAY,
	HTTP2_WINDOW_UPDATE,
	HTTP2_CONTINUATION,
	HTTP2_TYPES,
};

enum {
	HTTP2_END_STREAM = 1,
	HTTP2_END_HEADERS = 4,
	HTTP2_PADDED = 8,
	HTTP2_HAS_PRIORITY = 32,
};

enum http2_phase {
	HTTP2_FRAME_HEADER, /* zero: where a connection begins */
	HTTP2_PAD_LENGTH,
	HTTP2_FIXED,	/* a priority, or the promised stream, stands before the block */
	HTTP2_FRAGMENT, /* of a header block */
	HTTP2_BODY,	/* DATA */
	HTTP2_ERROR_CODE,
	HTTP2_REST, /* nothing that matters, or padding */
	HTTP2_END,
};

enum http2_event {
	HTTP2_ON,     /* call again */
	HTTP2_MORE,   /* all consumed; skip may be non-zero */
	HTTP2_BEGINS, /* a frame: its header was read */
	HTTP2_PIECE,  /* of a header block: piece and piece_length say where in the window */
	HTTP2_ENDS,   /* the frame */
	HTTP2_BAD,    /* no frame can stand here: the connection will be closed */
};

/* Messages of gRPC: a byte that says whether it is compressed (0 or 1), four of length, and it. */
struct http2_messages {
	__u32 count; /* whose first byte was seen */
	__u32 left;  /* bytes of the last one */
	__u32 prefix;
	__u8 have; /* bytes of the prefix */
	__u8 none; /* this is no gRPC */
	__u16 reserved;
};

struct http2_parser {
	__u64 skip;	  /* bytes to pass before the next that matters */
	__u64 started_ns; /* when the frame began to come */
	__u32 left;	  /* bytes of the frame's payload, behind skip */
	__u32 length;	  /* of the payload */
	__u32 stream;
	__u32 block;  /* bytes of the header block so far */
	__u32 pieces; /* of header blocks that came or were lost, the caller's */
	__u32 code;   /* of RST_STREAM */
	__u8 phase;
	__u8 type;
	__u8 flags;
	__u8 have; /* bytes of header */
	__u8 padding;
	__u8 fixed;
	__u8 in_block;	  /* a CONTINUATION must follow */
	__u8 is_first;	  /* the block's next piece is its first */
	__u8 block_flags; /* of the frame that began the block */
	__u8 block_type;
	__u8 header[16];
	struct http2_messages messages; /* of the frame's stream */
};

/* The part of a window that is parsed. */
struct http2_window {
	struct http2_parser parser; /* the working copy */
	__u64 seen_ns;		    /* when the bytes came */
	__u32 at;		    /* as offsets in the window */
	__u32 piece;
	__u32 piece_length;
	__u8 piece_ends; /* the header block */
	__u8 is_bad;	 /* the caller's: HTTP2_BAD was the last event */
};

http1_inline __u32 http2_available(const struct http1_window *w, const struct http2_window *f)
{
	return w->end - f->at;
}

/* Bytes of the payload before the padding. */
http1_inline __u32 http2_content(const struct http2_parser *p)
{
	return p->left - p->padding;
}

/* What follows the optional length of padding. */
http1_inline __u8 http2_phase_of(struct http2_parser *p)
{
	switch (p->type) {
	case HTTP2_DATA:
		return HTTP2_BODY;
	case HTTP2_HEADERS:
		p->fixed = p->flags & HTTP2_HAS_PRIORITY ? 5 : 0;
		return HTTP2_FIXED;
	case HTTP2_PUSH_PROMISE:
		p->fixed = 4;
		return HTTP2_FIXED;
	case HTTP2_CONTINUATION:
		return HTTP2_FRAGMENT;
	case HTTP2_RST_STREAM:
		return HTTP2_ERROR_CODE;
	default:
		return HTTP2_REST;
	}
}

http1_inline int http2_begins_block(const struct http2_parser *p)
{
	return p->type == HTTP2_HEADERS || p->type == HTTP2_PUSH_PROMISE;
}

/* It counts for its stream. */
http1_inline int http2_is_of_stream(const struct http2_parser *p)
{
	return p->type <= HTTP2_HEADERS || p->type == HTTP2_RST_STREAM ||
	       (p->type == HTTP2_CONTINUATION && p->block_type == HTTP2_HEADERS);
}

/* Of DATA, HEADERS and PUSH_PROMISE. */
http1_inline int http2_is_padded(const struct http2_parser *p)
{
	return (p->flags & HTTP2_PADDED) && (p->type == HTTP2_DATA || http2_begins_block(p));
}

/* Section 4.3: a header block's frames stand together. Section 5.1.1: stream 0 has neither. */
http1_inline int http2_is_misplaced(const struct http2_parser *p, __u32 stream)
{
	if (p->in_block != (p->type == HTTP2_CONTINUATION))
		return 1;
	if (p->in_block)
		return stream != p->stream;
	return !stream &&
	       (p->type == HTTP2_DATA || http2_begins_block(p) || p->type == HTTP2_RST_STREAM);
}

http1_inline enum http2_event http2_begin_frame(struct http2_parser *p)
{
	const __u8 *h = p->header;
	__u32 stream = (h[5] & 0x7f) << 24 | h[6] << 16 | h[7] << 8 | h[8];

	p->have = 0;
	p->type = h[3];
	if (http2_is_misplaced(p, stream))
		return HTTP2_BAD;
	p->length = h[0] << 16 | h[1] << 8 | h[2];
	p->left = p->length;
	p->flags = h[4];
	p->stream = stream;
	p->padding = 0;
	p->phase = http2_phase_of(p);
	if (http2_begins_block(p)) {
		p->block = 0;
		p->is_first = 1;
		p->block_flags = p->flags;
		p->block_type = p->type;
	}
	if (http2_begins_block(p) || p->type == HTTP2_CONTINUATION)
		p->in_block = !(p->flags & HTTP2_END_HEADERS);
	if (http2_is_padded(p))
		p->phase = HTTP2_PAD_LENGTH;
	return p->type <= HTTP2_HEADERS ? HTTP2_BEGINS : HTTP2_ON;
}

http1_inline enum http2_event
http2_frame_header(struct http2_parser *p, const struct http1_window *w, struct http2_window *f)
{
	for (int i = 0; i < HTTP2_HEADER; i++) {
		__u32 have = p->have & 15;

		if (have >= HTTP2_HEADER || f->at >= w->end)
			break;
		if (!have)
			p->started_ns = f->seen_ns;
		p->header[have] = *http1_at(w, f->at);
		p->have = have + 1;
		f->at++;
	}
	return p->have < HTTP2_HEADER ? HTTP2_MORE : http2_begin_frame(p);
}

http1_inline enum http2_event http2_pad_length(struct http2_parser *p, const struct http1_window *w,
					       struct http2_window *f)
{
	if (!p->left)
		return HTTP2_BAD;
	if (f->at >= w->end)
		return HTTP2_MORE;
	p->padding = *http1_at(w, f->at);
	f->at++;
	p->left--;
	if (p->padding > p->left)
		return HTTP2_BAD;
	p->phase = http2_phase_of(p);
	return HTTP2_ON;
}

http1_inline enum http2_event http2_fragment(struct http2_parser *p, const struct http1_window *w,
					     struct http2_window *f)
{
	__u32 content = http2_content(p), available = http2_available(w, f);
	__u32 take = content < available ? content : available;

	if (content && !take)
		return HTTP2_MORE;
	f->piece = f->at;
	f->piece_length = take;
	f->piece_ends = content == take && !p->in_block;
	f->at += take;
	p->left -= take;
	p->block += take;
	if (content == take)
		p->phase = HTTP2_REST;
	return HTTP2_PIECE;
}

/* Bytes of a message's prefix, as far as the frame has them. */
http1_inline enum http2_event http2_prefix(struct http2_parser *p, const struct http1_window *w,
					   struct http2_window *f)
{
	struct http2_messages *m = &p->messages;

	for (int i = 0; i < 5; i++) {
		__u8 c;

		if (m->have >= 5 || !http2_content(p) || f->at >= w->end)
			break;
		c = *http1_at(w, f->at);
		if (!m->have && c > 1) {
			m->none = 1;
			return HTTP2_ON;
		}
		m->count += !m->have;
		m->prefix = m->prefix << 8 | c;
		m->have++;
		f->at++;
		p->left--;
	}
	if (m->have == 5) {
		m->left = m->prefix; /* the first byte was shifted out */
		m->have = 0;
		return HTTP2_ON;
	}
	return http2_content(p) ? HTTP2_MORE : HTTP2_ON;
}

http1_inline enum http2_event http2_body(struct http2_parser *p, const struct http1_window *w,
					 struct http2_window *f)
{
	__u32 run = http2_content(p);

	if (!run) {
		p->phase = HTTP2_REST;
		return HTTP2_ON;
	}
	if (!p->messages.none) {
		if (!p->messages.left)
			return http2_prefix(p, w, f);
		if (p->messages.left < run)
			run = p->messages.left;
		p->messages.left -= run;
	}
	p->skip = run;
	p->left -= run;
	return HTTP2_ON;
}

http1_inline enum http2_event http2_error_code(struct http2_parser *p, const struct http1_window *w,
					       struct http2_window *f)
{
	for (int i = 0; i < 4; i++) {
		if (p->have >= 4 || !p->left || f->at >= w->end)
			break;
		p->code = p->code << 8 | *http1_at(w, f->at);
		p->have++;
		f->at++;
		p->left--;
	}
	if (p->have < 4)
		return p->left ? HTTP2_MORE : HTTP2_BAD;
	p->have = 0;
	p->phase = HTTP2_REST;
	return HTTP2_ON;
}

/* One step of the bytes [f->at, w->end). */
http1_inline enum http2_event http2_step(struct http1_window *w, struct http2_window *f)
{
	struct http2_parser *p = &f->parser;
	__u32 available = http2_available(w, f);

	if (p->skip) {
		__u32 take = p->skip < available ? p->skip : available;

		p->skip -= take;
		f->at += take;
		return p->skip ? HTTP2_MORE : HTTP2_ON;
	}
	switch (p->phase) {
	case HTTP2_FRAME_HEADER:
		return http2_frame_header(p, w, f);
	case HTTP2_PAD_LENGTH:
		return http2_pad_length(p, w, f);
	case HTTP2_FIXED:
		if (http2_content(p) < p->fixed)
			return HTTP2_BAD;
		p->skip = p->fixed;
		p->left -= p->fixed;
		p->phase = HTTP2_FRAGMENT;
		return HTTP2_ON;
	case HTTP2_FRAGMENT:
		return http2_fragment(p, w, f);
	case HTTP2_BODY:
		return http2_body(p, w, f);
	case HTTP2_ERROR_CODE:
		return http2_error_code(p, w, f);
	case HTTP2_REST:
		p->skip = p->left;
		p->left = 0;
		p->phase = HTTP2_END;
		return HTTP2_ON;
	default:
		p->phase = HTTP2_FRAME_HEADER;
		return http2_is_of_stream(p) ? HTTP2_ENDS : HTTP2_ON;
	}
}

/* Up to an event; HTTP2_ON: call again. */
http1_inline enum http2_event http2_next(struct http1_window *w, struct http2_window *f)
{
	enum http2_event event = HTTP2_ON;

	for (int i = 0; i < HTTP2_STEPS && event == HTTP2_ON; i++) {
		f->at = http1_forget(w, f->at, HTTP1_BYTES - 1);
		event = http2_step(w, f);
	}
	return event;
}

/* Bytes of DATA that are neither padding nor its length. */
http1_inline __u32 http2_data_bytes(const struct http2_parser *p)
{
	return p->length - p->padding - (p->flags & HTTP2_PADDED ? 1 : 0);
}

/*
 * A frame header that a sender of today may begin a segment with: where nothing is known of what
 * stood before, a frame's beginning is looked for. Returns the payload's length, or -1.
 */
http1_inline __s32 http2_plausible(const __u8 *h)
{
	__u32 length = h[0] << 16 | h[1] << 8 | h[2], type = h[3], flags = h[4];
	__u32 stream = (__u32)h[5] << 24 | h[6] << 16 | h[7] << 8 | h[8];
	/* bits that a frame of the type may have */
	static const __u8 known[] = { 0x9, 0x2d, 0, 0, 0x1, 0xc, 0x1, 0, 0, 0x4 };
	int of_connection = type == HTTP2_SETTINGS || type == HTTP2_PING || type == HTTP2_GOAWAY;

	if (type >= HTTP2_TYPES || length > 16384 || stream >> 31)
		return -1;
	if (!length && (type == HTTP2_HEADERS || (type == HTTP2_DATA && !flags))) /* rather zeros */
		return -1;
	if (flags & ~known[type & 15 ? type : 0])
		return -1;
	if (type != HTTP2_WINDOW_UPDATE && of_connection != !stream)
		return -1;
	if ((type == HTTP2_WINDOW_UPDATE || type == HTTP2_RST_STREAM) && length != 4)
		return -1;
	if ((type == HTTP2_PING && length != 8) || (type == HTTP2_PRIORITY && length != 5) ||
	    (type == HTTP2_SETTINGS && length % 6) || (type == HTTP2_GOAWAY && length < 8))
		return -1;
	return length;
}

/* The first one that is found is none that bytes of a body or of padding often look like, nor one
 * that cannot be read alone. */
http1_inline int http2_is_telling(__u8 type)
{
	return type != HTTP2_DATA && type != HTTP2_CONTINUATION;
}

#endif
