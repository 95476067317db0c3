/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Makes the nodes of a filter, bottom up, and refuses what can never be right: wrong kinds, unknown
 * names and functions. Each returns the number of a node, -EINVAL with *error, or -ENOMEM.
 */
#ifndef MESHTAP_FILTER_BUILD_H
#define MESHTAP_FILTER_BUILD_H

#include "filter_node.h"

struct filter_builder {
	struct filter *filter; /* its nodes have room for one per token */
	struct log_needs *needs;
	struct source_error *error;
};

/* map, map.name or map.name['header'] */
struct filter_name {
	struct {
		struct head_text text;
		unsigned int column;
	} parts[3];
	unsigned int count;
};

/* Any node, whose children are built; only its depth is checked. */
int filter_build_node(struct filter_builder *b, struct filter_node n);

int filter_build_literal(struct filter_builder *b, unsigned int column, struct filter_value value);
int filter_build_name(struct filter_builder *b, const struct filter_name *name);
int filter_build_has(struct filter_builder *b, unsigned int column, const struct filter_name *name);

/* operation: NODE_NOT or NODE_NEGATE. */
int filter_build_unary(struct filter_builder *b, enum filter_operation operation,
		       unsigned int column, unsigned int child);

/* operation: NODE_AND, NODE_OR or NODE_LIST, which may be empty (0). first: with its siblings. */
int filter_build_group(struct filter_builder *b, enum filter_operation operation,
		       unsigned int column, unsigned int first);

/* op: an operator of CEL's relations. */
int filter_build_relation(struct filter_builder *b, const struct filter_token *op,
			  unsigned int left, unsigned int right);
int filter_build_choice(struct filter_builder *b, unsigned int column,
			const unsigned int children[3]);

/* arguments: at most FILTER_ARGUMENTS_MAX of the count; a method's first is what it is called on.
 */
int filter_build_call(struct filter_builder *b, const struct filter_token *name, bool is_method,
		      const unsigned int *arguments, unsigned int count);

#endif
