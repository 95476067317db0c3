/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One text with command operators, compiled: literals and operators in turn. */
#ifndef MESHTAP_LOG_FORMAT_TEMPLATE_H
#define MESHTAP_LOG_FORMAT_TEMPLATE_H

#include "log_operators.h"

struct log_segment {
	char *literal; /* owned: what stands before the operator, `%%` already `%` */
	size_t length; /* of literal, behind which LOG_LITERAL_PAD bytes may be read */
	const struct log_operator *op; /* NULL: nothing follows the literal, which is the last */
	struct log_argument argument;
	/* text: the operator is all that stands between two `"`; JSON: it stands in a string, and
	 * is not a value by itself */
	bool is_quoted;
};

struct log_template {
	struct log_segment *segments; /* owned; the last has no operator */
	size_t count;
};

struct log_source {
	const char *whole; /* NUL-terminated; columns count from its begin */
	struct log_needs *needs;
	struct source_error *error;
};

/* text: a part of s->whole. Returns 0, -EINVAL with *s->error, or -ENOMEM. */
int log_template_compile(struct log_template *ret, const struct log_source *s,
			 struct head_text text);
void log_template_free(struct log_template *t);

/* Adds a segment of a literal, and no operator yet. Returns NULL: no memory. */
struct log_segment *log_template_add(struct log_template *t, const char *literal, size_t length);

/* Literals are short: so many bytes are copied at once, if they are needed or not. Where a line is
 * written to there must be room for them. */
#define LOG_LITERAL_PAD 32

static inline char *log_put_literal(char *to, const struct log_segment *s)
{
	if (s->length > LOG_LITERAL_PAD)
		return mempcpy(to, s->literal, s->length);
	memcpy(to, s->literal, LOG_LITERAL_PAD);
	return to + s->length;
}

/* -EINVAL, with the column of `at` and a text. */
__attribute__((format(printf, 3, 4))) int
log_source_refuse(const struct log_source *s, const char *at, const char *format, ...);

/* What the operator says, cut to its limit and max_field bytes. Returns how many bytes the latter
 * has cost. */
size_t log_segment_value(const struct log_segment *s, struct log_value *ret,
			 const struct access_record *r, size_t max_field);

/* Bytes of the value at most, each peer's byte written as `wide` ones. */
size_t log_segment_max(const struct log_segment *s, size_t max_field, size_t wide);

/* Ends a value of which n bytes were cut; returns its new end, at most LOG_MARK_MAX bytes on. */
#define LOG_MARK_MAX 32
char *log_put_mark(char *to, size_t n);

#endif
