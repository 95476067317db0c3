// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What begins with a word: literals, names with fields and indexes, calls. */
#include "filter_parser.h"

#include <errno.h>

static bool is_word(const struct filter_token *token, const char *word)
{
	return token->type == TOKEN_NAME && head_text_is(token->source, word);
}

int filter_parse_list(struct filter_parser *p, int closing, const char *expected,
		      unsigned int *first)
{
	unsigned int last = 0;

	while (p->token.type != closing) {
		int n = filter_parse_expression(p);

		if (n < 0)
			return n;
		if (last)
			p->build->filter->nodes[last].sibling = n;
		else
			*first = n;
		last = n;
		if (p->token.type != ',')
			break;
		if (filter_advance(p))
			return -EINVAL;
	}
	return filter_take(p, closing, expected);
}

int filter_parse_call(struct filter_parser *p, const struct filter_token *name,
		      unsigned int receiver)
{
	unsigned int arguments[FILTER_ARGUMENTS_MAX] = { receiver }, first = 0;
	unsigned int count = receiver != 0;
	int err = filter_advance(p);

	if (!err)
		err = filter_parse_list(p, ')', "',' or ')'", &first);
	if (err)
		return err;
	for (unsigned int c = first; c; c = p->build->filter->nodes[c].sibling) {
		if (count < FILTER_ARGUMENTS_MAX)
			arguments[count] = c;
		count++;
	}
	return filter_build_call(p->build, name, receiver != 0, arguments, count);
}

static void append(struct filter_name *name, struct head_text part, unsigned int column)
{
	name->parts[name->count].text = part;
	name->parts[name->count++].column = column;
}

/* A field or an index behind a name. A method is not taken into the name, but to *method. */
static int parse_part(struct filter_parser *p, struct filter_name *name,
		      struct filter_token *method)
{
	bool is_index = p->token.type == '[';
	struct filter_token part;

	if (filter_advance(p))
		return -EINVAL;
	part = p->token;
	if (filter_take(p, is_index ? TOKEN_STRING : TOKEN_NAME,
			is_index ? "string literal" : "name"))
		return -EINVAL;
	if (is_index && filter_take(p, ']', "']'"))
		return -EINVAL;
	if (!is_index && p->token.type == '(')
		*method = part;
	else if (name->count == sizeof(name->parts) / sizeof(*name->parts))
		return filter_refuse(p->build->error, part.column, "string has no fields");
	else
		append(name, is_index ? part.value.text : part.source, part.column);
	return 0;
}

/* The token is what follows the first part. */
static int parse_name(struct filter_parser *p, const struct filter_token *first,
		      struct filter_name *ret, struct filter_token *method)
{
	*ret = (struct filter_name){};
	append(ret, first->source, first->column);
	while (!method->source.data && (p->token.type == '.' || p->token.type == '['))
		if (parse_part(p, ret, method))
			return -EINVAL;
	return 0;
}

/* The token is "(". */
static int parse_has(struct filter_parser *p, unsigned int column)
{
	static const char expected[] = "attribute or header";
	struct filter_token first, method = {};
	struct filter_name name;

	if (filter_advance(p))
		return -EINVAL;
	first = p->token;
	if (filter_take(p, TOKEN_NAME, expected) || parse_name(p, &first, &name, &method))
		return -EINVAL;
	if (method.source.data || name.count == 1)
		return filter_refuse(p->build->error, first.column, "%s expected", expected);
	return filter_take(p, ')', "')'") ? -EINVAL : filter_build_has(p->build, column, &name);
}

int filter_parse_word(struct filter_parser *p)
{
	struct filter_token first = p->token, method = {};
	struct filter_value null = { .kind = FILTER_NULL };
	struct filter_name name;
	int n;

	if (filter_advance(p))
		return -EINVAL;
	if (is_word(&first, "true") || is_word(&first, "false"))
		return filter_build_literal(p->build, first.column,
					    filter_bool(is_word(&first, "true")));
	if (is_word(&first, "null"))
		return filter_build_literal(p->build, first.column, null);
	if (p->token.type == '(' && is_word(&first, "has"))
		return parse_has(p, first.column);
	if (p->token.type == '(')
		return filter_parse_call(p, &first, 0);
	if (parse_name(p, &first, &name, &method))
		return -EINVAL;
	n = filter_build_name(p->build, &name);
	return n < 0 || !method.source.data ? n : filter_parse_call(p, &method, n);
}
