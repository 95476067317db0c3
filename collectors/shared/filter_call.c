// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The nodes of function calls. */
#include "filter_build.h"

#include <errno.h>

static const struct filter_node *node(const struct filter_builder *b, unsigned int number)
{
	return &b->filter->nodes[number];
}

static int check_style(struct filter_builder *b, const struct filter_token *name,
		       const struct filter_function *function, bool is_method, unsigned int count)
{
	if (is_method && !(function->style & FILTER_AS_METHOD))
		return filter_refuse(b->error, name->column, "%s() is not a method",
				     function->name);
	if (!is_method && !(function->style & FILTER_AS_GLOBAL))
		return filter_refuse(b->error, name->column, "%s() is a method: TEXT.%s(...)",
				     function->name, function->name);
	if (count != function->arguments)
		return filter_refuse(b->error, name->column, "%s() takes %d argument%s, not %d",
				     function->name, function->arguments - is_method,
				     function->arguments - is_method == 1 ? "" : "s",
				     (int)count - is_method);
	return 0;
}

static int check_kinds(struct filter_builder *b, const struct filter_function *function,
		       const unsigned int *arguments)
{
	for (unsigned int i = 0; i < function->arguments; i++) {
		const struct filter_node *n = node(b, arguments[i]);

		if (!(function->kinds[i] & 1 << n->kind))
			return filter_refuse(b->error, n->column, "no %s() of %s", function->name,
					     filter_kind_name(n->kind));
	}
	return 0;
}

/* Adds the call, as a node of which the caller sees to regex. */
static int add_call(struct filter_builder *b, unsigned int column,
		    const struct filter_function *function, const unsigned int *arguments)
{
	unsigned int second = function->arguments == 2 ? arguments[1] : 0;

	return filter_build_node(b, (struct filter_node){ .operation = NODE_CALL,
							  .kind = function->result,
							  .column = column,
							  .child = { arguments[0], second },
							  .function = function });
}

static int add_matches(struct filter_builder *b, unsigned int column,
		       const struct filter_function *function, const unsigned int *arguments)
{
	const struct filter_node *pattern = node(b, arguments[1]);
	struct filter_regex *regex;
	int err, ret;

	if (pattern->operation != NODE_LITERAL)
		return filter_refuse(b->error, pattern->column,
				     "a regular expression must be a string literal");
	err = filter_regex_compile(&regex, pattern->value.text, pattern->column, b->error);
	if (err)
		return err;
	ret = add_call(b, column, function, arguments);
	if (ret < 0)
		filter_regex_free(&regex);
	else
		b->filter->nodes[ret].regex = regex;
	return ret;
}

/* Of literals the value is known now, and so is that it is an error: duration('1 s'). */
static int add_value(struct filter_builder *b, unsigned int column,
		     const struct filter_function *function, const unsigned int *arguments)
{
	struct filter_value values[FILTER_ARGUMENTS_MAX], result;

	for (unsigned int i = 0; i < function->arguments; i++)
		values[i] = node(b, arguments[i])->value;
	result = function->call(values);
	if (result.kind == FILTER_ERROR)
		return filter_refuse(b->error, node(b, arguments[0])->column,
				     "%s() does not take this value", function->name);
	return filter_build_literal(b, column, result);
}

int filter_build_call(struct filter_builder *b, const struct filter_token *name, bool is_method,
		      const unsigned int *arguments, unsigned int count)
{
	const struct filter_function *function = filter_function_find(name->source);
	bool is_constant = true;

	if (!function)
		return filter_refuse(b->error, name->column, "unknown function '%.*s'",
				     (int)name->source.length, name->source.data);
	if (check_style(b, name, function, is_method, count) || check_kinds(b, function, arguments))
		return -EINVAL;
	if (!function->call)
		return add_matches(b, name->column, function, arguments);
	for (unsigned int i = 0; i < count; i++)
		is_constant &= node(b, arguments[i])->operation == NODE_LITERAL;
	if (is_constant)
		return add_value(b, name->column, function, arguments);
	return add_call(b, name->column, function, arguments);
}
