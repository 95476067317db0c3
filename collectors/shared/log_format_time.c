// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "log_format_time.h"
#include "log_text_number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND	       1000000000ll
#define FRACTIONS_MAX  8
#define CONVERSION_MAX 32 /* bytes of a conversion in the format, and of what comes of it */

struct fraction {
	unsigned int at;     /* in text */
	unsigned int digits; /* 1 to 9 */
};

struct log_time {
	char *format; /* owned */
	bool is_local;
	bool is_written; /* text is of second */
	time_t second;
	size_t length;
	unsigned int fractions;
	struct fraction fraction[FRACTIONS_MAX];
	char text[LOG_TIME_MAX + CONVERSION_MAX];
};

enum piece_kind {
	PIECE_BYTE,
	PIECE_STRFTIME,
	PIECE_EPOCH,
	PIECE_FRACTION,
	PIECE_SECONDS, /* and their fraction */
	PIECE_BAD,
};

struct piece {
	enum piece_kind kind;
	const char *at;
	size_t length; /* in the format */
	size_t widest; /* what comes of it */
	unsigned int digits;
};

static bool is_in(char c, const char *set)
{
	return c && strchr(set, c);
}

/* In the C locale, and of years that have four digits. */
static size_t widest(char conversion)
{
	switch (conversion) {
	case 'c':
		return sizeof("Thu Jan  1 00:00:00 1970") - 1;
	case 'Z':
		return CONVERSION_MAX - 1;
	default:
		return sizeof("12:00:00 AM") - 1;
	}
}

/* A conversion that strftime(3) knows, but none that would end a line or ask the locale's zone. */
static struct piece strftime_piece(const char *at)
{
	const char *p = at + 1;
	bool is_known;

	while (is_in(*p, "_-0^#"))
		p++;
	if (*p == 'E')
		is_known = is_in(*++p, "cCxXyY");
	else if (*p == 'O')
		is_known = is_in(*++p, "deHImMSuUVwWy");
	else
		is_known = is_in(*p, "aAbBcCdDeFgGhHIjklmMpPrRSTuUVwWxXyYzZ%");
	return (struct piece){ is_known ? PIECE_STRFTIME : PIECE_BAD, at, p + 1 - at, widest(*p),
			       0 };
}

static struct piece next_piece(const char *at)
{
	bool is_plain = *at >= ' ' && *at < 0x7f && !is_in(*at, "\"\\");
	unsigned int digits = 9;

	if (*at != '%')
		return (struct piece){ is_plain ? PIECE_BYTE : PIECE_BAD, at, 1, 1, 0 };
	if (at[1] == 's')
		return (struct piece){ PIECE_EPOCH, at, 2, DECIMAL_MAX, 0 };
	if (at[1] == 'f')
		return (struct piece){ PIECE_FRACTION, at, 2, digits, digits };
	digits = at[1] - '0';
	if (is_in(at[1], "123456789") && at[2] == 'f')
		return (struct piece){ PIECE_FRACTION, at, 3, digits, digits };
	digits = at[1] == 'E' ? at[2] - '0' : 0;
	if (digits >= 1 && digits <= 9 && at[3] == 'S')
		return (struct piece){ PIECE_SECONDS, at, 4, 3 + digits, digits };
	return strftime_piece(at);
}

static int check(const char *format)
{
	size_t longest = 0;
	unsigned int fractions = 0;

	while (*format) {
		struct piece p = next_piece(format);

		if (p.kind == PIECE_BAD || p.length >= CONVERSION_MAX)
			return -EINVAL;
		longest += p.widest;
		fractions += p.kind == PIECE_FRACTION || p.kind == PIECE_SECONDS;
		format += p.length;
	}
	return longest > LOG_TIME_MAX || fractions > FRACTIONS_MAX ? -EINVAL : 0;
}

int log_time_compile(struct log_time **ret, struct head_text format, bool is_local)
{
	struct log_time *t = calloc(1, sizeof(*t));
	int err = -ENOMEM;

	if (t)
		t->format = strndup(format.data, format.length);
	if (t && t->format)
		err = check(t->format);
	if (err) {
		log_time_free(&t);
		return err;
	}
	t->is_local = is_local;
	*ret = t;
	return 0;
}

void log_time_free(struct log_time **t)
{
	if (*t)
		free((*t)->format);
	free(*t);
	*t = NULL;
}

static void put_fraction(struct log_time *t, unsigned int digits)
{
	t->fraction[t->fractions++] = (struct fraction){ t->length, digits };
	t->length += digits;
}

/* next_piece() knows what stands in the format. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void put_strftime(struct log_time *t, struct piece p, const struct tm *tm)
{
	char one[CONVERSION_MAX] = "";

	memcpy(one, p.at, p.length);
	t->length += strftime(t->text + t->length, p.widest + 1, one, tm);
}
#pragma GCC diagnostic pop

static void put_epoch(struct log_time *t)
{
	char *to = t->text + t->length;

	if (t->second < 0)
		*to++ = '-';
	to = put_decimal(to, t->second < 0 ? -(__u64)t->second : (__u64)t->second);
	t->length = to - t->text;
}

static void put_piece(struct log_time *t, struct piece p, const struct tm *tm)
{
	switch (p.kind) {
	case PIECE_STRFTIME:
		put_strftime(t, p, tm);
		break;
	case PIECE_EPOCH:
		put_epoch(t);
		break;
	case PIECE_FRACTION:
		put_fraction(t, p.digits);
		break;
	case PIECE_SECONDS:
		put_strftime(t, strftime_piece("%S"), tm);
		t->text[t->length++] = '.';
		put_fraction(t, p.digits);
		break;
	default:
		t->text[t->length++] = *p.at;
	}
}

static void write_second(struct log_time *t, time_t second)
{
	struct tm tm = {};

	if (t->is_local) {
		localtime_r(&second, &tm);
	} else {
		gmtime_r(&second, &tm);
		tm.tm_zone = "UTC"; /* strftime(3) says GMT */
	}
	t->second = second;
	t->is_written = true;
	t->length = t->fractions = 0;
	for (const char *at = t->format; *at;) {
		struct piece p = next_piece(at);

		put_piece(t, p, &tm);
		at += p.length;
	}
}

struct head_text log_time_format(struct log_time *t, __s64 ns)
{
	time_t second = ns / SECOND - (ns % SECOND < 0);
	unsigned int rest = (ns % SECOND + SECOND) % SECOND;

	if (!t->is_written || t->second != second)
		write_second(t, second);
	for (unsigned int i = 0; i < t->fractions; i++) {
		unsigned int digits = t->fraction[i].digits, left = rest;

		for (unsigned int skipped = 9; skipped > digits; skipped--)
			left /= 10;
		for (char *p = t->text + t->fraction[i].at + digits; digits; digits--, left /= 10)
			*--p = '0' + left % 10;
	}
	return (struct head_text){ t->text, t->length };
}
