/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every case of tests/corpus/, brought to the HTTP collectors' programs as packets, at the client's
 * and at the server's end, over networks that behave and over such that do not. Run from the top of
 * the tree, or give the files to try.
 */
#include <glob.h>

#include "check.h"
#include "corpus.h"
#include "walk_sink.h"
#include "fake_net.h"
#include "chance.h"
#include "talk.h"
#include "fake_delivery.h"
#include "fake_network.h"
#include "walk_check.h"

#define SEEDS 12 /* of each case */

static struct talk talk;
static struct delivery delivery;

static void talk_of_case(const struct corpus_case *c)
{
	talk.length[0] = talk.length[1] = 0;
	talk.part_count = 0;
	talk.until_close = 0;
	talk.closes = c->client_closes ? CLOSER_CLIENT : CLOSER_SERVER;
	for (size_t i = 0; i < c->run_count; i++) {
		const struct corpus_run *r = &c->runs[i];

		talk_put(&talk, r->direction, r->bytes, r->length);
		talk_part(&talk, r->direction, talk.length[!r->direction]);
	}
}

static int is_number(long long should, __u64 is)
{
	return should == CORPUS_UNKNOWN || (__u64)should == is;
}

/* The words of the request line: a target may contain blanks. */
static int is_request_line(const char *line, const struct corpus_exchange *x)
{
	size_t method = strlen(x->method), target = strlen(x->target);
	int is_begin = target >= 3 && !strcmp(x->target + target - 3, "...");

	if (is_begin)
		target -= 3;
	return !strncmp(line, x->method, method) && line[method] == ' ' &&
	       !strncmp(line + method + 1, x->target, target) &&
	       (is_begin || line[method + 1 + target] == ' ');
}

/* A head that was cut short says nothing. */
static int is_answered(const struct corpus_exchange *x, const struct sink_record *r)
{
	return x->status && (strcmp(x->outcome, "open") != 0 || x->response_body ||
			     strstr(r->head[RESPONSE].begin, "\r\n\r\n"));
}

static enum exchange_flag flag_of(const struct corpus_case *c, const struct corpus_exchange *x,
				  int answered)
{
	if (!strcmp(x->outcome, "bad") && x->response_wire == CORPUS_UNKNOWN)
		return EXCHANGE_UPE;
	if (strcmp(x->outcome, "open") != 0)
		return EXCHANGE_OK;
	if (c->client_closes)
		return EXCHANGE_DC;
	return answered && x->status >= 200 ? EXCHANGE_UPE : EXCHANGE_UC;
}

static int is_exchange(const struct corpus_case *c, const struct corpus_exchange *x,
		       const struct sink_record *r)
{
	int answered = is_answered(x, r);

	return is_request_line(r->head[REQUEST].begin, x) &&
	       r->exchange.status == (answered ? x->status : 0) &&
	       r->exchange.flag == flag_of(c, x, answered) &&
	       is_number(x->request_wire, r->exchange.request_wire) &&
	       is_number(x->request_body, r->exchange.request_body) &&
	       is_number(x->response_wire, r->exchange.response_wire) &&
	       is_number(x->response_body, r->exchange.response_body);
}

/*
 * What follows a message that is none is not followed: it may be reported as one request more, and
 * when responses can no longer be told apart what is in flight is declared.
 */
static int is_right(const struct corpus_case *c)
{
	__u32 n = sink.count;

	if (n > c->exchange_count + c->bad[CORPUS_REQUEST])
		return 0;
	if (n + (c->bad[CORPUS_RESPONSE] ? sink_inexact() : 0) < c->exchange_count)
		return 0;
	for (__u32 i = 0; i < n && i < c->exchange_count; i++)
		if (!is_exchange(c, &c->exchanges[i], &sink.exchanges[i]))
			return 0;
	return (!sink_inexact() || c->bad[CORPUS_RESPONSE]) && check_closed();
}

static int bring(struct corpus_case *c, __u32 seed, int faults)
{
	struct chance chance_of_case = chance_of_seed(seed), *choices = &chance_of_case;
	struct fake_end e;

	sink_reset();
	fake_init(&e, seed & 1, chance(choices, 2), chance_next(choices), chance_next(choices));
	delivery = (struct delivery){ .end = &e,
				      .talk = &talk,
				      .chance = choices,
				      .faults = faults,
				      .incoming = e.client,
				      .early_most = 32,
				      .budget = 100000,
				      .window = FAKE_WINDOW };
	delivery.largest = 1 + chance(choices, 1 << chance(choices, 12));
	deliver_all(&delivery, !e.client && !talk.parts[0].response && one_in(choices, 3));
	if (is_right(c))
		return 1;
	printf("%s, seed %u, faults %d, %s:\n", c->name, seed, faults,
	       e.client ? "client" : "server");
	for (__u32 i = 0; i < sink.count; i++)
		show_exchange(sink.exchanges[i].head[REQUEST].begin, &sink.exchanges[i]);
	show_health();
	return 0;
}

static void test_case(const char *path)
{
	static struct corpus_case c;
	int right = !corpus_read(&c, path);

	if (right)
		talk_of_case(&c);
	for (__u32 seed = 0; right && seed < SEEDS; seed++)
		right = bring(&c, seed, 0) && bring(&c, seed, FAULT_ALL);
	CHECK(right);
	corpus_free(&c);
}

int main(int argc, char **argv)
{
	glob_t cases;

	for (int i = 1; i < argc; i++)
		test_case(argv[i]);
	if (argc > 1)
		return check_end();
	CHECK(!glob("tests/corpus/*.http", 0, NULL, &cases));
	CHECK(cases.gl_pathc);
	for (size_t i = 0; i < cases.gl_pathc; i++)
		test_case(cases.gl_pathv[i]);
	globfree(&cases);
	sink_reset();
	return check_end();
}
