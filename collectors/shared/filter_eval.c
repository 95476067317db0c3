// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "filter_eval.h"

static const struct filter_value unknown = { .kind = FILTER_UNKNOWN };

static bool is_value(const struct filter_value *v)
{
	return v->kind > FILTER_UNKNOWN;
}

/* Of an operation that needs all its operands and does not have them. */
static struct filter_value missing(const struct filter_value *a, const struct filter_value *b)
{
	return a->kind == FILTER_ERROR || b->kind == FILTER_ERROR ? filter_error() : unknown;
}

static struct filter_value evaluate_attribute(const struct filter_evaluation *e,
					      const struct filter_attribute *a)
{
	bool is_http = e->record->is_http;

	if (!is_http && (a->traits & FILTER_HTTP_ONLY))
		return filter_error();
	if (e->is_partial && !(a->traits & (is_http ? FILTER_KNOWN_HTTP : FILTER_KNOWN_TCP)))
		return unknown;
	return a->get(e->filter, e->record);
}

static struct filter_value evaluate_header(const struct filter_evaluation *e,
					   const struct filter_node *n)
{
	if (!e->record->is_http)
		return filter_error();
	if (e->is_partial)
		return unknown;
	return filter_text(access_record_header(e->record, n->header.side, n->header.number));
}

static struct filter_value evaluate_has(const struct filter_evaluation *e,
					const struct filter_node *n)
{
	struct filter_value v = filter_evaluate(e, n->child[0]);

	return v.kind == FILTER_UNKNOWN ? unknown : filter_bool(v.kind != FILTER_ERROR);
}

static struct filter_value evaluate_not(const struct filter_evaluation *e,
					const struct filter_node *n)
{
	struct filter_value v = filter_evaluate(e, n->child[0]);

	return is_value(&v) ? filter_bool(!v.boolean) : v;
}

static struct filter_value evaluate_negate(const struct filter_evaluation *e,
					   const struct filter_node *n)
{
	struct filter_value v = filter_evaluate(e, n->child[0]);

	if (v.kind == FILTER_DOUBLE)
		v.real = -v.real;
	else if (v.kind == FILTER_INT && __builtin_sub_overflow(0, v.integer, &v.integer))
		return filter_error();
	return v;
}

/*
 * CEL's && and || do not care for the order, nor for errors beside an operand that decides: false
 * for &&, true for ||. Unknown beside an error is that operand or an error.
 */
static struct filter_value evaluate_logical(const struct filter_evaluation *e,
					    const struct filter_node *n, bool deciding)
{
	bool is_unknown = false, is_error = false;

	for (unsigned int c = n->child[0]; c; c = e->filter->nodes[c].sibling) {
		struct filter_value v = filter_evaluate(e, c);

		if (is_value(&v) && v.boolean == deciding)
			return v;
		is_unknown |= v.kind == FILTER_UNKNOWN;
		is_error |= v.kind == FILTER_ERROR;
	}
	if (is_unknown)
		return is_error ? filter_bool(deciding) : unknown;
	return is_error ? filter_error() : filter_bool(!deciding);
}

static struct filter_value evaluate_compare(const struct filter_evaluation *e,
					    const struct filter_node *n)
{
	struct filter_value left = filter_evaluate(e, n->child[0]);
	struct filter_value right = filter_evaluate(e, n->child[1]);

	if (!is_value(&left) || !is_value(&right))
		return missing(&left, &right);
	switch (n->comparison) {
	case TOKEN_EQUAL:
		return filter_bool(filter_equal(&left, &right));
	case TOKEN_NOT_EQUAL:
		return filter_bool(!filter_equal(&left, &right));
	case '<':
		return filter_bool(filter_compare(&left, &right) < 0);
	case '>':
		return filter_bool(filter_compare(&left, &right) > 0);
	case TOKEN_LESS_EQUAL:
		return filter_bool(filter_compare(&left, &right) <= 0);
	default:
		return filter_bool(filter_compare(&left, &right) >= 0);
	}
}

/* A list with an error in it is an error. */
static struct filter_value evaluate_in(const struct filter_evaluation *e,
				       const struct filter_node *n)
{
	struct filter_value left = filter_evaluate(e, n->child[0]);
	bool is_found = false, is_unknown = left.kind == FILTER_UNKNOWN;
	const struct filter_node *nodes = e->filter->nodes;

	if (left.kind == FILTER_ERROR)
		return left;
	for (unsigned int c = nodes[n->child[1]].child[0]; c; c = nodes[c].sibling) {
		struct filter_value element = filter_evaluate(e, c);

		if (element.kind == FILTER_ERROR)
			return element;
		is_unknown |= element.kind == FILTER_UNKNOWN;
		is_found = is_found || filter_equal(&left, &element);
	}
	return !is_found && is_unknown ? unknown : filter_bool(is_found);
}

static struct filter_value evaluate_choice(const struct filter_evaluation *e,
					   const struct filter_node *n)
{
	struct filter_value condition = filter_evaluate(e, n->child[0]), then, other;

	if (is_value(&condition))
		return filter_evaluate(e, n->child[condition.boolean ? 1 : 2]);
	if (condition.kind == FILTER_ERROR)
		return condition;
	then = filter_evaluate(e, n->child[1]);
	other = filter_evaluate(e, n->child[2]);
	if (then.kind == FILTER_ERROR)
		return other;
	if (other.kind == FILTER_ERROR || filter_equal(&then, &other))
		return then;
	return unknown;
}

static struct filter_value evaluate_call(const struct filter_evaluation *e,
					 const struct filter_node *n)
{
	struct filter_value arguments[FILTER_ARGUMENTS_MAX] = { filter_evaluate(e, n->child[0]) };

	if (n->regex && is_value(&arguments[0]))
		return filter_regex_search(n->regex, arguments[0].text);
	if (!is_value(&arguments[0]) || n->regex)
		return arguments[0];
	if (n->child[1]) {
		arguments[1] = filter_evaluate(e, n->child[1]);
		if (!is_value(&arguments[1]))
			return missing(&arguments[0], &arguments[1]);
	}
	return n->function->call(arguments);
}

struct filter_value filter_evaluate(const struct filter_evaluation *e, unsigned int number)
{
	const struct filter_node *n = &e->filter->nodes[number];

	switch ((enum filter_operation)n->operation) {
	case NODE_LITERAL:
		return n->value;
	case NODE_ATTRIBUTE:
		return evaluate_attribute(e, n->attribute);
	case NODE_HEADER:
		return evaluate_header(e, n);
	case NODE_HAS:
		return evaluate_has(e, n);
	case NODE_NOT:
		return evaluate_not(e, n);
	case NODE_NEGATE:
		return evaluate_negate(e, n);
	case NODE_AND:
		return evaluate_logical(e, n, false);
	case NODE_OR:
		return evaluate_logical(e, n, true);
	case NODE_COMPARE:
		return evaluate_compare(e, n);
	case NODE_IN:
		return evaluate_in(e, n);
	case NODE_CHOICE:
		return evaluate_choice(e, n);
	case NODE_CALL:
		return evaluate_call(e, n);
	case NODE_LIST:
	case NODE_MAP:
		break; /* refused when built but where other nodes take them */
	}
	return filter_error();
}
