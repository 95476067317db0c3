// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "log_text.h"
#include "log_text_number.h"
#include "log_text_plain.h"

#include <string.h>

#define ESCAPE_LENGTH 4 /* \xHH */

enum { ESCAPED, PLAIN, BLANK };

static const unsigned char classes[256] = {
	[' '] = BLANK,
	['!'] = PLAIN,
	['#' ... '['] = PLAIN,
	[']' ... '~'] = PLAIN,
};

static bool is_plain(unsigned char c, bool is_quoted)
{
	return classes[c] == PLAIN || (is_quoted && classes[c] == BLANK);
}

static char *put_escaped(char *to, struct head_text t, bool is_quoted)
{
	static const char hex[] = "0123456789ABCDEF";
	const char *p = t.data, *end = t.data + t.length;

	while (p < end) {
		const char *run = p;

		p += plain_words(p, end, is_quoted ? ' ' : ' ' + 1);
		while (p < end && is_plain(*p, is_quoted))
			p++;
		to = mempcpy(to, run, p - run);
		if (p == end)
			break;
		*to++ = '\\';
		*to++ = 'x';
		*to++ = hex[(unsigned char)*p >> 4];
		*to++ = hex[*p++ & 15];
	}
	return to;
}

/* An empty value is not missing, but a bare field must not be empty. */
static char *put_text(char *to, const struct log_value *v, bool is_quoted, size_t cut)
{
	if (v->has_slash)
		*to++ = '/';
	else if (!v->text.length && !is_quoted && !cut)
		*to++ = '-';
	to = put_escaped(to, v->text, is_quoted);
	return cut ? log_put_mark(to, cut) : to;
}

static char *put_value(char *to, const struct log_value *v, bool is_quoted, size_t cut)
{
	switch (v->kind) {
	case LOG_VALUE_NUMBER:
		if (v->is_negative)
			*to++ = '-';
		return put_decimal(to, v->number);
	case LOG_VALUE_OWN:
		return mempcpy(to, v->text.data, v->text.length);
	case LOG_VALUE_TEXT:
		return put_text(to, v, is_quoted, cut);
	default:
		*to++ = '-';
		return to;
	}
}

size_t log_text_max(const struct log_template *t, size_t max_field)
{
	size_t most = LOG_LITERAL_PAD;

	for (size_t i = 0; i < t->count; i++) {
		most += t->segments[i].length;
		if (t->segments[i].op)
			most += log_segment_max(&t->segments[i], max_field, ESCAPE_LENGTH);
	}
	return most;
}

char *log_text_write(const struct log_template *t, char *ret, const struct access_record *r,
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
		ret = put_value(ret, &value, s->is_quoted, lost);
	}
	return ret;
}
