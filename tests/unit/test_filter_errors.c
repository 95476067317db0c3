/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a filter refuses, where it says so, and how much of a hostile source or record it bears. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "check.h"
#include "filter_records.h"

static const struct {
	const char *source;
	unsigned int column;
	const char *text;
} refused[] = {
	/* tokens */
	{ "'abc", 1, "a string without its end" },
	{ "true && 'a\nb' == ''", 9, "a string without its end" },
	{ "'ab\\q' == ''", 4, "not an escape" },
	{ "'\\x4' == ''", 2, "not an escape" },
	{ "'\\08' == ''", 2, "not an escape" },
	{ "'\\ud800' == ''", 2, "not a code point of Unicode" },
	{ "'\\U00110000' == ''", 2, "not a code point of Unicode" },
	{ "r'\\'' == ''", 5, "operator or end expected" },
	{ "1 == 12a", 6, "not a number" },
	{ "1 == 0x", 6, "not a number" },
	{ "1 == 0x0x1", 6, "not a number" },
	{ "1 == 1e", 6, "not a number" },
	{ "1 == 1.", 8, "method expected" },
	{ "1 == 1.5u", 6, "not a number" },
	{ "1 == 9223372036854775808", 6, "the number is too large" },
	{ "1 == -9223372036854775809", 7, "the number is too large" },
	{ "1u == 18446744073709551616u", 7, "the number is too large" },
	{ "1.0 == 1e999", 8, "the number is too large" },
	{ "true = false", 6, "unexpected '='" },
	{ "true & false", 6, "unexpected '&'" },
	{ "true | false", 6, "unexpected '|'" },
	{ "response.code / 100 == 5", 15, "no arithmetic: '/'" },
	{ "1 + 1 == 2", 3, "no arithmetic: '+'" },
	{ "true \x01", 6, "unexpected byte 0x01" },
	{ "\xc3\xa4 == 1", 1, "unexpected byte 0xC3" },
	{ "{} == 1", 1, "unexpected '{'" },
	/* grammar */
	{ " ", 2, "expression expected" },
	{ "// all", 7, "expression expected" },
	{ "true &&", 8, "expression expected" },
	{ "&& true", 1, "expression expected" },
	{ "(true", 6, "')' expected" },
	{ "true)", 5, "operator or end expected" },
	{ "true false", 6, "operator or end expected" },
	{ "1 in [1, 2", 11, "',' or ']' expected" },
	{ "1 in [1 2]", 9, "',' or ']' expected" },
	{ "1 in [,]", 7, "expression expected" },
	{ "true ? false", 13, "':' expected" },
	{ "request. == 1", 10, "name expected" },
	{ "request.headers['a' == 1", 21, "']' expected" },
	{ "request.headers[request.path] == 'a'", 17, "string literal expected" },
	{ "request.headers[1] == 'a'", 17, "string literal expected" },
	{ "size('a' 'b') == 1", 10, "',' or ')' expected" },
	{ "'a'.size == 1", 10, "'(' expected" },
	{ "'a'.1 == 1", 4, "operator or end expected" },
	{ "['a'][0] == 'a'", 6, "only headers have an index" },
	/* names */
	{ "request.foo == 1", 9, "unknown attribute 'request.foo'" },
	{ "true || response.status == 1", 18, "unknown attribute 'response.status'" },
	{ "foo.bar == 1", 1, "unknown name 'foo'" },
	{ "code >= 400", 1, "unknown name 'code'" },
	{ "request == 1", 1, "'request' alone is no attribute" },
	{ "request.path.size == 1", 14, "string has no fields" },
	{ "response.code['a'] == 1", 15, "int has no fields" },
	{ "request.headers.a.b == 1", 19, "string has no fields" },
	{ "request.headers['a b'] == 1", 17, "not a header's name" },
	{ "request.headers[''] == 1", 17, "not a header's name" },
	{ "'a:' in request.headers", 1, "not a header's name" },
	{ "request.method in request.headers", 1, "a header's name must be a string literal" },
	{ "request.headers == 1", 1, "a header's name expected: ['name']" },
	{ "has(request)", 5, "attribute or header expected" },
	{ "has('a')", 5, "attribute or header expected" },
	{ "has(request.foo)", 13, "unknown attribute" },
	{ "has(request.path.size())", 5, "attribute or header expected" },
	/* functions */
	{ "foo('a')", 1, "unknown function 'foo'" },
	{ "request.path.foo('a')", 14, "unknown function 'foo'" },
	{ "startsWith('a', 'b')", 1, "startsWith() is a method: TEXT.startsWith(...)" },
	{ "'1s'.duration() == duration('1s')", 6, "duration() is not a method" },
	{ "request.path.startsWith()", 14, "startsWith() takes 1 argument, not 0" },
	{ "request.path.startsWith('a', 'b', 'c')", 14, "startsWith() takes 1 argument, not 3" },
	{ "matches('a')", 1, "matches() takes 2 arguments, not 1" },
	{ "size() == 1", 1, "size() takes 1 argument, not 0" },
	{ "response.code.startsWith('x')", 1, "no startsWith() of int" },
	{ "request.path.contains(5)", 23, "no contains() of int" },
	{ "size(['a']) == 1", 6, "no size() of list" },
	{ "size(request.headers) == 1", 6, "no size() of map" },
	{ "request.path.matches(request.host)", 22,
	  "a regular expression must be a string literal" },
	{ "true && request.path.matches('(a')", 30,
	  "regular expression, at its byte 3: missing closing parenthesis" },
	{ "request.path.matches('(*UTF)a')", 22, "regular expression, at its byte 7:" },
	{ "request.path.matches('\\\\C')", 22, "regular expression, at its byte 3:" },
	{ "request.duration > duration('1 s')", 29, "duration() does not take this value" },
	{ "request.time > timestamp('2024-02-30T00:00:00Z')", 26,
	  "timestamp() does not take this value" },
	{ "int('x') == 1", 5, "int() does not take this value" },
	/* kinds */
	{ "response.code >= 'a'", 15, "no '>=' between int and string" },
	{ "true && request.time < request.duration", 22, "no '<' between timestamp and duration" },
	{ "null < null", 6, "no '<' between null_type and null_type" },
	{ "request.path", 1, "the result must be bool, not string" },
	{ "true ? 1 : 2", 6, "the result must be bool, not int" },
	{ "[true]", 1, "the result must be bool, not list" },
	{ "request.path && true", 1, "bool expected, not string" },
	{ "true || response.code", 9, "bool expected, not int" },
	{ "!request.path", 2, "bool expected, not string" },
	{ "request.path ? true : false", 1, "bool expected, not string" },
	{ "(true ? 1 : 'a') == 1", 13, "int expected as before ':', not string" },
	{ "-request.path == 1", 1, "no '-' of string" },
	{ "-5u == 1", 1, "no '-' of uint" },
	{ "1 in 2", 6, "list or headers expected, not int" },
	{ "['a'] == ['a']", 1, "a list stands only after in" },
	{ "1 in [[1]]", 7, "a list stands only after in" },
	{ "[1] in [1]", 1, "a list stands only after in" },
};

