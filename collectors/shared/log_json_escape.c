// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "log_json_escape.h"
#include "log_text_plain.h"
#include "log_text_utf8.h"

#include <string.h>

enum { CONTROL, PLAIN, QUOTED, BEYOND_ASCII };

static const unsigned char classes[256] = {
	[' ' ... '!'] = PLAIN, ['"'] = QUOTED,	      ['#' ... '['] = PLAIN,
	['\\'] = QUOTED,       [']' ... '~'] = PLAIN, [0x80 ... 0xff] = BEYOND_ASCII,
};

static char *put_control(char *to, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char names[] = "\bb\ff\nn\rr\tt";

	*to++ = '\\';
	for (const char *p = names; *p; p += 2) {
		if (*p == c) {
			*to++ = p[1];
			return to;
		}
	}
	to = mempcpy(to, "u00", 3);
	*to++ = hex[c >> 4];
	*to++ = hex[c & 15];
	return to;
}

static char *put_special(char *to, unsigned char c)
{
	switch (classes[c]) {
	case CONTROL:
		return put_control(to, c);
	case QUOTED:
		*to++ = '\\';
		*to++ = c;
		return to;
	default:
		return mempcpy(to, "\\ufffd", 6);
	}
}

/* Bytes at p that stand as they are; 0: the first does not. */
static size_t plain_length(const char *p, const char *end)
{
	const char *begin = p;

	p += plain_words(p, end, ' ');
	while (p < end) {
		unsigned char class = classes[(unsigned char)*p];
		size_t length = class == PLAIN		? 1
				: class == BEYOND_ASCII ? utf8_length(p, end - p)
							: 0;

		if (!length)
			break;
		p += length;
	}
	return p - begin;
}

char *log_json_escape(char *to, struct head_text t)
{
	const char *p = t.data, *end = t.data + t.length;

	while (p < end) {
		size_t length = plain_length(p, end);

		to = mempcpy(to, p, length);
		p += length;
		if (p < end)
			to = put_special(to, *p++);
	}
	return to;
}
