// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "log_text_utf8.h"

#include <stdbool.h>

static bool is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* RFC 3629 4: the second byte's range excludes overlong forms, surrogates and what is beyond
 * U+10FFFF. */
static bool is_second(unsigned char first, unsigned char c)
{
	switch (first) {
	case 0xe0:
		return c >= 0xa0 && c <= 0xbf;
	case 0xed:
		return c >= 0x80 && c <= 0x9f;
	case 0xf0:
		return c >= 0x90 && c <= 0xbf;
	case 0xf4:
		return c >= 0x80 && c <= 0x8f;
	default:
		return is_tail(c);
	}
}

size_t utf8_length(const char *s, size_t n)
{
	unsigned char first = *s;
	size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4 || n < length || !is_second(first, s[1]))
		return 0;
	for (size_t i = 2; i < length; i++)
		if (!is_tail(s[i]))
			return 0;
	return length;
}

size_t utf8_cut(const char *s, size_t n, size_t most)
{
	for (size_t back = 1; back <= 3 && back <= most; back++)
		if (!is_tail(s[most - back]))
			return utf8_length(s + most - back, n - most + back) > back ? most - back
										    : most;
	return most;
}
