/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Filters on records against CEL's definition and Envoy's attributes. */
#include <errno.h>

#include "check.h"
#include "filter_records.h"

static struct log_needs needs;

static int compile(struct filter **ret, const char *source)
{
	struct source_error error = {};
	int err = filter_compile(ret, source, &needs, &error);

	CHECK(!err);
	if (err)
		printf("%s\n%*s %s\n", source, (int)error.column, "^", error.text);
	return err;
}

/* True, false or error: what the source and its negation do with the record. */
static char result(const char *source, const struct access_record *r)
{
	char negated[1024];
	struct filter *f = NULL, *g = NULL;
	bool passes, negated_passes;

	snprintf(negated, sizeof(negated), "!(%s)", source);
	if (compile(&f, source) || compile(&g, negated)) {
		filter_free(&f);
		return '?';
	}
	passes = filter_passes(f, r);
	negated_passes = filter_passes(g, r);
	CHECK(!passes || !negated_passes);
	filter_free(&f);
	filter_free(&g);
	return passes ? 'T' : negated_passes ? 'F' : 'E';
}

struct expectation {
	const char *source;
	char result;
};

static void check_results(const struct expectation *of, size_t count, const struct access_record *r)
{
	for (size_t i = 0; i < count; i++) {
		char is = result(of[i].source, r);

		CHECK(is == of[i].result);
		if (is != of[i].result)
			printf("  %s: %c, not %c\n", of[i].source, is, of[i].result);
	}
}

#define CHECK_RESULTS(list, r) check_results(list, sizeof(list) / sizeof(*(list)), r)

static void test_logic(void)
{
	static const char *const operands[] = { "true", "false", "request.id == ''" };
	static const char and[3][4] = { "TFE", "FFF", "EFE" }, or [3][4] = { "TTT", "TFE", "TEE" };
	static const struct expectation others[] = {
		{ "!(request.id == '')", 'E' },
		{ "true && true && true && false", 'F' },
		{ "false || request.id == '' || true", 'T' },
		{ "request.id == '' && true && false", 'F' },
		{ "true || false && false", 'T' },
		{ "(true || false) && false", 'F' },
		{ "!true || true", 'T' },
		{ "!!true", 'T' },
		{ "true ? true : request.id == ''", 'T' },
		{ "false ? request.id == '' : false", 'F' },
		{ "request.id == '' ? true : true", 'E' },
		{ "false ? true : false ? false : true", 'T' },
		{ "true == !false", 'T' },
		{ "1 < 2 == true", 'T' },
	};
	struct filter_record r;
	char source[128];

	record_http(&r);
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++) {
			snprintf(source, sizeof(source), "%s && %s", operands[i], operands[j]);
			CHECK(result(source, &r.record) == and[i][j]);
			snprintf(source, sizeof(source), "%s || %s", operands[i], operands[j]);
			CHECK(result(source, &r.record) == or [i][j]);
		}
	CHECK_RESULTS(others, &r.record);
}

static void test_numbers(void)
{
	static const struct expectation list[] = {
		{ "1 == 1u && 1u == 1.0 && 1 == 1.0", 'T' },
		{ "-1 < 0u && 0u > -1", 'T' },
		{ "18446744073709551615u > 9223372036854775807", 'T' },
		{ "9223372036854775807 < 9223372036854775808.0", 'T' },
		{ "9223372036854775807 == 9223372036854775807.0", 'F' },
		{ "9007199254740993 > 9007199254740992.0", 'T' },
		{ "9007199254740993 == 9007199254740992.0", 'F' },
		{ "-9223372036854775808 == -9223372036854775808.0", 'T' },
		{ "-9223372036854775808 > -1e300 && 1e300 > 18446744073709551615u", 'T' },
		{ "-1.5 < -1 && -1 > -1.5 && -2 < -1.5 && 1 < 1.5 && 2 > 1.5", 'T' },
		{ "0x1F == 31 && 0XfFu == 255u && 1e3 == 1000 && .5 < 1 && 1.5E-1 == 0.15", 'T' },
		{ "010 == 10", 'T' },
		{ "1 != 1.0 || 1 != 2", 'T' },
		{ "- (1) == -1 && --1 == 1 && -(1.5) == -1.5", 'T' },
		{ "-(-9223372036854775808) == 0", 'E' },
		{ "2 <= 2 && 2 >= 2 && !(2 < 2) && !(2 > 2)", 'T' },
	};
	struct filter_record r;

	record_http(&r);
	CHECK_RESULTS(list, &r.record);
}

static void test_strings(void)
{
	static const struct expectation list[] = {
		{ "'a' < 'b' && 'a' < 'aa' && 'Z' < 'a' && '' < 'a' && 'a' == \"a\"", 'T' },
		{ "'\\x41\\u0042\\U00000043\\104' == 'ABCD'", 'T' },
		{ "'\\a\\b\\f\\n\\r\\t\\v' == '\\x07\\x08\\x0C\\x0A\\x0D\\x09\\x0B'", 'T' },
		{ "'\\\\\\?\\\"\\'\\`' == \"\\\\?\\\"'`\"", 'T' },
		{ "r'\\d' == '\\\\d' && R\"\\\" == '\\\\'", 'T' },
		{ "'\\u00e4' == '\xc3\xa4' && '\\xe4' == '\\u00E4' && '\\U0001F600' == "
		  "'\xf0\x9f\x98\x80' && '\\u20ac' == '\xe2\x82\xac'",
		  'T' },
		{ "'a\\000b' != 'a' && 'a\\000b'.size() == 3", 'T' },
		{ "'a' == 5", 'F' },
		{ "'5' != 5", 'T' },
		{ "null == null && null != false && request.path != null", 'T' },
		{ "true > false && false <= false", 'T' },
		{ "request.id == null", 'E' },
		{ "  // nothing\n\t'a' // here\r\n == 'a'", 'T' },
	};
	struct filter_record r;

	record_http(&r);
	CHECK_RESULTS(list, &r.record);
}

