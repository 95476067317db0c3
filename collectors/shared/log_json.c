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

static char *put_entry(char *to, const struct log_json_entry *e, const struct access_record *r,
		       size_t max_field, unsigned long long *cut)
{
	struct log_value value;

	to = mempcpy(to, e->opening, e->opening_length);
	if (!e->is_typed)
		*to++ = '"';
	for (size_t i = 0; i < e->text.count; i++) {
		const struct log_segment *s = &e->text.segments[i];
		size_t lost;

		to = mempcpy(to, s->literal, s->length);
		if (!s->op)
			continue;
		lost = log_segment_value(s, &value, r, max_field);
		*cut += lost > 0;
		to = e->is_typed ? put_typed(to, &value, lost) : put_inside(to, &value, lost);
	}
	if (!e->is_typed)
		*to++ = '"';
	return to;
}

char *log_json_write(const struct log_json *j, char *ret, const struct access_record *r,
		     size_t max_field, unsigned long long *cut)
{
	*ret++ = '{';
	for (size_t i = 0; i < j->count; i++) {
		if (i)
			*ret++ = ',';
		ret = put_entry(ret, &j->entries[i], r, max_field, cut);
	}
	*ret++ = '}';
	return ret;
}

size_t log_json_max(const struct log_json *j, size_t max_field)
{
	size_t most = 2;

	for (size_t i = 0; i < j->count; i++) {
		const struct log_json_entry *e = &j->entries[i];

		most += e->opening_length + 3; /* comma, quotes */
		for (size_t k = 0; k < e->text.count; k++) {
			most += e->text.segments[k].length;
			if (e->text.segments[k].op)
				most += log_segment_max(&e->text.segments[k], max_field,
							LOG_JSON_WIDE);
		}
	}
	return most;
}
