// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "filter_token.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter_string.h"

int filter_refuse(struct source_error *error, unsigned int column, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	error->column = column;
	return -EINVAL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static void skip_blanks(struct filter_lexer *l)
{
	for (;;) {
		l->at += strspn(l->at, " \t\n\r\f");
		if (strncmp(l->at, "//", 2))
			return;
		l->at += strcspn(l->at, "\n");
	}
}

/* What follows a number must not look like its continuation. */
static int end_number(struct filter_lexer *l, const struct filter_token *token, const char *end)
{
	l->at = end;
	if (is_name(*end))
		return filter_refuse(l->error, token->column, "not a number");
	return 0;
}

static int take_integer(struct filter_lexer *l, struct filter_token *ret)
{
	bool is_hex = l->at[0] == '0' && (l->at[1] | 0x20) == 'x';
	const char *digits = is_hex ? l->at + 2 : l->at;
	char *end;

	if (!isxdigit((unsigned char)*digits))
		return filter_refuse(l->error, ret->column, "not a number");
	errno = 0;
	ret->value.natural = strtoull(l->at, &end, is_hex ? 16 : 10);
	if (errno)
		return filter_refuse(l->error, ret->column, "the number is too large");
	ret->type = TOKEN_INT;
	ret->value.kind = FILTER_INT;
	if ((*end | 0x20) == 'u') {
		end++;
		ret->type = TOKEN_UINT;
		ret->value.kind = FILTER_UINT;
	}
	return end_number(l, ret, end);
}

/* Where the double that begins here ends; NULL: it is none. */
static const char *end_of_double(const char *p)
{
	const char *digits, *start = p;

	while (is_digit(*p))
		p++;
	if (*p == '.' && is_digit(p[1])) {
		do
			p++;
		while (is_digit(*p));
	} else if (p == start || (*p | 0x20) != 'e') {
		return NULL;
	}
	digits = p + 1 + ((*p | 0x20) == 'e' && (p[1] == '+' || p[1] == '-'));
	if ((*p | 0x20) == 'e' && is_digit(*digits))
		for (p = digits; is_digit(*p); p++)
			;
	return p;
}

static int take_number(struct filter_lexer *l, struct filter_token *ret)
{
	const char *end = end_of_double(l->at);

	if (!end)
		return take_integer(l, ret);
	ret->type = TOKEN_DOUBLE;
	ret->value.kind = FILTER_DOUBLE;
	ret->value.real = strtod(l->at, NULL);
	if (!isfinite(ret->value.real))
		return filter_refuse(l->error, ret->column, "the number is too large");
	return end_number(l, ret, end);
}

static int take_string(struct filter_lexer *l, struct filter_token *ret)
{
	struct filter_string s = { .at = l->at, .ret = l->text };
	int err = filter_string_take(&s);

	if (err)
		return filter_refuse(l->error, s.at - l->source + 1, "%s", s.why);
	ret->type = TOKEN_STRING;
	ret->value.kind = FILTER_STRING;
	ret->value.text = (struct head_text){ l->text, s.ret - l->text };
	l->at = s.at;
	l->text = s.ret;
	return 0;
}

static int take_name(struct filter_lexer *l, struct filter_token *ret)
{
	ret->type = TOKEN_NAME;
	while (is_name(*l->at))
		l->at++;
	if (l->at - l->source + 1 - ret->column == 2 && !strncmp(l->at - 2, "in", 2))
		ret->type = TOKEN_IN;
	return 0;
}

static int take_operator(struct filter_lexer *l, struct filter_token *ret)
{
	static const struct {
		char text[3];
		int type;
	} doubles[] = {
		{ "&&", TOKEN_AND },	    { "||", TOKEN_OR },
		{ "==", TOKEN_EQUAL },	    { "!=", TOKEN_NOT_EQUAL },
		{ "<=", TOKEN_LESS_EQUAL }, { ">=", TOKEN_GREATER_EQUAL },
	};
	unsigned char c = *l->at;

	for (size_t i = 0; i < sizeof(doubles) / sizeof(*doubles); i++)
		if (!strncmp(l->at, doubles[i].text, 2)) {
			ret->type = doubles[i].type;
			l->at += 2;
			return 0;
		}
	if (c && strchr("+*/%", c))
		return filter_refuse(l->error, ret->column, "no arithmetic: '%c'", c);
	if (!strchr("()[],.?:!-<>", c))
		return filter_refuse(l->error, ret->column,
				     isprint(c) ? "unexpected '%c'" : "unexpected byte 0x%02X", c);
	ret->type = c;
	l->at++;
	return 0;
}

int filter_next_token(struct filter_lexer *l, struct filter_token *ret)
{
	const char *start;
	int err = 0;

	skip_blanks(l);
	start = l->at;
	*ret = (struct filter_token){ .type = TOKEN_END, .column = start - l->source + 1 };
	if (!*start)
		return 0;
	if (is_digit(*start) || (*start == '.' && is_digit(start[1])))
		err = take_number(l, ret);
	else if (filter_string_begins(start))
		err = take_string(l, ret);
	else if (is_name(*start))
		err = take_name(l, ret);
	else
		err = take_operator(l, ret);
	ret->source = (struct head_text){ start, l->at - start };
	return err;
}
