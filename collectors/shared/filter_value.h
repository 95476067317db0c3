/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Values of a filter's expressions, and their order. */
#ifndef MESHTAP_FILTER_VALUE_H
#define MESHTAP_FILTER_VALUE_H

#include "http_head.h"

enum filter_kind {
	FILTER_ERROR,	/* CEL's error; an attribute that is absent is one */
	FILTER_UNKNOWN, /* filter_may_pass() only: any value, or an error */
	FILTER_NULL,
	FILTER_BOOL,
	FILTER_INT,
	FILTER_UINT,
	FILTER_DOUBLE, /* never NaN or infinite */
	FILTER_STRING,
	FILTER_DURATION,
	FILTER_TIMESTAMP,
	FILTER_LIST, /* these two are kinds of nodes, there are no such values */
	FILTER_MAP,
};

struct filter_value {
	enum filter_kind kind;
	union {
		bool boolean;
		__s64 integer; /* duration: ns; timestamp: ns since 1970 */
		__u64 natural;
		double real;
		struct head_text text; /* borrowed; any bytes */
	};
};

static inline struct filter_value filter_error(void)
{
	return (struct filter_value){ .kind = FILTER_ERROR };
}

static inline struct filter_value filter_bool(bool boolean)
{
	return (struct filter_value){ .kind = FILTER_BOOL, .boolean = boolean };
}

static inline struct filter_value filter_int(__s64 integer)
{
	return (struct filter_value){ .kind = FILTER_INT, .integer = integer };
}

/* An error when it is missing. */
static inline struct filter_value filter_text(struct head_text text)
{
	if (!text.data)
		return filter_error();
	return (struct filter_value){ .kind = FILTER_STRING, .text = text };
}

/* As CEL names it. */
const char *filter_kind_name(enum filter_kind kind);

/* Whether CEL defines < between them: the same kind, not null, or two numbers. */
bool filter_kinds_ordered(enum filter_kind a, enum filter_kind b);

/* Less than, equal to, or greater than 0. Numbers by value, strings by their bytes. Only of kinds
 * that are ordered. */
int filter_compare(const struct filter_value *a, const struct filter_value *b);

/* Also of kinds that are not ordered: these are never equal, but null is equal to null. */
bool filter_equal(const struct filter_value *a, const struct filter_value *b);

#endif
