/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a request says of itself besides its framing: its method, and the host that it is for, as a
 * hash that grows with the bytes, because a line may be cut anywhere. Only for who defines
 * HTTP1_TELLS, and sets tells_hosts or tells_methods before the programs are loaded.
 */
#ifndef MESHTAP_HTTP1_TELL_H
#define MESHTAP_HTTP1_TELL_H

#include "http1_state.h"

#define HTTP1_HOST_BYTES 264 /* a DNS name has up to 253, a colon and a port 6 */

#ifdef HTTP1_TELLS
#ifdef __bpf__
const volatile __u8 tells_hosts = 0;
const volatile __u8 tells_methods = 0;
#else
static __u8 tells_hosts, tells_methods;
#endif
#else
enum { tells_hosts = 0, tells_methods = 0 };
#endif

/* Bits of the parser's host_flags. */
enum {
	HTTP1_HOST_FOUND = 1,  /* in this request; another one is not looked at */
	HTTP1_HOST_TARGET = 2, /* in the target */
	HTTP1_HOST_OPEN = 4,   /* its line goes on in the next window */
	HTTP1_HOST_BEGUN = 8,  /* the value has */
	HTTP1_HOST_ENDED = 16, /* only blanks may follow */
	HTTP1_HOST_BAD = 32,   /* no host: more than one word, or too long */
	HTTP1_HOST_LAST = 64,  /* the line before this one was it */
};

/* FNV-1a. */
#define HTTP1_HOST_HASH 0xcbf29ce484222325ULL

http1_inline __u64 http1_host_step(__u64 hash, __u8 c)
{
	return (hash ^ c) * 0x100000001b3ULL;
}

/* 0x20 more for a capital. Without a branch, which would double what a verifier walks. */
http1_inline __u8 http1_lower(__u8 c)
{
	__u64 wide = c;

	return c | (((0x40 - wide) & (wide - 0x5b)) >> 63) << 5;
}

/* The request's host is known: its hash is in the parser. */
http1_inline int http1_has_host(const struct http1_parser *p)
{
	return (p->host_flags & (HTTP1_HOST_BEGUN | HTTP1_HOST_OPEN | HTTP1_HOST_BAD)) ==
	       HTTP1_HOST_BEGUN;
}

/* Sets of bytes below 64. */
#define HTTP1_BLANKS	     (1ULL << ' ' | 1ULL << '\t' | 1ULL << '\r' | 1ULL << '\n')
#define HTTP1_AUTHORITY_ENDS (1ULL << '/' | 1ULL << '?' | 1ULL << '#')

http1_inline int http1_is_in(__u64 set, __u8 c)
{
	__u64 wide = c;

	return set >> (wide & 63) & ((wide >> 6) - 1) >> 63;
}

/* Past the blanks in [at, end), up to 32. */
http1_inline __u32 http1_past_blanks(const struct http1_window *w, __u32 at, __u32 end)
{
	for (int i = 0; i < 32; i++) {
		at = http1_forget(w, at, HTTP1_BYTES - 1);
		if (at >= end || !http1_is_in(HTTP1_BLANKS, *http1_at(w, at)))
			break;
		at++;
	}
	return http1_forget(w, at, HTTP1_BYTES - 1);
}

/* Up to end, or to a byte of the set. */
http1_inline __u32 http1_host_hash(struct http1_window *w, __u32 at, __u32 end, __u64 ends)
{
	__u64 hash = w->parser.host;

	for (int i = 0; i < HTTP1_HOST_BYTES; i++) {
		__u8 c;

		at = http1_forget(w, at, HTTP1_BYTES - 1);
		c = *http1_at(w, at);
		if (at >= end || http1_is_in(ends, c))
			break;
		hash = http1_host_step(hash, http1_lower(c));
		at++;
	}
	w->parser.host = hash;
	return http1_forget(w, at, HTTP1_BYTES - 1);
}

/* The value, or what there is of it: [at, end). */
http1_inline int http1_host_take(struct http1_window *w, __u32 at, __u32 end)
{
	__u8 *flags = &w->parser.host_flags;
	__u64 in_target = *flags & HTTP1_HOST_TARGET; /* 0 or 2 */
	__u64 ends = HTTP1_BLANKS | (HTTP1_AUTHORITY_ENDS & -(in_target >> 1));

	if (!(*flags & (HTTP1_HOST_BEGUN | HTTP1_HOST_TARGET)))
		at = http1_past_blanks(w, at, end);
	if (at < end && !(*flags & HTTP1_HOST_ENDED)) {
		at = http1_host_hash(w, at, end, ends);
		*flags |= HTTP1_HOST_BEGUN;
		if (at < end)
			*flags |= http1_is_in(ends, *http1_at(w, at)) ? HTTP1_HOST_ENDED
								      : HTTP1_HOST_BAD;
	}
	if (!(*flags & HTTP1_HOST_TARGET) && http1_past_blanks(w, at, end) < end)
		*flags |= HTTP1_HOST_BAD;
	return 0;
}

