// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "log_format_template.h"
#include "log_text_number.h"
#include "log_text_utf8.h"

#include <string.h>

/* Of LOG_VALUE_TEXT. Returns the bytes that are cut off. */
static size_t shorten(struct log_value *v, size_t most)
{
	size_t length = v->text.length + v->has_slash;

	if (length <= most)
		return 0;
	v->has_slash = v->has_slash && most;
	v->text.length = utf8_cut(v->text.data, v->text.length, most - v->has_slash);
	return length - v->text.length - v->has_slash;
}

size_t log_segment_value(const struct log_segment *s, struct log_value *ret,
			 const struct access_record *r, size_t max_field)
{
	ret->kind = LOG_VALUE_MISSING;
	ret->has_slash = false;
	s->op->get(ret, &s->argument, r);
	if (ret->kind != LOG_VALUE_TEXT)
		return 0;
	shorten(ret, s->argument.limit);
	return shorten(ret, max_field);
}

size_t log_segment_max(const struct log_segment *s, size_t max_field, size_t wide)
{
	size_t most = s->argument.limit < max_field ? s->argument.limit : max_field;
	size_t text = most * wide + LOG_MARK_MAX;

	return s->op->syntax & LOG_TEXT && text > LOG_OWN_MAX ? text : LOG_OWN_MAX;
}

char *log_put_mark(char *to, size_t n)
{
	to = mempcpy(to, "...[+", 5);
	to = put_decimal(to, n);
	*to++ = ']';
	return to;
}
