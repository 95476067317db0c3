// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "log_format_template.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* An operator as it is written: %NAME(text):limit% */
struct written {
	struct head_text name, text, limit; /* data NULL: missing */
	const char *end;		    /* behind it */
};

int log_source_refuse(const struct log_source *s, const char *at, const char *format, ...)
{
	va_list args;

	s->error->column = at - s->whole + 1;
	va_start(args, format);
	vsnprintf(s->error->text, sizeof(s->error->text), format, args);
	va_end(args);
	return -EINVAL;
}

static bool is_of_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static struct head_text take_while(const char **at, const char *end, bool (*is_part)(char))
{
	const char *begin = *at;

	while (*at < end && is_part(**at))
		++*at;
	return (struct head_text){ begin, *at - begin };
}

static bool is_of_limit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_of_text(char c)
{
	return c != ')';
}

/* at: the `%`. */
static int split(struct written *ret, const struct log_source *s, const char *at, const char *end)
{
	const char *p = at + 1;
	int shown;

	*ret = (struct written){ .name = take_while(&p, end, is_of_name) };
	shown = ret->name.length < 64 ? (int)ret->name.length : 64;
	if (p < end && *p == '(') {
		p++;
		ret->text = take_while(&p, end, is_of_text);
		if (p == end)
			return log_source_refuse(s, at, "%%%.*s(: unterminated: `)' is missing",
						 shown, ret->name.data);
		p++;
	}
	if (p < end && *p == ':') {
		p++;
		ret->limit = take_while(&p, end, is_of_limit);
	}
	if (p == end)
		return log_source_refuse(s, at, "%%%.*s: unterminated: `%%' is missing", shown,
					 ret->name.data);
	if (*p != '%' || !ret->name.length)
		return log_source_refuse(
			s, at, "%%%.*s: malformed operator; a `%%' itself is written %%%%", shown,
			ret->name.data);
	ret->end = p + 1;
	return 0;
}

static int set_limit(struct log_segment *segment, const struct log_source *s,
		     const struct written *w)
{
	unsigned int limit;

	if (!w->limit.data)
		return 0;
	if (!(segment->op->syntax & LOG_LIMIT_ALLOWED))
		return log_refuse(s->error, "%%%s%% takes no length", segment->op->name);
	if (!log_parse_number(w->limit, &limit))
		return log_refuse(s->error, "%%%s%%: no length", segment->op->name);
	segment->argument.limit = limit;
	return 0;
}

static int set_operator(struct log_segment *segment, const struct log_source *s,
			const struct written *w)
{
	const struct log_operator *op = log_operator_find(w->name, s->error);
	struct log_argument_source source = { .text = w->text, .needs = s->needs };
	int err;

	if (!op)
		return -EINVAL;
	segment->op = op;
	segment->argument = (struct log_argument){
		.form = op->form,
		.header = { LOG_PSEUDO_NONE, LOG_PSEUDO_NONE, LOG_PSEUDO_NONE },
		.prefix_length = -1,
		.limit = SIZE_MAX,
	};
	if (w->text.data && !(op->syntax & LOG_ARGUMENT_ALLOWED))
		return log_refuse(s->error, "%%%s%% takes no argument", op->name);
	source.name = op->name;
	source.error = s->error;
	err = set_limit(segment, s, w);
	return err || !op->parse ? err : op->parse(&segment->argument, &source);
}

/* Takes the text up to the next operator. */
static void take_literal(struct log_segment *segment, const char **at, const char *end)
{
	char *to = segment->literal;

	while (*at < end && (**at != '%' || (*at + 1 < end && (*at)[1] == '%'))) {
		*to++ = **at;
		*at += **at == '%' ? 2 : 1;
	}
	segment->length = to - segment->literal;
}

struct log_segment *log_template_add(struct log_template *t, const char *literal, size_t length)
{
	struct log_segment *more = reallocarray(t->segments, t->count + 1, sizeof(*more));
	char *copy;

	if (!more)
		return NULL;
	t->segments = more;
	copy = calloc(1, length + LOG_LITERAL_PAD);
	if (!copy)
		return NULL;
	memcpy(copy, literal, length);
	more[t->count] = (struct log_segment){ .literal = copy, .length = length };
	return &more[t->count++];
}

/* Sets *is_last when nothing but a literal was left. */
static int take_segment(struct log_template *t, const struct log_source *s, const char **at,
			const char *end, bool *is_last)
{
	struct log_segment *segment = log_template_add(t, *at, end - *at);
	struct written w;
	int err;

	if (!segment)
		return -ENOMEM;
	take_literal(segment, at, end);
	*is_last = *at == end;
	if (*is_last)
		return 0;
	err = split(&w, s, *at, end);
	if (err)
		return err;
	err = set_operator(segment, s, &w);
	if (err)
		s->error->column = *at - s->whole + 1;
	*at = w.end;
	return err;
}

/* `""` is an empty field, not the begin of one. */
static bool opens_field(const struct log_segment *s)
{
	size_t quotes = 0;

	while (quotes < s->length && s->literal[s->length - 1 - quotes] == '"')
		quotes++;
	return quotes & 1;
}

static void mark_quoted(struct log_template *t)
{
	for (size_t i = 0; i + 1 < t->count; i++) {
		const struct log_segment *next = &t->segments[i + 1];

		t->segments[i].is_quoted =
			opens_field(&t->segments[i]) && next->length && *next->literal == '"';
	}
}

int log_template_compile(struct log_template *ret, const struct log_source *s,
			 struct head_text text)
{
	const char *at = text.data, *end = text.data + text.length;
	bool is_last = false;

	*ret = (struct log_template){};
	while (!is_last) {
		int err = take_segment(ret, s, &at, end, &is_last);

		if (err) {
			log_template_free(ret);
			return err;
		}
	}
	mark_quoted(ret);
	return 0;
}

void log_template_free(struct log_template *t)
{
	for (size_t i = 0; i < t->count; i++) {
		free(t->segments[i].literal);
		log_argument_free(&t->segments[i].argument);
	}
	free(t->segments);
	*t = (struct log_template){};
}