static void test_in(void)
{
	static const struct expectation list[] = {
		{ "response.code in [200, 204]", 'T' },
		{ "response.code in [200u, 5]", 'T' },
		{ "response.code in ['200', null, true]", 'F' },
		{ "response.code in []", 'F' },
		{ "request.method in ['GET', 'POST',]", 'T' },
		{ "request.method in (['GET'])", 'F' },
		{ "request.id in ['GET']", 'E' },
		{ "'POST' in [request.method, request.id]", 'E' },
		{ "'POST' in [request.id, request.method]", 'E' },
		{ "'POST' in ['x', request.method] == true", 'T' },
		{ "null in [1, null]", 'T' },
	};
	struct filter_record r;

	record_http(&r);
	CHECK_RESULTS(list, &r.record);
}

static void test_functions(void)
{
	static const struct expectation list[] = {
		{ "request.path.startsWith('/api') && !request.path.startsWith('api')", 'T' },
		{ "'a'.startsWith('') && !'a'.startsWith('ab')", 'T' },
		{ "request.path.endsWith('#top') && !'a'.endsWith('ba') && 'a'.endsWith('')", 'T' },
		{ "request.path.contains('users') && !''.contains('a') && ''.contains('')", 'T' },
		{ "request.id.startsWith('a')", 'E' },
		{ "request.path.startsWith(request.id)", 'E' },
		{ "request.path.matches('users?') && request.path.matches(r'id=\\d+')", 'T' },
		{ "matches(request.path, '^/api/') && !matches(request.path, '^api')", 'T' },
		{ "request.method.matches('^POST$') && !'POST\\n'.matches('^POST$')", 'T' },
		{ "'a\\nb'.matches('a.b')", 'F' },
		{ "'\xff\xfe'.matches('^..$') && 'GET'.matches('(?i)^get$')", 'T' },
		{ "''.matches('') && request.id.matches('a')", 'E' },
		{ "'\xc3\xa4\xc3\xb6'.size() == 2 && size('abc') == 3 && size('') == 0", 'T' },
		{ "size(request.id) == 0", 'E' },
		{ "int('-42') == -42 && int(5u) == 5 && int(-1.9) == -1 && int(7) == 7", 'T' },
		{ "int(request.method) == 0", 'E' },
		{ "int(request.headers['n']) > 1000", 'T' },
		{ "double(request.headers['d']) == 1.5 && double('1e3') == 1000.0", 'T' },
		{ "double(1) == 1.0 && double(1u) == 1.0 && double(-2.5) == -2.5", 'T' },
		{ "int(request.headers['big']) > 0", 'E' },
		{ "double(request.headers['inf']) > 0.0", 'E' },
		{ "double(request.headers['huge']) > 0.0", 'E' },
		{ "int(request.headers['blank']) == 1", 'E' },
		{ "int(request.headers['plus']) == 1", 'E' },
		{ "int(connection.id) == 7", 'T' },
	};
	struct filter_record r;

	record_http(&r);
	record_header(&r, &needs, HEAD_REQUEST, "n", "1001");
	record_header(&r, &needs, HEAD_REQUEST, "d", "1.5");
	record_header(&r, &needs, HEAD_REQUEST, "big", "9223372036854775808");
	record_header(&r, &needs, HEAD_REQUEST, "inf", "inf");
	record_header(&r, &needs, HEAD_REQUEST, "huge", "1e999");
	record_header(&r, &needs, HEAD_REQUEST, "blank", " 1");
	record_header(&r, &needs, HEAD_REQUEST, "plus", "+1");
	CHECK_RESULTS(list, &r.record);
}

static void test_times(void)
{
	static const struct expectation list[] = {
		{ "duration('1.5s') == duration('1500ms') && duration('1m') == duration('60s')",
		  'T' },
		{ "duration('1h1m1s1ms1us1ns') > duration('3661001ms')", 'T' },
		{ "duration('-1s') < duration('0') && duration('0') == duration('0s')", 'T' },
		{ "request.duration == duration('12999999ns')", 'T' },
		{ "request.duration >= duration('13ms')", 'F' },
		/* 1754300096 + 1.5 seconds after 1970: date -u -d @1754300097 */
		{ "request.time == timestamp('2025-08-04T09:34:57.5Z')", 'T' },
		{ "request.time == timestamp('2025-08-04T11:34:57.500000000+02:00')", 'T' },
		{ "timestamp('1970-01-01T00:00:00Z') < timestamp('1970-01-01T00:00:00.000000001Z')",
		  'T' },
		{ "timestamp('2024-02-29T00:00:00Z') == timestamp('2024-02-28T23:59:00-00:01')",
		  'T' },
		{ "timestamp('1969-12-31T23:59:59.9Z') < timestamp('1970-01-01T00:00:00Z')", 'T' },
		{ "timestamp('2000-03-01T00:00:00Z') > timestamp('2000-02-29T23:59:59Z')", 'T' },
		{ "timestamp(request.path) > request.time", 'E' },
		{ "duration(request.path) > request.duration", 'E' },
	};
	struct filter_record r;

	record_http(&r);
	CHECK_RESULTS(list, &r.record);
}

int main(void)
{
	test_logic();
	test_numbers();
	test_strings();
	test_in();
	test_functions();
	test_times();
	return check_end();
}
