// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "filter_function.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "filter_time.h"

#define NUMBER_MAX 64 /* bytes of a text that is converted */
#define TWO_TO_63  9223372036854775808.0

static struct filter_value call_starts_with(const struct filter_value *arguments)
{
	struct head_text text = arguments[0].text, part = arguments[1].text;

	return filter_bool(text.length >= part.length &&
			   !memcmp(text.data, part.data, part.length));
}

static struct filter_value call_ends_with(const struct filter_value *arguments)
{
	struct head_text text = arguments[0].text, part = arguments[1].text;

	return filter_bool(text.length >= part.length &&
			   !memcmp(text.data + text.length - part.length, part.data, part.length));
}

static struct filter_value call_contains(const struct filter_value *arguments)
{
	struct head_text text = arguments[0].text, part = arguments[1].text;

	return filter_bool(memmem(text.data, text.length, part.data, part.length));
}

/* Code points, as CEL counts; of what is no UTF-8, bytes that do not continue one. */
static struct filter_value call_size(const struct filter_value *arguments)
{
	struct head_text text = arguments[0].text;
	__s64 count = 0;

	for (size_t i = 0; i < text.length; i++)
		count += (text.data[i] & 0xc0) != 0x80;
	return filter_int(count);
}

static struct filter_value call_duration(const struct filter_value *arguments)
{
	struct filter_value ret = { .kind = FILTER_DURATION };

	return filter_duration(&ret.integer, arguments[0].text) ? filter_error() : ret;
}

static struct filter_value call_timestamp(const struct filter_value *arguments)
{
	struct filter_value ret = { .kind = FILTER_TIMESTAMP };

	return filter_timestamp(&ret.integer, arguments[0].text) ? filter_error() : ret;
}

/* NUL-terminated, if it has no bytes but these and begins as a number does. */
static bool number_text(char ret[NUMBER_MAX + 1], struct head_text text, const char *bytes)
{
	if (!text.length || text.length > NUMBER_MAX)
		return false;
	memcpy(ret, text.data, text.length);
	ret[text.length] = '\0';
	return strspn(ret, bytes) == text.length && *ret != '+';
}

static struct filter_value int_of_text(struct head_text text)
{
	char number[NUMBER_MAX + 1], *end;
	__s64 value;

	if (!number_text(number, text, "-0123456789"))
		return filter_error();
	errno = 0;
	value = strtoll(number, &end, 10);
	return errno || *end || end == number ? filter_error() : filter_int(value);
}

static struct filter_value call_int(const struct filter_value *arguments)
{
	double real = arguments[0].real;

	switch (arguments[0].kind) {
	case FILTER_STRING:
		return int_of_text(arguments[0].text);
	case FILTER_UINT:
		if (arguments[0].natural > INT64_MAX)
			return filter_error();
		return filter_int(arguments[0].natural);
	case FILTER_DOUBLE:
		if (real >= TWO_TO_63 || real <= -TWO_TO_63)
			return filter_error();
		return filter_int(real);
	default:
		return arguments[0];
	}
}

static struct filter_value call_double(const struct filter_value *arguments)
{
	struct filter_value ret = { .kind = FILTER_DOUBLE };
	char number[NUMBER_MAX + 1], *end;

	switch (arguments[0].kind) {
	case FILTER_STRING:
		if (!number_text(number, arguments[0].text, "+-.0123456789eE"))
			return filter_error();
		ret.real = strtod(number, &end);
		return *end || end == number || !isfinite(ret.real) ? filter_error() : ret;
	case FILTER_INT:
		ret.real = arguments[0].integer;
		return ret;
	case FILTER_UINT:
		ret.real = arguments[0].natural;
		return ret;
	default:
		return arguments[0];
	}
}

#define STRING	(1 << FILTER_STRING)
#define NUMBERS (1 << FILTER_INT | 1 << FILTER_UINT | 1 << FILTER_DOUBLE)
#define BOTH	(FILTER_AS_METHOD | FILTER_AS_GLOBAL)

static const struct filter_function functions[] = {
	{ "startsWith", FILTER_AS_METHOD, 2, { STRING, STRING }, FILTER_BOOL, call_starts_with },
	{ "endsWith", FILTER_AS_METHOD, 2, { STRING, STRING }, FILTER_BOOL, call_ends_with },
	{ "contains", FILTER_AS_METHOD, 2, { STRING, STRING }, FILTER_BOOL, call_contains },
	{ "matches", BOTH, 2, { STRING, STRING }, FILTER_BOOL, NULL },
	{ "size", BOTH, 1, { STRING }, FILTER_INT, call_size },
	{ "duration", FILTER_AS_GLOBAL, 1, { STRING }, FILTER_DURATION, call_duration },
	{ "timestamp", FILTER_AS_GLOBAL, 1, { STRING }, FILTER_TIMESTAMP, call_timestamp },
	{ "int", FILTER_AS_GLOBAL, 1, { STRING | NUMBERS }, FILTER_INT, call_int },
	{ "double", FILTER_AS_GLOBAL, 1, { STRING | NUMBERS }, FILTER_DOUBLE, call_double },
};

const struct filter_function *filter_function_find(struct head_text name)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		if (head_text_is(name, functions[i].name))
			return &functions[i];
	return NULL;
}
