/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the two halves of the grammar share: filter_parse.c has operators, filter_word.c words. */
#ifndef MESHTAP_FILTER_PARSER_H
#define MESHTAP_FILTER_PARSER_H

#include "filter_build.h"

struct filter_parser {
	struct filter_builder *build;
	struct filter_lexer lexer;
	struct filter_token token; /* that comes next */
	unsigned int depth;
};

/* These return 0, or -EINVAL with the builder's error. */
int filter_advance(struct filter_parser *p);
int filter_take(struct filter_parser *p, int type, const char *expected);
int filter_expected(struct filter_parser *p, const char *expected);

/* Expressions with commas between them, up to the closing token. *first: with its siblings;
 * untouched when there is none. Returns 0 or an error. */
int filter_parse_list(struct filter_parser *p, int closing, const char *expected,
		      unsigned int *first);

/* These return the number of a node or an error, as those of filter_build.h do. */
int filter_parse_expression(struct filter_parser *p);

/* A literal, a call, or an attribute and a call of its method. */
int filter_parse_word(struct filter_parser *p);

/* The token is "(". receiver: of a method, or 0. */
int filter_parse_call(struct filter_parser *p, const struct filter_token *name,
		      unsigned int receiver);

#endif
