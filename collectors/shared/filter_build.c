// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "filter_build.h"

#include <errno.h>
#include <string.h>

static struct filter_node *node(const struct filter_builder *b, unsigned int number)
{
	return &b->filter->nodes[number];
}

static int deepest(const struct filter_builder *b, const struct filter_node *n)
{
	int ret = 0;

	for (int i = 0; i < 3; i++)
		for (unsigned int c = n->child[i]; c; c = node(b, c)->sibling)
			if (node(b, c)->depth > ret)
				ret = node(b, c)->depth;
	return ret;
}

int filter_build_node(struct filter_builder *b, struct filter_node n)
{
	int depth = deepest(b, &n) + 1;

	if (depth > FILTER_DEPTH_MAX)
		return filter_refuse(b->error, n.column, "nested too deeply");
	n.depth = depth;
	*node(b, b->filter->count) = n;
	return b->filter->count++;
}

static int need_bool(struct filter_builder *b, unsigned int number)
{
	const struct filter_node *n = node(b, number);

	if (n->kind == FILTER_BOOL)
		return 0;
	return filter_refuse(b->error, n->column, "bool expected, not %s",
			     filter_kind_name(n->kind));
}

/* Lists and maps stand only where in and has() take them. */
static int need_value(struct filter_builder *b, unsigned int number)
{
	const struct filter_node *n = node(b, number);

	if (n->kind == FILTER_LIST)
		return filter_refuse(b->error, n->column, "a list stands only after in");
	if (n->kind == FILTER_MAP)
		return filter_refuse(b->error, n->column, "a header's name expected: ['name']");
	return 0;
}

int filter_build_literal(struct filter_builder *b, unsigned int column, struct filter_value value)
{
	return filter_build_node(b, (struct filter_node){ .operation = NODE_LITERAL,
							  .kind = value.kind,
							  .column = column,
							  .value = value });
}

static int too_many_headers(struct filter_builder *b, unsigned int column)
{
	return filter_refuse(b->error, column, "more than %d headers", HEAD_NAMES_MAX);
}

/* column: of the whole; name_column: of the header's name. */
static int add_header(struct filter_builder *b, unsigned int column, enum head_side side,
		      struct head_text name, unsigned int name_column)
{
	int number = header_set_add(&b->needs->headers[side], name.data, name.length);

	if (number == -E2BIG)
		return too_many_headers(b, name_column);
	if (number < 0)
		return filter_refuse(b->error, name_column, "not a header's name");
	return filter_build_node(b, (struct filter_node){ .operation = NODE_HEADER,
							  .kind = FILTER_STRING,
							  .column = column,
							  .header = { side, number } });
}

static int add_attribute(struct filter_builder *b, unsigned int column,
			 const struct filter_attribute *attribute)
{
	if (attribute->need && attribute->need(b->filter, b->needs))
		return too_many_headers(b, column);
	return filter_build_node(b, (struct filter_node){ .operation = NODE_ATTRIBUTE,
							  .kind = attribute->kind,
							  .column = column,
							  .attribute = attribute });
}

static int refuse_name(struct filter_builder *b, const struct filter_name *name)
{
	struct head_text map = name->parts[0].text, field = name->parts[1].text;
	unsigned int column = name->parts[0].column;

	if (!filter_attribute_is_map(map))
		return filter_refuse(b->error, column, "unknown name '%.*s'", (int)map.length,
				     map.data);
	if (name->count == 1)
		return filter_refuse(b->error, column, "'%.*s' alone is no attribute",
				     (int)map.length, map.data);
	return filter_refuse(b->error, name->parts[1].column, "unknown attribute '%.*s.%.*s'",
			     (int)map.length, map.data, (int)field.length, field.data);
}

int filter_build_name(struct filter_builder *b, const struct filter_name *name)
{
	struct head_text map = name->parts[0].text, field = name->parts[1].text;
	unsigned int column = name->parts[0].column;
	enum head_side side = filter_attribute_side(map, field);
	const char *alias = filter_attribute_header(map, field);
	const struct filter_attribute *attribute = filter_attribute_find(map, field);

	if (side != HEAD_SIDES && name->count == 3)
		return add_header(b, column, side, name->parts[2].text, name->parts[2].column);
	if (side != HEAD_SIDES)
		return filter_build_node(b, (struct filter_node){ .operation = NODE_MAP,
								  .kind = FILTER_MAP,
								  .column = column,
								  .header = { .side = side } });
	if (!alias && !attribute)
		return refuse_name(b, name);
	if (name->count == 3)
		return filter_refuse(b->error, name->parts[2].column, "%s has no fields",
				     filter_kind_name(alias ? FILTER_STRING : attribute->kind));
	if (alias)
		return add_header(b, column, HEAD_REQUEST,
				  (struct head_text){ alias, strlen(alias) }, column);
	return add_attribute(b, column, attribute);
}

