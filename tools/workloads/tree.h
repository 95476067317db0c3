/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A YAML or JSON document as a tree, and typed access to it. What is wrong is said at its place
 * (fail()), and then looks absent: callers ask c->failed once. YAML's null is absent, too.
 */
#ifndef MESHTAP_TREE_H
#define MESHTAP_TREE_H

#include "converter.h"

enum node_kind {
	NODE_NULL,
	NODE_TEXT,
	NODE_MAP,
	NODE_LIST,
};

struct node {
	enum node_kind kind;
	unsigned int line, column; /* from 1 */
	unsigned int index;	   /* in a list */
	unsigned int count;	   /* of children */
	const char *file;
	const char *key;  /* in a map, else NULL */
	const char *text; /* NODE_TEXT; no NUL inside */
	struct node *parent, *first, *last, *next;
};

#define node_for_each(child, node)                                                                 \
	for (child = (node) ? (node)->first : NULL; child; child = child->next)

/* NULL: absent. A map may be NULL, then all is absent. */
const struct node *field(struct converter *c, const struct node *map, const char *key);
const struct node *field_map(struct converter *c, const struct node *map, const char *key);
const struct node *field_list(struct converter *c, const struct node *map, const char *key);

/* Text that can be written as it is (text.h). */
const char *field_name(struct converter *c, const struct node *map, const char *key);
const char *node_name(struct converter *c, const struct node *node);

/* 1 to 65535; 0: absent or failed. */
unsigned int field_port(struct converter *c, const struct node *map, const char *key);
unsigned int node_port(struct converter *c, const struct node *node);

/* "FILE:LINE:COLUMN: PATH: ". Bytes that a terminal could mind become '?'. */
void node_print_place(const struct node *node, FILE *out);

#endif
