/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which lines of a head or of trailers are wanted: the start line, and headers by name. What lies
 * before the first and behind the last wanted line of a window is not taken along, so that a cookie
 * of 4 KiB costs little where nobody logs it. A name is told by its first eight bytes. A line too
 * many does no harm, its reader looks again. Only for who defines HTTP1_KEEPS.
 */
#ifndef MESHTAP_HTTP1_KEEP_H
#define MESHTAP_HTTP1_KEEP_H

#include "http1_state.h"

#define HTTP1_NAMES 16

/* Wanted of one side. */
struct http1_names {
	__u32 letters;		   /* bit (c & 31) for each name's first letter */
	__u32 count;		   /* of prefix and mask; 0: the letters alone decide */
	__u64 prefix[HTTP1_NAMES]; /* a name with its colon, bytes | 0x20 */
	__u64 mask[HTTP1_NAMES];   /* of the bytes that there are */
};

/* The last one: trailers of a response. */
enum { HTTP1_NAMES_REQUEST, HTTP1_NAMES_RESPONSE, HTTP1_NAMES_TRAILER, HTTP1_NAMES_SIDES };

#ifdef HTTP1_KEEPS
#ifdef __bpf__
const volatile struct http1_names kept_names[HTTP1_NAMES_SIDES] = {};
int http1_keep_in(__u32 slot, __u32 at, __u32 end);
#define http1_call_keep(w, at, end) http1_keep_in((w)->slot, at, end)
#else
static struct http1_names kept_names[HTTP1_NAMES_SIDES];
#define http1_call_keep(w, at, end) http1_keep(w, at, end)
#endif

/* First letters of the wanted lines of a head. */
http1_inline __u32 http1_kept_letters(const struct http1_window *w)
{
	return kept_names[w->parser.response ? HTTP1_NAMES_RESPONSE : HTTP1_NAMES_REQUEST].letters;
}

http1_inline int http1_is_name_kept(const struct http1_window *w, __u32 side, __u32 at, __u32 end)
{
	__u8 c = *http1_at(w, at);
	__u64 word;
	__u32 n;

	if (side >= HTTP1_NAMES_SIDES || !(kept_names[side].letters >> (c & 31) & 1))
		return 0;
	n = kept_names[side].count;
	if (!n || end - at < sizeof(word))
		return 1;
	word = http1_load(http1_at(w, at)) | HTTP1_CASE;
	for (__u32 i = 0; i < HTTP1_NAMES && i < n; i++)
		if (!((word ^ kept_names[side].prefix[i]) & kept_names[side].mask[i]))
			return 1;
	return 0;
}

/* A folded line (obs-fold, RFC 9112 section 5.2) goes with the one that it continues. */
http1_inline int http1_is_line_kept(const struct http1_window *w, __u32 at, __u32 end)
{
	const struct http1_parser *p = &w->parser;
	__u8 c = *http1_at(w, at);

	if (p->phase == HTTP1_START_LINE)
		return 1;
	if (c == ' ' || c == '\t')
		return w->kept.line;
	if (c == '\r' || c == '\n')
		return 0;
	if (p->phase <= HTTP1_HEADERS)
		return http1_is_name_kept(
			w, p->response ? HTTP1_NAMES_RESPONSE : HTTP1_NAMES_REQUEST, at, end);
	return p->phase == HTTP1_TRAILERS && p->response &&
	       http1_is_name_kept(w, HTTP1_NAMES_TRAILER, at, end);
}

/* The line, or what there is of it, [at, end) is about to be parsed. One that began before the
 * window was judged there. */
http1_inline int http1_keep(struct http1_window *w, __u32 at, __u32 end)
{
	if (at >= HTTP1_START)
		w->kept.line = http1_is_line_kept(w, at, end);
	if (!w->kept.line)
		return 0;
	if (!w->kept.to)
		w->kept.from = at < HTTP1_START ? HTTP1_START : at;
	w->kept.to = end;
	w->kept.headers |= w->parser.phase != HTTP1_START_LINE;
	return 0;
}
#else
#define http1_kept_letters(w)	    0
#define http1_keep(w, at, end)	    ((void)0)
#define http1_call_keep(w, at, end) ((void)0)
#endif

#endif