static void test_refused(void)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		struct log_needs needs = {};
		struct source_error error = {};
		struct filter *f = NULL;
		int err = filter_compile(&f, refused[i].source, &needs, &error);

		CHECK(err == -EINVAL && !f);
		CHECK(error.column == refused[i].column);
		CHECK(!strncmp(error.text, refused[i].text, strlen(refused[i].text)));
		if (error.column != refused[i].column ||
		    strncmp(error.text, refused[i].text, strlen(refused[i].text)))
			printf("  %s\n  is %u: %s\n", refused[i].source, error.column, error.text);
		filter_free(&f);
	}
}

static void test_times(void)
{
	static const char *const durations[] = { "",
						 "1",
						 "s",
						 "1.s",
						 ".5s",
						 "-",
						 "1d",
						 "1s1",
						 "+1s",
						 "1s ",
						 "0.",
						 "--1s",
						 "1.5.5s",
						 "9223372037s",
						 "99999999999999999999s",
						 "5000000000s5000000000s" };
	static const char *const timestamps[] = {
		"",
		"2024-01-01",
		"2024-01-01T00:00:00",
		"2024-01-01 00:00:00Z",
		"2024-13-01T00:00:00Z",
		"2024-00-01T00:00:00Z",
		"2024-01-00T00:00:00Z",
		"2023-02-29T00:00:00Z",
		"1900-02-29T00:00:00Z",
		"2024-01-01T24:00:00Z",
		"2024-01-01T00:60:00Z",
		"2024-01-01T00:00:60Z",
		"2024-01-01T00:00:00.Z",
		"2024-01-01T00:00:00ZZ",
		"2024-01-01T00:00:00+24:00",
		"2024-01-01T00:00:00+0100",
		"0000-01-01T00:00:00Z",
		"1677-01-01T00:00:00Z",
		"2263-01-01T00:00:00Z",
	};
	char source[128];

	for (size_t i = 0; i < sizeof(durations) / sizeof(*durations); i++) {
		struct log_needs needs = {};
		struct source_error error;
		struct filter *f = NULL;

		snprintf(source, sizeof(source), "has(request.path) && duration('%s') == null",
			 durations[i]);
		CHECK(filter_compile(&f, source, &needs, &error) == -EINVAL && error.column == 31);
		filter_free(&f);
	}
	for (size_t i = 0; i < sizeof(timestamps) / sizeof(*timestamps); i++) {
		struct log_needs needs = {};
		struct source_error error;
		struct filter *f = NULL;

		snprintf(source, sizeof(source), "timestamp('%s') == null", timestamps[i]);
		CHECK(filter_compile(&f, source, &needs, &error) == -EINVAL && error.column == 11);
		filter_free(&f);
	}
}

