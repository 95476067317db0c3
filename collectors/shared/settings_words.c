// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "settings_words.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BLANK " \t"

bool word_next(const char **at, struct word *ret)
{
	ret->text = *at + strspn(*at, BLANK);
	ret->length = strcspn(ret->text, BLANK);
	*at = ret->text + ret->length;
	return ret->length != 0;
}

bool word_is(const struct word *w, const char *text)
{
	return strlen(text) == w->length && !memcmp(text, w->text, w->length);
}

int word_fail(struct source_error *ret, const char *source, const struct word *w,
	      const char *format, ...)
{
	va_list args;

	ret->column = w->text - source + 1;
	va_start(args, format);
	vsnprintf(ret->text, sizeof(ret->text), format, args);
	va_end(args);
	return -EINVAL;
}
