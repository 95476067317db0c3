/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * HTTP/1 framing (RFC 9112) as one incremental machine, in plain C: the same code runs in the
 * kernel and, under unit tests and fuzzers, in user space. A message is lines and stretches to
 * skip; nothing else matters here.
 *
 * The caller loads the next bytes of one direction of a connection into a window and calls
 * http1_parse(), which stops at the end of a head and at the end of a message. Bodies are never
 * loaded: the caller passes over them with http1_pass(). A line that is cut by the end of a window
 * is carried over in the parser: whole up to 64 bytes, else its first 40 and last 24. No framing
 * decision looks at more of a line, so the cut's place cannot matter.
 */
#ifndef MESHTAP_HTTP1_H
#define MESHTAP_HTTP1_H

#include "http1_lines.h"

/*
 * In the kernel this and http1_parse() are global functions (scratch.h): verified once, on their
 * own, whatever the caller's state. They can take no pointers on Linux 5.10, so they find the
 * window by its slot.
 */
#ifdef __bpf__
int http1_step_in(__u32 slot, __u32 start);
#define http1_call_step(w, start) http1_step_in((w)->slot, start)
#else
#define http1_call_step(w, start) http1_step(w, start)
#endif

http1_inline void http1_restore_carry(const struct http1_parser *p, struct http1_window *w)
{
	for (int i = 0; i < HTTP1_CARRY / 8; i++)
		((__u64 *)(w->bytes + HTTP1_START - HTTP1_CARRY))[i] = ((const __u64 *)p->carry)[i];
}

/* Keeps the unfinished line [at, end). */
http1_inline void http1_save_carry(struct http1_parser *p, const struct http1_window *w, __u32 at,
				   __u32 end)
{
	__u64 *carry = (__u64 *)p->carry;
	__u32 length = end - at, first = length > HTTP1_CARRY ? at : end - HTTP1_CARRY;

	for (int i = 0; i < HTTP1_CARRY_FIRST / 8; i++)
		carry[i] = http1_load(http1_at(w, first + i * 8));
	for (int i = 0; i < HTTP1_CARRY_LAST / 8; i++)
		carry[HTTP1_CARRY_FIRST / 8 + i] =
			http1_load(http1_at(w, end - HTTP1_CARRY_LAST + i * 8));
	p->carry_length = length > HTTP1_CARRY ? HTTP1_CARRY : length;
}

/* A request begins with a token, a response with HTTP/1; both may follow empty lines. Binary
 * protocols end here. */
http1_inline int http1_can_begin(const struct http1_parser *p, const struct http1_window *w,
				 __u32 at)
{
	__u8 c = *http1_at(w, at);

	if (c == '\r' || c == '\n')
		return 1;
	return p->response ? c == 'H' : c > ' ' && c < 0x7f;
}

/* Past the empty lines before a message (RFC 9112 section 2.2), four at a time: there may be many.
 */
http1_inline __u32 http1_skip_empty(const struct http1_window *w)
{
	const __u64 four = 0x0a0d0a0d0a0d0a0dULL; /* CRLF CRLF CRLF CRLF */
	__u32 at = HTTP1_START;

	for (int i = 0; i < HTTP1_WINDOW / 8; i++) {
		at = http1_forget(w, at, HTTP1_BYTES - 1);
		if (at + 8 > w->end || http1_load(http1_at(w, at)) != four)
			break;
		at += 8;
	}
	return at;
}

/*
 * Parses the length bytes at HTTP1_START with the window's parser, whose skip must be 0. Sets
 * consumed and begin. Returns an enum http1_event.
 */
