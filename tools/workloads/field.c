/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "tree.h"

static void print_path(const struct node *n, FILE *out)
{
	if (!n->parent)
		return;
	print_path(n->parent, out);
	if (n->key) {
		if (n->parent->parent)
			fputc('.', out);
		text_print_safely(n->key, out);
	} else if (n->parent->kind == NODE_LIST) {
		fprintf(out, "[%u]", n->index);
	}
}

void node_print_place(const struct node *n, FILE *out)
{
	fprintf(out, "%s:%u:%u: ", n->file, n->line, n->column);
	while (n->parent && n->parent->kind == NODE_MAP && !n->key) /* a key that fails itself */
		n = n->parent;
	if (!n->parent)
		return;
	print_path(n, out);
	fputs(": ", out);
}

const struct node *field(struct converter *c, const struct node *map, const char *key)
{
	const struct node *child, *found = NULL;

	if (map && map->kind != NODE_MAP) {
		fail(c, map, "must be a mapping");
		return NULL;
	}
	node_for_each(child, map)
	{
		if (strcmp(child->key, key))
			continue;
		if (found)
			fail(c, child, "given twice, first in line %u", found->line);
		found = child;
	}
	return found && found->kind != NODE_NULL && !c->failed ? found : NULL;
}

static const struct node *field_of_kind(struct converter *c, const struct node *map,
					const char *key, enum node_kind kind, const char *what)
{
	const struct node *n = field(c, map, key);

	if (!n || n->kind == kind)
		return n;
	fail(c, n, "must be %s", what);
	return NULL;
}

const struct node *field_map(struct converter *c, const struct node *map, const char *key)
{
	return field_of_kind(c, map, key, NODE_MAP, "a mapping");
}

const struct node *field_list(struct converter *c, const struct node *map, const char *key)
{
	return field_of_kind(c, map, key, NODE_LIST, "a list");
}

const char *node_name(struct converter *c, const struct node *n)
{
	if (!n)
		return NULL;
	if (n->kind == NODE_TEXT && (!*n->text || text_is_name(n->text)))
		return n->text;
	fail(c, n, "must be text of " TEXT_NAME_RULE);
	return NULL;
}

const char *field_name(struct converter *c, const struct node *map, const char *key)
{
	const char *text = node_name(c, field(c, map, key));

	return text && *text ? text : NULL;
}

unsigned int node_port(struct converter *c, const struct node *n)
{
	unsigned long number;
	char *end;

	if (!n)
		return 0;
	if (n->kind == NODE_TEXT && *n->text >= '0' && *n->text <= '9' && strlen(n->text) <= 5) {
		number = strtoul(n->text, &end, 10);
		if (!*end && number >= 1 && number <= 65535)
			return (unsigned int)number;
	}
	fail(c, n, "must be a port, 1 to 65535");
	return 0;
}

unsigned int field_port(struct converter *c, const struct node *map, const char *key)
{
	return node_port(c, field(c, map, key));
}
