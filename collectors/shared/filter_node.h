/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A compiled filter: an expression of nodes, children before their parents. The kind of each node's
 * value is known when it is built, so evaluation meets values of that kind, errors and unknowns
 * only.
 */
#ifndef MESHTAP_FILTER_NODE_H
#define MESHTAP_FILTER_NODE_H

#include "access_address.h"
#include "access_grpc.h"
#include "access_record.h"
#include "filter_attribute.h"
#include "filter_function.h"
#include "filter_regex.h"
#include "filter_token.h"

#define FILTER_DEPTH_MAX 64

enum filter_operation {
	NODE_LITERAL,	/* value */
	NODE_ATTRIBUTE, /* attribute */
	NODE_HEADER,	/* header */
	NODE_MAP,	/* header.side: all headers of a side, only below in and has() */
	NODE_HAS,	/* child 0: an attribute or a header */
	NODE_NOT,	/* child 0 */
	NODE_NEGATE,	/* child 0 */
	NODE_AND,	/* children 0 and its siblings */
	NODE_OR,	/* likewise */
	NODE_COMPARE,	/* child 0, child 1; comparison */
	NODE_IN,	/* child 0; child 1: a list */
	NODE_LIST,	/* children 0 and its siblings, or none; only below in */
	NODE_CHOICE,	/* child 0 ? child 1 : child 2 */
	NODE_CALL,	/* child 0, child 1; function, or regex on child 0 */
};

struct filter_node {
	unsigned char operation; /* enum filter_operation */
	unsigned char kind;	 /* enum filter_kind */
	unsigned char depth;	 /* of the tree below, from 1 */
	unsigned short column;
	unsigned short child[3]; /* 0: none */
	unsigned short sibling;
	int comparison; /* enum filter_token_type, '<' or '>' */
	union {
		struct filter_value value;
		const struct filter_attribute *attribute;
		struct {
			unsigned char side, number;
		} header;
		struct {
			const struct filter_function *function;
			struct filter_regex *regex; /* owned */
		};
	};
};

struct filter {
	struct filter_node *nodes; /* owned; the first is not used */
	unsigned int count, root;
	char *text; /* owned: of string literals */

	/* Numbers of headers that attributes look at. */
	unsigned char host;
	struct access_grpc grpc;

	/* Where attributes are written that no record has as a text. */
	char client[ACCESS_ADDRESS_MAX], server[ACCESS_ADDRESS_MAX];
	char path[HEAD_TEXT_MAX + 1];
};

#endif