static int compile(const char *source, struct source_error *error)
{
	struct log_needs needs = {};
	struct filter *f = NULL;
	int err = filter_compile(&f, source, &needs, error);

	filter_free(&f);
	return err;
}

/* prefix n times, middle, suffix n times */
static const char *nested(const char *prefix, unsigned int n, const char *middle,
			  const char *suffix)
{
	static char ret[FILTER_MAX * 2];
	char *p = ret;

	for (unsigned int i = 0; i < n; i++)
		p = stpcpy(p, prefix);
	p = stpcpy(p, middle);
	for (unsigned int i = 0; i < n; i++)
		p = stpcpy(p, suffix);
	return ret;
}

static void test_depth(void)
{
	struct source_error error;

	CHECK(!compile(nested("(", 60, "true", ")"), &error));
	CHECK(compile(nested("(", 100, "true", ")"), &error) == -EINVAL && error.column == 65);
	CHECK(compile(nested("(", FILTER_MAX, "", ""), &error) == -EINVAL && error.column == 65);
	CHECK(compile(nested("!", FILTER_MAX - 4, "true", ""), &error) == -EINVAL);
	CHECK(compile(nested("1 in [", 600, "1", "]"), &error) == -EINVAL);
	CHECK(compile(nested("int(", 800, "1", ")"), &error) == -EINVAL);
	CHECK(compile(nested("true?true:", 400, "true", ""), &error) == -EINVAL);
	CHECK(!compile(nested("true?true:", 30, "true", ""), &error));
	CHECK(compile(nested("true==", 600, "true", ""), &error) == -EINVAL);
	CHECK_STRING(error.text, "nested too deeply");
	CHECK(!compile(nested("true&&", 600, "true", ""), &error));
	CHECK(!compile(nested("false||", 500, "true", ""), &error));
}

static void test_size(void)
{
	struct source_error error;
	char source[8192] = "true", *p;

	memset(source + 4, ' ', FILTER_MAX - 4);
	source[FILTER_MAX] = '\0';
	CHECK(!compile(source, &error));
	source[FILTER_MAX] = ' ';
	source[FILTER_MAX + 1] = '\0';
	CHECK(compile(source, &error) == -EINVAL && error.column == FILTER_MAX + 1);
	CHECK(!compile("", &error) && !compile(NULL, &error));
	p = source;
	for (int i = 0; i <= HEAD_NAMES_MAX; i++)
		p += sprintf(p, "has(request.headers.a%02d)||", i);
	strcpy(p, "true");
	CHECK(compile(source, &error) == -EINVAL);
	CHECK_STRING(error.text, "more than 64 headers");
	CHECK(error.column == HEAD_NAMES_MAX * 26 + 21);
}

/* What is searched is chosen by a peer: however long it is, a search ends soon, as an error. */
static void test_hostile_subject(void)
{
	static const char *const sources[] = {
		"request.path.matches('(a+)+[b-z]')",
		"request.path.matches('(a|a)*b')",
		"request.path.matches('[a-z]+[0-9]')",
		"request.path.matches('a*a*a*a*c')",
		"request.path.matches('.*.*.*x[^a]')",
		"request.path.matches('(.*)(.*)(.*)\\\\1b')",
		"request.path.matches('^(([a-z])+.)+[A-Z]([a-z])+$')",
	};
	struct filter_record r;
	char *path = malloc(HEAD_TEXT_MAX);

	CHECK(path);
	if (!path)
		return;
	memset(path, 'a', HEAD_TEXT_MAX);
	record_http(&r);
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++)
		for (size_t length = 32; length <= HEAD_TEXT_MAX; length *= 2) {
			struct log_needs needs = {};
			struct source_error error = {};
			struct filter *f = NULL;
			clock_t start;

			r.record.start.path = (struct head_text){ path, length };
			CHECK(!filter_compile(&f, sources[i], &needs, &error));
			start = clock();
			CHECK(!filter_passes(f, &r.record));
			start = clock() - start;
			CHECK(start < CLOCKS_PER_SEC);
			filter_free(&f);
		}
	free(path);
}

int main(void)
{
	test_refused();
	test_times();
	test_depth();
	test_size();
	test_hostile_subject();
	return check_end();
}
