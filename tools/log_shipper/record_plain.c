/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_plain.h"

#include "record_time.h"

#define DIGITS_MAX 18 /* of a number that surely fits */

static bool take_byte(const char **at, const char *end, char c)
{
	if (*at == end || **at != c)
		return false;
	++*at;
	return true;
}

static bool take_word(const char **at, const char *end, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(end - *at) < length || memcmp(*at, word, length))
		return false;
	*at += length;
	return true;
}

static bool take_string(const char **at, const char *end, struct head_text *ret)
{
	const char *begin, *quote;

	if (!take_byte(at, end, '"'))
		return false;
	begin = *at;
	quote = memchr(begin, '"', end - begin);
	if (!quote || memchr(begin, '\\', quote - begin))
		return false;
	*ret = (struct head_text){ begin, quote - begin };
	*at = quote + 1;
	return true;
}

static bool take_number(const char **at, const char *end, int64_t *ret)
{
	bool is_negative = take_byte(at, end, '-');
	const char *begin = *at;
	int64_t n = 0;

	while (*at < end && **at >= '0' && **at <= '9' && *at - begin < DIGITS_MAX)
		n = n * 10 + *(*at)++ - '0';
	*ret = is_negative ? -n : n;
	return *at > begin && (*begin != '0' || *at == begin + 1);
}

/* *is_null: it is to be left out */
static bool take_value(const char **at, const char *end, struct field *f, bool *is_null)
{
	*is_null = false;
	if (*at == end)
		return false;
	switch (**at) {
	case '"':
		f->kind = FIELD_TEXT;
		return take_string(at, end, &f->text);
	case 'n':
		*is_null = true;
		return take_word(at, end, "null");
	case 't':
	case 'f':
		f->kind = FIELD_BOOL;
		f->integer = **at == 't';
		return take_word(at, end, f->integer ? "true" : "false");
	default:
		f->kind = FIELD_INTEGER;
		return take_number(at, end, &f->integer);
	}
}

static bool take_member(const char **at, const char *end, struct record *r)
{
	struct field *f = &r->fields[r->count];
	bool is_null;

	if (r->count == FIELDS_MAX || !take_string(at, end, &f->key) || !take_byte(at, end, ':') ||
	    !take_value(at, end, f, &is_null))
		return false;
	if (f->kind == FIELD_TEXT && !is_null && head_text_is(f->key, "start_time"))
		r->time_ns = record_time(f->text);
	r->count += !is_null;
	return true;
}

bool record_read_plain(struct record *r)
{
	const char *at = r->line.data, *end = at + r->line.length;
	char before = '{';

	r->count = 0;
	while (take_byte(&at, end, before)) {
		if (!take_member(&at, end, r))
			return false;
		before = ',';
	}
	return before == ',' && take_byte(&at, end, '}') && at == end;
}