static int add_has(struct filter_builder *b, unsigned int column, unsigned int child)
{
	return filter_build_node(b, (struct filter_node){ .operation = NODE_HAS,
							  .kind = FILTER_BOOL,
							  .column = column,
							  .child = { child } });
}

int filter_build_has(struct filter_builder *b, unsigned int column, const struct filter_name *name)
{
	int child = filter_build_name(b, name);

	if (child < 0)
		return child;
	if (node(b, child)->kind == FILTER_MAP) /* empty for TCP, but there, as in Envoy */
		return filter_build_literal(b, column, filter_bool(true));
	return add_has(b, column, child);
}

int filter_build_unary(struct filter_builder *b, enum filter_operation operation,
		       unsigned int column, unsigned int child)
{
	enum filter_kind kind = node(b, child)->kind;

	if (operation == NODE_NOT && need_bool(b, child))
		return -EINVAL;
	if (operation == NODE_NEGATE && kind != FILTER_INT && kind != FILTER_DOUBLE)
		return filter_refuse(b->error, column, "no '-' of %s", filter_kind_name(kind));
	return filter_build_node(b, (struct filter_node){ .operation = operation,
							  .kind = kind,
							  .column = column,
							  .child = { child } });
}

int filter_build_group(struct filter_builder *b, enum filter_operation operation,
		       unsigned int column, unsigned int first)
{
	for (unsigned int c = first; c; c = node(b, c)->sibling)
		if (operation == NODE_LIST ? need_value(b, c) : need_bool(b, c))
			return -EINVAL;
	return filter_build_node(
		b, (struct filter_node){ .operation = operation,
					 .kind = operation == NODE_LIST ? FILTER_LIST : FILTER_BOOL,
					 .column = column,
					 .child = { first } });
}

static int build_in(struct filter_builder *b, unsigned int column, unsigned int left,
		    unsigned int right)
{
	const struct filter_node *l = node(b, left), *r = node(b, right);
	int header;

	if (r->kind == FILTER_LIST)
		return filter_build_node(b, (struct filter_node){ .operation = NODE_IN,
								  .kind = FILTER_BOOL,
								  .column = column,
								  .child = { left, right } });
	if (r->kind != FILTER_MAP)
		return filter_refuse(b->error, r->column, "list or headers expected, not %s",
				     filter_kind_name(r->kind));
	if (l->operation != NODE_LITERAL || l->kind != FILTER_STRING)
		return filter_refuse(b->error, l->column,
				     "a header's name must be a string literal");
	header = add_header(b, r->column, r->header.side, l->value.text, l->column);
	return header < 0 ? header : add_has(b, column, header);
}

int filter_build_relation(struct filter_builder *b, const struct filter_token *op,
			  unsigned int left, unsigned int right)
{
	enum filter_kind l = node(b, left)->kind, r = node(b, right)->kind;

	if (need_value(b, left))
		return -EINVAL;
	if (op->type == TOKEN_IN)
		return build_in(b, op->column, left, right);
	if (need_value(b, right))
		return -EINVAL;
	if (op->type != TOKEN_EQUAL && op->type != TOKEN_NOT_EQUAL && !filter_kinds_ordered(l, r))
		return filter_refuse(b->error, op->column, "no '%.*s' between %s and %s",
				     (int)op->source.length, op->source.data, filter_kind_name(l),
				     filter_kind_name(r));
	return filter_build_node(b, (struct filter_node){ .operation = NODE_COMPARE,
							  .kind = FILTER_BOOL,
							  .column = op->column,
							  .child = { left, right },
							  .comparison = op->type });
}

int filter_build_choice(struct filter_builder *b, unsigned int column,
			const unsigned int children[3])
{
	enum filter_kind then = node(b, children[1])->kind, other = node(b, children[2])->kind;

	if (need_bool(b, children[0]) || need_value(b, children[1]) || need_value(b, children[2]))
		return -EINVAL;
	if (then != other)
		return filter_refuse(b->error, node(b, children[2])->column,
				     "%s expected as before ':', not %s", filter_kind_name(then),
				     filter_kind_name(other));
	return filter_build_node(
		b, (struct filter_node){ .operation = NODE_CHOICE,
					 .kind = then,
					 .column = column,
					 .child = { children[0], children[1], children[2] } });
}
