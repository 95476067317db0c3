// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "filter_parse.h"
#include "filter_parser.h"

#include <errno.h>
#include <stdint.h>

int filter_advance(struct filter_parser *p)
{
	return filter_next_token(&p->lexer, &p->token);
}

int filter_expected(struct filter_parser *p, const char *expected)
{
	return filter_refuse(p->build->error, p->token.column, "%s expected", expected);
}

int filter_take(struct filter_parser *p, int type, const char *expected)
{
	return p->token.type == type ? filter_advance(p) : filter_expected(p, expected);
}

static int parse_unary(struct filter_parser *p);

/* sign: -1 or 1; the smallest int has no positive counterpart. */
static int parse_number(struct filter_parser *p, int sign, unsigned int column)
{
	struct filter_value value = p->token.value;

	if (value.kind == FILTER_INT && value.natural > (__u64)INT64_MAX + (sign < 0))
		return filter_refuse(p->build->error, p->token.column, "the number is too large");
	if (value.kind == FILTER_INT && sign < 0)
		value.natural = -value.natural;
	if (value.kind == FILTER_DOUBLE)
		value.real *= sign;
	return filter_advance(p) ? -EINVAL : filter_build_literal(p->build, column, value);
}

static int parse_primary(struct filter_parser *p)
{
	struct filter_token token = p->token;
	unsigned int first = 0;
	int n;

	switch (token.type) {
	case TOKEN_NAME:
		return filter_parse_word(p);
	case TOKEN_INT:
	case TOKEN_UINT:
	case TOKEN_DOUBLE:
		return parse_number(p, 1, token.column);
	case TOKEN_STRING:
		n = filter_build_literal(p->build, token.column, token.value);
		return filter_advance(p) ? -EINVAL : n;
	case '(':
		n = filter_advance(p) ? -EINVAL : filter_parse_expression(p);
		if (n >= 0 && filter_take(p, ')', "')'"))
			return -EINVAL;
		return n;
	case '[':
		n = filter_advance(p) ? -EINVAL : filter_parse_list(p, ']', "',' or ']'", &first);
		return n ? n : filter_build_group(p->build, NODE_LIST, token.column, first);
	}
	return filter_expected(p, "expression");
}

/* Methods of methods, of literals and of parentheses. */
static int parse_member(struct filter_parser *p)
{
	int n = parse_primary(p);

	while (n >= 0 && p->token.type == '.') {
		struct filter_token method;

		if (filter_advance(p))
			return -EINVAL;
		method = p->token;
		if (filter_take(p, TOKEN_NAME, "method"))
			return -EINVAL;
		if (p->token.type != '(')
			return filter_expected(p, "'('");
		n = filter_parse_call(p, &method, n);
	}
	if (n >= 0 && p->token.type == '[')
		return filter_refuse(p->build->error, p->token.column,
				     "only headers have an index");
	return n;
}

static int parse_operand(struct filter_parser *p)
{
	struct filter_token op = p->token;
	int n;

	if (op.type != '!' && op.type != '-')
		return parse_member(p);
	if (filter_advance(p))
		return -EINVAL;
	if (op.type == '-' && (p->token.type == TOKEN_INT || p->token.type == TOKEN_DOUBLE))
		return parse_number(p, -1, op.column);
	n = parse_unary(p);
	if (n < 0)
		return n;
	return filter_build_unary(p->build, op.type == '!' ? NODE_NOT : NODE_NEGATE, op.column, n);
}

/* All recursion of the grammar goes through here. */
static int parse_deeper(struct filter_parser *p, int (*parse)(struct filter_parser *p))
{
	int n;

	if (p->depth == FILTER_DEPTH_MAX)
		return filter_refuse(p->build->error, p->token.column, "nested too deeply");
	p->depth++;
	n = parse(p);
	p->depth--;
	return n;
}

static int parse_unary(struct filter_parser *p)
{
	return parse_deeper(p, parse_operand);
}

static bool is_relation(int type)
{
	return type == '<' || type == '>' || type == TOKEN_IN ||
	       (type >= TOKEN_EQUAL && type <= TOKEN_GREATER_EQUAL);
}

static int parse_relation(struct filter_parser *p)
{
	int left = parse_unary(p);

	while (left >= 0 && is_relation(p->token.type)) {
		struct filter_token op = p->token;
		int right = filter_advance(p) ? -EINVAL : parse_unary(p);

		if (right < 0)
			return right;
		left = filter_build_relation(p->build, &op, left, right);
	}
	return left;
}

/* Operands of one operator are siblings, so that a long chain is not deep. */
static int parse_chain(struct filter_parser *p, int type, enum filter_operation operation,
		       int (*parse)(struct filter_parser *p))
{
	unsigned int column = p->token.column;
	int first = parse(p), last = first;

	if (first < 0 || p->token.type != type)
		return first;
	while (p->token.type == type) {
		int n = filter_advance(p) ? -EINVAL : parse(p);

		if (n < 0)
			return n;
		p->build->filter->nodes[last].sibling = n;
		last = n;
	}
	return filter_build_group(p->build, operation, column, first);
}

static int parse_and(struct filter_parser *p)
{
	return parse_chain(p, TOKEN_AND, NODE_AND, parse_relation);
}

static int parse_or(struct filter_parser *p)
{
	return parse_chain(p, TOKEN_OR, NODE_OR, parse_and);
}

static int parse_choice(struct filter_parser *p, unsigned int condition)
{
	unsigned int children[3] = { condition }, column = p->token.column;
	int n = filter_advance(p) ? -EINVAL : parse_or(p);

	if (n < 0)
		return n;
	children[1] = n;
	n = filter_take(p, ':', "':'") ? -EINVAL : parse_deeper(p, filter_parse_expression);
	if (n < 0)
		return n;
	children[2] = n;
	return filter_build_choice(p->build, column, children);
}

int filter_parse_expression(struct filter_parser *p)
{
	int n = parse_or(p);

	return n < 0 || p->token.type != '?' ? n : parse_choice(p, n);
}

int filter_parse(struct filter_builder *b, const char *source)
{
	struct filter_parser p = {
		.build = b,
		.lexer = { source, source, b->filter->text, b->error },
	};
	const struct filter_node *root;
	int n = filter_advance(&p) ? -EINVAL : filter_parse_expression(&p);

	if (n < 0)
		return n;
	if (p.token.type != TOKEN_END)
		return filter_expected(&p, "operator or end");
	root = &b->filter->nodes[n];
	if (root->kind != FILTER_BOOL)
		return filter_refuse(b->error, root->column, "the result must be bool, not %s",
				     filter_kind_name(root->kind));
	return n;
}
