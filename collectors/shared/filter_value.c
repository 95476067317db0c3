// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "filter_value.h"

#include <string.h>

#define TWO_TO_64 18446744073709551616.0

const char *filter_kind_name(enum filter_kind kind)
{
	static const char *const names[] = {
		[FILTER_ERROR] = "error",	[FILTER_UNKNOWN] = "unknown",
		[FILTER_NULL] = "null_type",	[FILTER_BOOL] = "bool",
		[FILTER_INT] = "int",		[FILTER_UINT] = "uint",
		[FILTER_DOUBLE] = "double",	[FILTER_STRING] = "string",
		[FILTER_DURATION] = "duration", [FILTER_TIMESTAMP] = "timestamp",
		[FILTER_LIST] = "list",		[FILTER_MAP] = "map",
	};

	return names[kind];
}

static bool is_number(enum filter_kind kind)
{
	return kind == FILTER_INT || kind == FILTER_UINT || kind == FILTER_DOUBLE;
}

bool filter_kinds_ordered(enum filter_kind a, enum filter_kind b)
{
	if (is_number(a) && is_number(b))
		return true;
	return a == b && a >= FILTER_BOOL && a <= FILTER_TIMESTAMP;
}

static int compare_texts(struct head_text a, struct head_text b)
{
	size_t least = a.length < b.length ? a.length : b.length;
	int order = least ? memcmp(a.data, b.data, least) : 0;

	return order ? order : (a.length > b.length) - (a.length < b.length);
}

/* The integral part of a number as sign and magnitude, and what is left. */
struct parts {
	bool is_negative;
	__u64 magnitude;
	double rest;
	bool is_huge; /* beyond all integers */
};

static struct parts parts_of(const struct filter_value *v)
{
	double positive;

	if (v->kind == FILTER_UINT)
		return (struct parts){ .magnitude = v->natural };
	if (v->kind == FILTER_INT)
		return (struct parts){ .is_negative = v->integer < 0,
				       .magnitude = v->integer < 0 ? -(__u64)v->integer
								   : (__u64)v->integer };
	positive = v->real < 0 ? -v->real : v->real;
	if (positive >= TWO_TO_64)
		return (struct parts){ .is_negative = v->real < 0, .is_huge = true };
	return (struct parts){ .is_negative = v->real < 0,
			       .magnitude = (__u64)positive,
			       .rest = positive - (double)(__u64)positive };
}

/* An integer may have no double that equals it, so neither side is converted. */
static int compare_parts(const struct parts *a, const struct parts *b)
{
	int order;

	if (a->is_negative != b->is_negative)
		return a->is_negative ? -1 : 1;
	if (a->is_huge != b->is_huge)
		order = a->is_huge ? 1 : -1;
	else if (a->magnitude != b->magnitude)
		order = a->magnitude > b->magnitude ? 1 : -1;
	else
		order = (a->rest > b->rest) - (a->rest < b->rest);
	return a->is_negative ? -order : order;
}

static int compare_numbers(const struct filter_value *a, const struct filter_value *b)
{
	struct parts left, right;

	if (a->kind == FILTER_INT && b->kind == FILTER_INT)
		return (a->integer > b->integer) - (a->integer < b->integer);
	if (a->kind == FILTER_DOUBLE && b->kind == FILTER_DOUBLE)
		return (a->real > b->real) - (a->real < b->real);
	left = parts_of(a);
	right = parts_of(b);
	return compare_parts(&left, &right);
}

int filter_compare(const struct filter_value *a, const struct filter_value *b)
{
	switch (a->kind) {
	case FILTER_BOOL:
		return a->boolean - b->boolean;
	case FILTER_STRING:
		return compare_texts(a->text, b->text);
	case FILTER_DURATION:
	case FILTER_TIMESTAMP:
		return (a->integer > b->integer) - (a->integer < b->integer);
	default:
		return compare_numbers(a, b);
	}
}

bool filter_equal(const struct filter_value *a, const struct filter_value *b)
{
	if (!filter_kinds_ordered(a->kind, b->kind))
		return a->kind == FILTER_NULL && b->kind == FILTER_NULL;
	if (a->kind == FILTER_STRING && a->text.length != b->text.length)
		return false;
	return !filter_compare(a, b);
}
