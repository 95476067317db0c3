/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which lines of a window are looked at, and taking them one after the other. Most lines of a head
 * mean nothing to anyone: they are passed where they are found. */
#ifndef MESHTAP_HTTP1_LINES_H
#define MESHTAP_HTTP1_LINES_H

#include "http1_keep.h"
#include "http1_line.h"
#include "http1_tell.h"

/* Groups of words a call: a line of a whole window, and some lines before it. */
#define HTTP1_SCANS (HTTP1_WINDOW / 32 + 8)

/* Lines of a head that begin with none of these letters are not looked at, but those that may
 * decide framing. */
http1_inline void http1_want_letters(struct http1_window *w)
{
	if (w->parser.phase != HTTP1_HEADERS && w->parser.phase != HTTP1_FRAMED)
		w->letters = ~0U;
	else
		w->letters = http1_kept_letters(w) | (__u32)(tells_hosts != 0) << ('h' & 31);
}

/* Content-L or Transfer. */
http1_inline int http1_may_frame(const struct http1_window *w, __u32 at)
{
	__u64 first = http1_load(http1_at(w, at));

	if ((first | HTTP1_CASE >> 8) == 0x2d746e65746e6f63ULL)
		return (*http1_at(w, at + 8) | 0x20) == 'l';
	return (first | HTTP1_CASE) == 0x726566736e617274ULL;
}

/* A line that can mean nothing to anyone: neither to framing, nor to who wants some, and not the
 * empty line. */
http1_inline int http1_is_idle_line(const struct http1_window *w, __u32 at)
{
	const __u32 framing = 1 << ('c' & 31) | 1 << ('t' & 31);
	__u32 letters = w->letters;
	__u8 c = *http1_at(w, at);

	if (c <= ' ')
		return 0;
	if (!((letters | framing) >> (c & 31) & 1))
		return 1;
	return !(letters >> (c & 31) & 1) && !http1_may_frame(w, at);
}

/* Lines were not looked at: what is folded onto the last of them is nobody's. */
http1_inline void http1_lines_passed(struct http1_window *w)
{
	w->kept.line = 0;
	if (w->parser.phase == HTTP1_FRAMED)
		w->parser.phase = HTTP1_HEADERS;
	if (tells_hosts)
		w->parser.host_flags &= ~HTTP1_HOST_LAST;
}

/* How far the first LF is from at on, or 32: not in so many bytes. */
http1_inline __u32 http1_find_lf(const struct http1_window *w, __u32 at)
{
	const __u8 *bytes = http1_at(w, at);
	__u64 mask = http1_lf_found(http1_load(bytes));

	if (mask)
		return http1_first_byte(mask);
	mask = http1_lf_found(http1_load(bytes + 8));
	if (mask)
		return 8 + http1_first_byte(mask);
	mask = http1_lf_found(http1_load(bytes + 16));
	if (mask)
		return 16 + http1_first_byte(mask);
	mask = http1_lf_found(http1_load(bytes + 24));
	return mask ? 24 + http1_first_byte(mask) : 32;
}

/*
 * The next line that must be looked at; start: where a line begins. Sets line, where it begins.
 * Returns where its LF is, or 0: not in the window (line is where what is unfinished begins), or,
 * with searched unset, not in so many steps.
 */
http1_inline __u32 http1_next_line(struct http1_window *w, __u32 start)
{
	__u32 from = start > HTTP1_START ? start : HTTP1_START, end = w->end, first = start, lf = 0;

	http1_want_letters(w);
	w->searched = 0;
	for (int i = 0; i < HTTP1_SCANS; i++) {
		__u32 ahead;

		from = http1_forget(w, from, HTTP1_BYTES - 1);
		start = http1_forget(w, start, HTTP1_BYTES - 1);
		ahead = from < end ? http1_find_lf(w, from) : 0;
		ahead = http1_forget(w, ahead, 63);
		from += ahead;
		if (from >= end) {
			w->searched = 1;
			break;
		}
		if (ahead == 32)
			continue;
		if (!http1_is_idle_line(w, start)) {
			lf = from;
			break;
		}
		from++;
		start = from;
	}
	w->line = http1_forget(w, start, HTTP1_BYTES - 1);
	if (start != first)
		http1_lines_passed(w);
	return http1_forget(w, lf, HTTP1_BYTES - 1);
}

http1_inline int http1_tells_host(const struct http1_window *w)
{
	return tells_hosts && !w->parser.response && w->parser.phase <= HTTP1_HEADERS;
}

/* The empty line behind the headers; lf: where it ends. */
http1_inline int http1_ends_head(const struct http1_window *w, __u32 at, __u32 lf)
{
	return (w->parser.phase == HTTP1_HEADERS || w->parser.phase == HTTP1_FRAMED) &&
	       (lf == at || (lf == at + 1 && *http1_at(w, at) == '\r'));
}

/* What a whole line means: to who wants it, and for framing. */
http1_inline enum http1_event http1_take_line(struct http1_window *w, __u32 at, __u32 lf)
{
	if (http1_ends_head(w, at, lf)) {
		w->kept.line = 0;
		return HTTP1_HEAD_END;
	}
	http1_call_keep(w, at, lf + 1);
	if (http1_tells_host(w))
		http1_host(w, at, lf + 1, 1);
	return http1_line(w, at, lf - at);
}

/* Finds the next line that matters and takes it. Sets line: where what is not taken begins. Returns
 * what it means, or HTTP1_NO_LINE, see http1_next_line(). */
http1_inline enum http1_event http1_step(struct http1_window *w, __u32 start)
{
	__u32 lf = http1_next_line(w, start);
	enum http1_event event;

	if (!lf)
		return HTTP1_NO_LINE;
	event = http1_take_line(w, w->line & (HTTP1_BYTES - 1), lf);
	if (event != HTTP1_BAD)
		w->line = lf + 1;
	return event;
}

#endif
