// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "log_json.h"
#include "log_text_number.h"

#include <string.h>

static char *put_number(char *to, const struct log_value *v)
{
	if (v->is_negative)
		*to++ = '-';
	return put_decimal(to, v->number);
}

/* What stands between quotes. */
static char *put_inside(char *to, const struct log_value *v, size_t cut)
{
	switch (v->kind) {
	case LOG_VALUE_NUMBER:
		return put_number(to, v);
	case LOG_VALUE_OWN:
		return mempcpy(to, v->text.data, v->text.length);
	case LOG_VALUE_TEXT:
		if (v->has_slash)
			*to++ = '/';
		to = log_json_escape(to, v->text);
		return cut ? log_put_mark(to, cut) : to;
	default:
		*to++ = '-';
		return to;
	}
}

static char *put_typed(char *to, const struct log_value *v, size_t cut)
{
	if (v->kind == LOG_VALUE_MISSING)
		return mempcpy(to, "null", 4);
	if (v->kind == LOG_VALUE_NUMBER)
		return put_number(to, v);
	*to++ = '"';
	to = put_inside(to, v, cut);
	*to++ = '"';
	return to;
}

char *log_json_write(const struct log_template *t, char *ret, const struct access_record *r,
		     size_t max_field, unsigned long long *cut)
{
	struct log_value value;

	for (size_t i = 0; i < t->count; i++) {
		const struct log_segment *s = &t->segments[i];
		size_t lost;

		ret = log_put_literal(ret, s);
		if (!s->op)
			continue;
		lost = log_segment_value(s, &value, r, max_field);
		*cut += lost > 0;
		ret = s->is_quoted ? put_inside(ret, &value, lost) : put_typed(ret, &value, lost);
	}
	return ret;
}

size_t log_json_max(const struct log_template *t, size_t max_field)
{
	size_t most = LOG_LITERAL_PAD;

	for (size_t i = 0; i < t->count; i++) {
		most += t->segments[i].length + 2; /* quotes */
		if (t->segments[i].op)
			most += log_segment_max(&t->segments[i], max_field, LOG_JSON_WIDE);
	}
	return most;
}