/* In the kernel it is verified once, like those in http1.h. */
#ifdef HTTP1_TELLS
#ifdef __bpf__
int http1_host_take_in(__u32 slot, __u32 at, __u32 end);
#define http1_call_host_take(w, at, end) http1_host_take_in((w)->slot, at, end)
#else
#define http1_call_host_take(w, at, end) http1_host_take(w, at, end)
#endif
#else
#define http1_call_host_take(w, at, end) ((void)0)
#endif

/* Where the authority of a target in absolute form (RFC 9112 section 3.2.2) begins; 0: another
 * form, or another scheme than a server's. */
http1_inline __u32 http1_authority(const struct http1_window *w, __u32 at)
{
	__u64 word;

	for (int i = 0; i < 32; i++) {
		at = http1_forget(w, at, HTTP1_BYTES - 1);
		if (*http1_at(w, at) <= ' ')
			break;
		at++;
	}
	if (*http1_at(w, at) != ' ')
		return 0;
	word = http1_load(http1_at(w, at + 1));
	if (((word | 0x20202020) & 0x00ffffffffffffffULL) == 0x002f2f3a70747468ULL) /* http:// */
		return at + 8;
	return (word | 0x2020202020ULL) == 0x2f2f3a7370747468ULL ? at + 9 : 0; /* https:// */
}

/* Where the host in the line at begins; 0: it has none that counts. */
http1_inline __u32 http1_host_begin(struct http1_window *w, __u32 at)
{
	struct http1_parser *p = &w->parser;
	__u64 word = http1_load(http1_at(w, at));
	__u8 c = word, flags = HTTP1_HOST_FOUND | HTTP1_HOST_LAST, last = p->host_flags;
	__u32 begin = at + 5;

	if (p->phase == HTTP1_START_LINE) {
		begin = http1_authority(w, at);
		flags = HTTP1_HOST_FOUND | HTTP1_HOST_TARGET;
		if (!begin)
			return 0;
	} else if (c == ' ' || c == '\t') { /* obs-fold: recipients read it differently */
		if (last & HTTP1_HOST_LAST)
			p->host_flags |= HTTP1_HOST_BAD;
		return 0;
	} else {
		p->host_flags &= ~HTTP1_HOST_LAST;
		if (((word | 0x20202020) & 0xffffffffffULL) != 0x3a74736f68ULL) /* host: */
			return 0;
	}
	if (last & HTTP1_HOST_FOUND)
		return 0;
	p->host = HTTP1_HOST_HASH;
	p->host_flags = flags;
	return begin;
}

/* The line, or what there is of it, [at, end) is about to be parsed. What the carry keeps whole is
 * looked at when it comes again; of a longer one, only what is new. */
http1_inline int http1_host(struct http1_window *w, __u32 at, __u32 end, __u32 is_whole)
{
	struct http1_parser *p = &w->parser;
	__u32 begin = HTTP1_START;

	if (!(p->host_flags & HTTP1_HOST_OPEN)) {
		if (!is_whole && end - at <= HTTP1_CARRY)
			return 0;
		begin = http1_host_begin(w, at);
	}
	if (!begin)
		return 0;
	http1_call_host_take(w, begin, end);
	if (is_whole)
		p->host_flags &= ~HTTP1_HOST_OPEN;
	else
		p->host_flags |= HTTP1_HOST_OPEN;
	return 0;
}

/* first: the start line's first eight bytes. */
http1_inline __u8 http1_method_of(__u64 first)
{
	static const struct {
		__u64 bytes; /* with the blank behind it, if there is room */
		__u64 mask;
		__u8 method;
	} methods[] = {
		{ 0x20544547ULL, 0xffffffffULL, HTTP1_METHOD_GET },
		{ 0x2054534f50ULL, 0xffffffffffULL, HTTP1_METHOD_POST },
		{ 0x20545550ULL, 0xffffffffULL, HTTP1_METHOD_PUT },
		{ 0x204554454c4544ULL, 0xffffffffffffffULL, HTTP1_METHOD_DELETE },
		{ 0x20534e4f4954504fULL, ~0ULL, HTTP1_METHOD_OPTIONS },
		{ 0x204543415254ULL, 0xffffffffffffULL, HTTP1_METHOD_TRACE },
		{ 0x204843544150ULL, 0xffffffffffffULL, HTTP1_METHOD_PATCH },
	};

	for (__u32 i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if ((first & methods[i].mask) == methods[i].bytes)
			return methods[i].method;
	return HTTP1_METHOD_OTHER;
}

#endif
