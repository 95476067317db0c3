/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "arena.h"

#include "log_text_utf8.h"

#include <stdint.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Bytes at the beginning of t that are ASCII, in whole words: most of a line is. */
static size_t ascii_words(struct head_text t)
{
	size_t at = 0;
	uint64_t word;

	for (; t.length - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, t.data + at, sizeof(word));
		if (word & 0x8080808080808080)
			break;
	}
	return at;
}

/* Bytes at the beginning of t that are valid UTF-8. */
static size_t valid_length(struct head_text t)
{
	size_t at = ascii_words(t), n;

	while (at < t.length) {
		n = (unsigned char)t.data[at] < 0x80 ? 1 : utf8_length(t.data + at, t.length - at);
		if (!n)
			break;
		at += n;
	}
	return at;
}

static void put(struct arena *a, const char *bytes, size_t n)
{
	if (a->capacity - a->used < n)
		return;
	memcpy(a->data + a->used, bytes, n);
	a->used += n;
}

struct head_text arena_utf8(struct arena *a, struct head_text t)
{
	size_t n = valid_length(t), begin = a->used;

	if (n == t.length)
		return t;
	while (t.length) {
		n = valid_length(t);
		put(a, t.data, n);
		if (n < t.length) {
			put(a, REPLACEMENT, strlen(REPLACEMENT));
			n++;
		}
		t.data += n;
		t.length -= n;
	}
	return (struct head_text){ a->data + begin, a->used - begin };
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

struct head_text arena_unescape(struct arena *a, struct head_text t)
{
	const char *p = t.data, *end = t.data + t.length;
	size_t begin = a->used;

	if (!t.length || !memchr(t.data, '\\', t.length))
		return arena_utf8(a, t);
	while (p < end) {
		bool is_escape = end - p >= 4 && p[0] == '\\' && p[1] == 'x' &&
				 hex_digit(p[2]) >= 0 && hex_digit(p[3]) >= 0;
		char c = is_escape ? hex_digit(p[2]) << 4 | hex_digit(p[3]) : *p;

		put(a, &c, 1);
		p += is_escape ? 4 : 1;
	}
	return arena_utf8(a, (struct head_text){ a->data + begin, a->used - begin });
}
