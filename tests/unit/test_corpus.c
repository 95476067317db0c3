/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every case of tests/corpus/, fed whole, cut in two at every point, byte by byte and in random
 * pieces, with windows of 512 and 2048 bytes: what http1.h finds, paired first in first out, must
 * be the exchanges that the case expects, every time. Run from the top of the tree, or give the
 * files to try.
 */
#include <glob.h>

#include "check.h"
#include "corpus.h"
#include "http1_feed.h"

#define RANDOM_CUTS 30
#define EVERY_CUT   4096 /* longer cases are cut at every CUT_STEP-th point only */
#define CUT_STEP    97

static const __u32 windows[][2] = { { 512, 512 }, { 2048, 2048 }, { 512, 2048 } };
static const __u8 stale[] = { 0, '\n', '0' };

/*
 * A cut is made after every point for which is_cut() says so, and where the direction changes.
 */
struct cuts {
	__u32 at;      /* the only one; 0: none */
	int each;      /* byte */
	__u32 longest; /* of random pieces */
	__u32 seed;
};

static int is_cut(struct cuts *cuts, __u32 point)
{
	if (cuts->each || point == cuts->at)
		return 1;
	if (!cuts->longest)
		return 0;
	cuts->seed = cuts->seed * 1103515245 + 12345;
	return (cuts->seed >> 16) % cuts->longest == 0;
}

static void feed_case(struct feed *f, const struct corpus_case *c, struct cuts cuts)
{
	__u32 point = 0;

	for (size_t n = 0; n < c->run_count; n++) {
		const struct corpus_run *r = &c->runs[n];
		size_t from = 0;

		for (size_t i = 1; i <= r->length; i++) {
			point++;
			if (i != r->length && !is_cut(&cuts, point))
				continue;
			feed(f, r->direction, r->bytes + from, i - from);
			from = i;
		}
	}
	feed_end(f);
}

/* The n-th message of a direction, responses to no request left out. */
static const struct feed_message *nth_message(const struct feed *f, int direction, size_t n)
{
	for (__u32 i = 0; i < f->count && i < FEED_MESSAGES; i++) {
		const struct feed_message *m = &f->messages[i];

		if (m->direction == direction && !m->orphan && !n--)
			return m;
	}
	return NULL;
}

static const char *outcome(const struct feed_message *request, const struct feed_message *response)
{
	if (request->bad || (response && response->bad))
		return "bad";
	if (!response)
		return "open";
	if (response->phase == HTTP1_TUNNEL)
		return "tunnel";
	if (!response->complete)
		return "open";
	if (!request->complete)
		return "early";
	return response->phase == HTTP1_UNTIL_CLOSE ? "close" : "done";
}

/* The words of the request line as RFC 9112 section 3 has them: the target may contain blanks. */
static int is_request_line(const char *line, const struct corpus_exchange *x)
{
	const char *target = line + strlen(x->method) + 1;
	size_t length = strlen(x->target), begins = length < 3 ? 0 : length - 3;

	if (strncmp(line, x->method, strlen(x->method)) || target[-1] != ' ')
		return 0;
	if (length >= 3 && !strcmp(x->target + begins, "..."))
		return !strncmp(target, x->target, begins);
	return !strncmp(target, x->target, length) &&
	       (target[length] == ' ' || strlen(line) == FEED_LINE - 1);
}

static int is_number(long long should, __u64 is)
{
	return should == CORPUS_UNKNOWN || (__u64)should == is;
}

static int is_exchange(const struct feed *f, size_t n, const struct corpus_exchange *x)
{
	static const struct feed_message none;
	const struct feed_message *request = nth_message(f, FEED_REQUEST, n);
	const struct feed_message *response = nth_message(f, FEED_RESPONSE, n);
	const struct feed_message *r = response ? response : &none;

	return request && is_request_line(request->line, x) &&
	       !strcmp(outcome(request, response), x->outcome) && x->status == r->status &&
	       is_number(x->request_wire, request->wire) &&
	       is_number(x->request_body, request->body) && is_number(x->response_wire, r->wire) &&
	       is_number(x->response_body, r->body);
}

static int is_right(const struct feed *f, const struct corpus_case *c)
{
	for (size_t i = 0; i < c->exchange_count; i++)
		if (!is_exchange(f, i, &c->exchanges[i]))
			return 0;
	for (int i = 0; i < 2; i++) {
		int bad = c->bad[i];

		for (__u32 n = 0; n < f->count && n < FEED_MESSAGES; n++)
			bad |= f->messages[n].direction == i && f->messages[n].bad;
		if (f->direction[i].dead != bad)
			return 0;
	}
	return !nth_message(f, FEED_REQUEST, c->exchange_count) && !f->stuck && !f->full &&
	       !nth_message(f, FEED_RESPONSE, c->exchange_count);
}

/* As the lines of a case. */
static void print_found(const struct feed *f)
{
	const struct feed_message *request;

	for (size_t n = 0; (request = nth_message(f, FEED_REQUEST, n)); n++) {
		const struct feed_message *r = nth_message(f, FEED_RESPONSE, n);

		printf("  = %.*s %d %llu %llu %llu %llu %s\n", (int)strcspn(request->line, "\r\n"),
		       request->line, r ? r->status : 0, request->wire, request->body,
		       r ? r->wire : 0, r ? r->body : 0, outcome(request, r));
	}
	for (int i = 0; i < 2; i++)
		if (f->direction[i].dead)
			printf("  = bad %s\n", i ? "response" : "request");
}

static int try_cuts(const struct corpus_case *c, struct cuts cuts)
{
	static struct feed f;

	for (unsigned int i = 0; i < 3; i++) {
		feed_init(&f, windows[i][0], windows[i][1], stale[i]);
		feed_case(&f, c, cuts);
		if (is_right(&f, c))
			continue;
		printf("%s: windows %u/%u, cut at %u, each %d, pieces %u, seed %u%s%s:\n", c->name,
		       windows[i][0], windows[i][1], cuts.at, cuts.each, cuts.longest, cuts.seed,
		       f.stuck ? ", stuck" : "", f.full ? ", full" : "");
		print_found(&f);
		return 0;
	}
	return 1;
}

static int cut_in_two(const struct corpus_case *c)
{
	size_t length = 0, step;

	for (size_t n = 0; n < c->run_count; n++)
		length += c->runs[n].length;
	step = length > EVERY_CUT ? CUT_STEP : 1;
	for (size_t at = 1; at < length; at += step)
		if (!try_cuts(c, (struct cuts){ .at = at }))
			return 0;
	return 1;
}

static int cut_at_random(const struct corpus_case *c)
{
	for (__u32 i = 0; i < RANDOM_CUTS; i++)
		if (!try_cuts(c, (struct cuts){ .longest = 2 + i * i, .seed = 7 + i }))
			return 0;
	return 1;
}

static void test_case(const char *path)
{
	static struct corpus_case c;
	int is_read = !corpus_read(&c, path);

	CHECK(is_read);
	if (is_read) {
		CHECK(try_cuts(&c, (struct cuts){ 0 }) && cut_in_two(&c) &&
		      try_cuts(&c, (struct cuts){ .each = 1 }) && cut_at_random(&c));
	}
	corpus_free(&c);
}

int main(int argc, char *argv[])
{
	glob_t found = { 0 };

	for (int i = 1; i < argc; i++)
		test_case(argv[i]);
	if (argc == 1) {
		CHECK(!glob("tests/corpus/*.http", 0, NULL, &found));
		for (size_t i = 0; i < found.gl_pathc; i++)
			test_case(found.gl_pathv[i]);
		globfree(&found);
	}
	return check_end();
}