http1_inline int http1_parse(struct http1_window *w, __u32 length)
{
	struct http1_parser *p = &w->parser;
	__u32 at = HTTP1_START - (p->carry_length & (2 * HTTP1_CARRY - 1)), begin;
	__u32 event = HTTP1_MORE;

	if (p->carry_length)
		http1_restore_carry(p, w);
	p->carry_length = 0;
	w->consumed = 0;
	w->begin = 0;
	w->end = HTTP1_START + length;
	w->kept.to = 0;
	w->kept.headers = 0;
	w->begins = !(p->flags & HTTP1_BEGUN);
	if (w->begins && !http1_can_begin(p, w, at))
		return HTTP1_BAD;
	if (w->begins && at == HTTP1_START)
		at = http1_skip_empty(w);
	begin = at;
	w->searched = 0;
	for (__u32 i = 0; i < HTTP1_LINES; i++) {
		event = http1_call_step(w, http1_forget(w, at, HTTP1_BYTES - 1));
		at = w->line & (HTTP1_BYTES - 1);
		if (event == HTTP1_NO_LINE || event == HTTP1_BAD)
			break;
		if (w->begins && p->phase == HTTP1_START_LINE)
			begin = at;
		if (event != HTTP1_MORE)
			break;
		if (p->skip) {
			__u32 left = w->end - at, take = left < p->skip ? left : p->skip;

			p->skip -= take;
			p->body += take;
			at += take;
			if (p->skip)
				break;
		}
	}
	if (event == HTTP1_NO_LINE)
		event = HTTP1_MORE;
	at = http1_forget(w, at, HTTP1_BYTES - 1);
	if (w->begins && p->phase == HTTP1_START_LINE && at < w->end && !http1_can_begin(p, w, at))
		return HTTP1_BAD;
	if (w->begins && (p->phase != HTTP1_START_LINE ||
			  (at < w->end && *http1_at(w, at) != '\r' && *http1_at(w, at) != '\n')))
		p->flags |= HTTP1_BEGUN;
	if (event == HTTP1_MORE && at < w->end && w->searched && !p->skip) {
		http1_call_keep(w, at, w->end);
		if (http1_tells_host(w))
			http1_host(w, at, w->end, 0);
		http1_save_carry(p, w, at, w->end);
		at = w->end;
	}
	w->begin = begin - HTTP1_START;
	w->consumed = at > HTTP1_START ? at - HTTP1_START : 0; /* bad bytes in the carry */
	return event;
}

/*
 * After HTTP1_HEAD_END: decides the body (RFC 9112 section 6.3). method: the request's. Returns
 * MESSAGE_END when there is none, HEAD_END after an interim response (the final one follows), BAD,
 * or MORE: parse or pass on.
 */
http1_inline enum http1_event http1_body(struct http1_parser *p, __u8 method)
{
	if (p->response && p->status < 200 && p->status != 101) {
		p->phase = HTTP1_START_LINE;
		p->flags = HTTP1_BEGUN;
		return HTTP1_HEAD_END;
	}
	if (p->response
		    ? p->status == 101 || (method == HTTP1_METHOD_CONNECT && p->status / 100 == 2)
		    : method == HTTP1_METHOD_CONNECT) {
		p->phase = HTTP1_TUNNEL;
		return HTTP1_MORE;
	}
	if (p->response && (method == HTTP1_METHOD_HEAD || p->status == 204 || p->status == 304))
		return HTTP1_MESSAGE_END;
	if (p->flags & HTTP1_BAD_FRAMING)
		return HTTP1_BAD;
	if (p->flags & HTTP1_CHUNKED) {
		p->phase = HTTP1_CHUNK_SIZE;
		return HTTP1_MORE;
	}
	if (p->response && (p->flags & HTTP1_OTHER_CODING)) {
		p->phase = HTTP1_UNTIL_CLOSE;
		return HTTP1_MORE;
	}
	if (p->flags & (HTTP1_BAD_LENGTH | HTTP1_OTHER_CODING))
		return HTTP1_BAD;
	if (p->flags & HTTP1_HAS_LENGTH) {
		p->phase = HTTP1_BODY;
		p->skip = p->length;
		return p->length ? HTTP1_MORE : HTTP1_MESSAGE_END;
	}
	if (!p->response)
		return HTTP1_MESSAGE_END;
	p->phase = HTTP1_UNTIL_CLOSE;
	return HTTP1_MORE;
}

/* Bytes from here on that need no parsing. */
http1_inline __u64 http1_passable(const struct http1_parser *p)
{
	return p->phase >= HTTP1_UNTIL_CLOSE ? ~0ULL : p->skip;
}

/* Passes n <= http1_passable() bytes. */
http1_inline enum http1_event http1_pass(struct http1_parser *p, __u64 n)
{
	p->body += n;
	if (p->phase >= HTTP1_UNTIL_CLOSE)
		return HTTP1_MORE;
	p->skip -= n;
	return p->phase == HTTP1_BODY && !p->skip ? HTTP1_MESSAGE_END : HTTP1_MORE;
}

/* Makes ready for the next message. */
http1_inline void http1_next(struct http1_parser *p)
{
	p->skip = 0;
	p->length = 0;
	p->body = 0;
	p->status = 0;
	p->phase = HTTP1_START_LINE;
	p->flags = 0;
	p->method = 0;
	p->carry_length = 0;
	p->host_flags = 0;
}

#endif
