// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "filter_string.h"

#include <errno.h>
#include <string.h>

static bool is_quote(char c)
{
	return c == '\'' || c == '"';
}

static bool is_raw(const char *source)
{
	return (*source | 0x20) == 'r' && is_quote(source[1]);
}

bool filter_string_begins(const char *source)
{
	return is_quote(*source) || is_raw(source);
}

static int refuse(struct filter_string *s, const char *why)
{
	s->why = why;
	return -EINVAL;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static void put_utf8(struct filter_string *s, unsigned int point)
{
	if (point < 0x80) {
		*s->ret++ = point;
		return;
	}
	if (point < 0x800) {
		*s->ret++ = 0xc0 | point >> 6;
	} else {
		if (point < 0x10000) {
			*s->ret++ = 0xe0 | point >> 12;
		} else {
			*s->ret++ = 0xf0 | point >> 18;
			*s->ret++ = 0x80 | (point >> 12 & 0x3f);
		}
		*s->ret++ = 0x80 | (point >> 6 & 0x3f);
	}
	*s->ret++ = 0x80 | (point & 0x3f);
}

/* \x41 \u0041 \U00000041 \101: a code point, of so many digits. */
static int take_point(struct filter_string *s, const char *digits, int count, int base)
{
	unsigned int point = 0;

	for (int i = 0; i < count; i++) {
		int digit = digit_of(digits[i]);

		if (digit >= base)
			return refuse(s, "not an escape");
		point = point * base + digit;
	}
	if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		return refuse(s, "not a code point of Unicode");
	put_utf8(s, point);
	s->at = digits + count;
	return 0;
}

static int take_escape(struct filter_string *s)
{
	static const char from[] = "abfnrtv\\?\"'`", to[] = "\a\b\f\n\r\t\v\\?\"'`";
	char c = s->at[1];
	const char *simple = c ? strchr(from, c) : NULL;

	if (simple) {
		*s->ret++ = to[simple - from];
		s->at += 2;
		return 0;
	}
	switch (c) {
	case 'x':
	case 'X':
		return take_point(s, s->at + 2, 2, 16);
	case 'u':
		return take_point(s, s->at + 2, 4, 16);
	case 'U':
		return take_point(s, s->at + 2, 8, 16);
	case '0' ... '3':
		return take_point(s, s->at + 1, 3, 8);
	}
	return refuse(s, "not an escape");
}

int filter_string_take(struct filter_string *s)
{
	const char *start = s->at;
	bool raw = is_raw(start);
	char quote = start[raw];

	for (s->at += raw + 1; *s->at != quote;) {
		int err = 0;

		if (!*s->at || *s->at == '\n' || *s->at == '\r') {
			s->at = start;
			return refuse(s, "a string without its end");
		}
		if (*s->at == '\\' && !raw)
			err = take_escape(s);
		else
			*s->ret++ = *s->at++;
		if (err)
			return err;
	}
	s->at++;
	return 0;
}
