/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The tokens of a filter's source, as the CEL language definition has them. */
#ifndef MESHTAP_FILTER_TOKEN_H
#define MESHTAP_FILTER_TOKEN_H

#include "filter_value.h"
#include "log_needs.h"

/* A token of one character is that character. */
enum filter_token_type {
	TOKEN_END = 256,
	TOKEN_NAME, /* also true, false and null */
	TOKEN_INT,
	TOKEN_UINT,
	TOKEN_DOUBLE,
	TOKEN_STRING,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_EQUAL,
	TOKEN_NOT_EQUAL,
	TOKEN_LESS_EQUAL,
	TOKEN_GREATER_EQUAL,
	TOKEN_IN,
};

struct filter_token {
	int type;
	unsigned int column; /* in bytes, from 1 */
	struct head_text source;
	struct filter_value value; /* TOKEN_INT: natural, as the sign is a token of its own */
};

struct filter_lexer {
	const char *source, *at;
	char *text; /* where strings go without their escapes; has room for the source */
	struct source_error *error;
};

/* Returns 0, or -EINVAL with *error. */
int filter_next_token(struct filter_lexer *l, struct filter_token *ret);

/* Fills *error in. Returns -EINVAL. */
int filter_refuse(struct source_error *error, unsigned int column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
