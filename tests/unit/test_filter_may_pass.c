/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel may drop: by tables, and for random filters and records never one that passes.
 * "test_filter_may_pass SEED" repeats one.
 */
#include <stdlib.h>

#include "check.h"
#include "filter_grammar.h"
#include "filter_records.h"

static struct filter *compiled(const char *source)
{
	struct log_needs needs = {};
	struct source_error error = {};
	struct filter *f = NULL;

	CHECK(!filter_compile(&f, source, &needs, &error));
	if (!f)
		printf("%s\n%*s %s\n", source, (int)error.column, "^", error.text);
	return f;
}

static bool may_pass(const char *source, bool is_http, unsigned int status, enum exchange_flag flag)
{
	struct filter *f = compiled(source);
	bool ret = f && filter_may_pass(f, is_http, status, flag);

	filter_free(&f);
	return ret;
}

/* true, false, error, unknown: which of the source and its negation may pass. */
static char result(const char *source)
{
	char negated[256];

	snprintf(negated, sizeof(negated), "!(%s)", source);
	return "EFTU"[may_pass(source, true, 0, EXCHANGE_OK) * 2 +
		      may_pass(negated, true, 0, EXCHANGE_OK)];
}

/* Unknown beside an error: an error at worst, so it counts as the operand that decides. */
static void test_logic(void)
{
	static const char *const operands[] = { "true", "false", "response.code == 200",
						"request.method == 'GET'" };
	static const char and[4][5] = { "TFEU", "FFFF", "EFEF", "UFFU" };
	static const char or [4][5] = { "TTTT", "TFEU", "TEET", "TUTU" };
	char source[128];

	for (int i = 0; i < 4; i++) {
		CHECK(result(operands[i]) == "TFEU"[i]);
		for (int j = 0; j < 4; j++) {
			snprintf(source, sizeof(source), "%s && %s", operands[i], operands[j]);
			CHECK(result(source) == and[i][j]);
			snprintf(source, sizeof(source), "%s || %s", operands[i], operands[j]);
			CHECK(result(source) == or [i][j]);
		}
	}
	CHECK(result("request.method == 'GET' ? true : response.code == 1") == 'T');
	CHECK(result("request.method == 'GET' ? response.code == 1 : true") == 'T');
	CHECK(result("request.method == 'GET' ? false : false") == 'F');
	CHECK(result("request.method == 'GET' ? true : false") == 'U');
	CHECK(result("response.code == 1 ? true : true") == 'E');
	CHECK(result("has(request.method)") == 'U');
	CHECK(result("request.method in ['GET']") == 'U');
	CHECK(result("'GET' in [request.method, 'GET']") == 'T');
	CHECK(result("'GET' in [request.method, response.code]") == 'E');
	CHECK(result("request.method.matches('GET')") == 'U');
	CHECK(result("request.method.startsWith(request.path)") == 'U');
	CHECK(result("size(request.method) > response.code") == 'E');
}

static void test_examples(void)
{
	static const struct {
		const char *source;
		bool ok, missing, no_head, tcp; /* 200, 404, 0 with DC */
	} list[] = {
		{ "response.code >= 400", false, true, false, false },
		{ "!has(response.code) || response.code >= 400", false, true, true, true },
		{ "response.code >= 500 || request.path.startsWith('/x')", true, true, true,
		  false },
		{ "response.code >= 400 && request.method == 'GET'", false, true, false, false },
		{ "response.flags != 0", false, false, true, true },
		{ "response.code_details == 'via_upstream'", true, true, false, false },
		{ "response.code in [404]", false, true, false, false },
		{ "request.scheme != 'http'", false, false, false, false },
		{ "connection.mtls", false, false, false, false },
		{ "!connection.mtls", true, true, true, true },
		{ "has(request.path)", true, true, true, false },
		{ "'a' in request.headers", true, true, true, false },
		{ "!('a' in request.headers)", true, true, true, true },
		{ "destination.port == 80", true, true, true, true },
		{ "request.duration > duration('1s') && response.code == 200", true, false, false,
		  false },
		{ "false", false, false, false, false },
		{ "true", true, true, true, true },
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		const char *s = list[i].source;

		CHECK(may_pass(s, true, 200, EXCHANGE_OK) == list[i].ok);
		CHECK(may_pass(s, true, 404, EXCHANGE_OK) == list[i].missing);
		CHECK(may_pass(s, true, 0, EXCHANGE_DC) == list[i].no_head);
		CHECK(may_pass(s, false, 0, EXCHANGE_OK) == list[i].tcp);
	}
	CHECK(filter_may_pass(NULL, true, 200, EXCHANGE_OK));
	CHECK(may_pass("response.code == 200", true, 0, EXCHANGE_DR));
	CHECK(may_pass("response.code_details == 'http2.remote_refuse'", true, 0, EXCHANGE_UR));
}

struct counts {
	unsigned long passed, excluded;
};

static bool check_one(uint32_t seed, struct counts *counts)
{
	struct chance c = chance_of_seed(seed);
	struct grammar g = { .chance = &c };
	struct filter_record r;
	struct filter *f;
	bool ok = true;

	put_bool(&g, 4);
	f = compiled(g.text);
	for (int i = 0; f && i < 40; i++) {
		bool passes, may;

		record_random(&r, &c);
		passes = filter_passes(f, &r.record);
		may = filter_may_pass(f, r.record.is_http, r.record.status, r.record.flag);
		ok &= may || !passes;
		counts->passed += passes;
		counts->excluded += !may;
	}
	filter_free(&f);
	if (!ok)
		printf("seed %u: %s\n", seed, g.text);
	return ok;
}

static void test_random(uint32_t first, uint32_t count)
{
	struct counts counts = {};

	for (uint32_t seed = first; seed < first + count; seed++)
		CHECK(check_one(seed, &counts));
	if (count == 1)
		return;
	CHECK(counts.passed > 5 * count && counts.excluded > 5 * count); /* of 40 each */
}

int main(int argc, char **argv)
{
	test_logic();
	test_examples();
	if (argc > 1)
		test_random(strtoul(argv[1], NULL, 10), 1);
	else
		test_random(1, 20000);
	return check_end();
}
