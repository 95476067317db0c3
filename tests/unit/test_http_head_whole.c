/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A head in one piece says what it says in pieces, or is refused. */
#include "http_head.h"

#include <stdlib.h>

#include "chance.h"
#include "check.h"

static const char *const names[] = { "host", "x-id", "x-id-long", "x-time" };
static const struct head_names wanted = { names, 4 };

static bool is_same(struct head_text a, struct head_text b)
{
	return a.length == b.length && !a.data == !b.data &&
	       (!a.length || !memcmp(a.data, b.data, a.length));
}

/* Returns whether the head was taken; then it is compared. */
static bool check_head(const char *text, size_t length)
{
	struct head_text whole[4], pieces[4], start, copy = { malloc(length + 1), length };
	struct http_head h = {};
	bool is_taken;

	if (!copy.data)
		abort();
	memcpy((char *)copy.data, text, length); /* a byte too many read is seen */
	copy.data = realloc((char *)copy.data, length ? length : 1);
	http_head_append(&h, &wanted, copy);
	http_head_values(&h, &wanted, pieces);
	is_taken = http_head_whole(copy, &wanted, &start, whole);
	if (is_taken) {
		CHECK(h.state == HEAD_ENDED);
		CHECK(start.length < h.length && h.text[start.length] == '\n' &&
		      !memcmp(start.data, h.text, start.length));
		for (unsigned int i = 0; i < wanted.count; i++)
			CHECK(is_same(whole[i], pieces[i]));
	}
	free((char *)copy.data);
	http_head_free(&h);
	return is_taken;
}

static bool is_taken(const char *text)
{
	return check_head(text, strlen(text));
}

static void test_usual(void)
{
	static const char nul[] = "GET / HTTP/1.1\r\nHost\0\0\0\0\0\0: a\r\n\r\n";

	CHECK(is_taken("GET / HTTP/1.1\r\nHost: a\r\nX-Id: \t b \r\nX-Time:\r\n\r\nbody\r\n"));
	CHECK(is_taken("GET / HTTP/1.1\nHOST: a\nhost: b\nhosts: c\nX-Id-Long: d\n\n"));
	CHECK(is_taken("GET / HTTP/1.1\r\n\r\n"));
	CHECK(check_head(nul, sizeof(nul) - 1));
}

static void test_unusual(void)
{
	CHECK(!is_taken("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n")); /* a line that goes on */
	CHECK(!is_taken("GET / HTTP/1.1\r\nHost: a\r\n"));	     /* no end */
	CHECK(!is_taken("GET / HTTP/1.1"));
	CHECK(!is_taken("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")); /* an empty line before */
	CHECK(!is_taken("\r\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"));
	CHECK(!is_taken(" GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
	CHECK(!is_taken(""));
}

static void test_longest(void)
{
	static char head[HEAD_TEXT_MAX + 64];
	size_t length = HEAD_TEXT_MAX - 3;

	memset(head, 'a', sizeof(head));
	memcpy(head, "GET / HTTP/1.1\r\nHost: ", 22);
	memcpy(head + length, "\n\n", 3);
	CHECK(check_head(head, length + 2));
	memset(head + length, 'a', 16);
	memcpy(head + length + 16, "\n\n", 3);
	CHECK(!check_head(head, length + 18)); /* it is cut */
}

static void test_any(void)
{
	static const char *const lines[] = {
		"Host: a",  "HOST:\t b \t", "x-id:",	"X-Id:: c", "X-ID-LONG: d", "X-Time : e",
		"x-timer:", ": f",	    "no colon", "\r",	    " folded",	    "",
	};
	static const char *const ends[] = { "\r\n", "\n", "\r\r\n", "\r" };
	struct chance c = chance_of_seed(1);
	unsigned int taken = 0;

	for (int run = 0; run < 50000; run++) {
		char head[512] = "GET / HTTP/1.1";
		size_t length = one_in(&c, 50) ? 0 : strlen(head);

		for (int i = 0; i < 8; i++) {
			const char *end = ends[one_in(&c, 8) ? chance(&c, 4) : 0];

			length = stpcpy(stpcpy(head + length, end), lines[chance(&c, 12)]) - head;
		}
		length = stpcpy(head + length, "\r\n\r\n") - head;
		taken += check_head(head, length);
	}
	CHECK(taken > 10000);
}

int main(void)
{
	test_usual();
	test_unusual();
	test_longest();
	test_any();
	return check_end();
}
