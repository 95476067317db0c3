/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pieces of heads: what joins them, what a missing one costs, and that nothing grows without bound.
 */
#include "exchange_table.h"

#include <stdlib.h>

#include "check.h"

#define CONNECTION (77ull << 8)
#define MANY	   (1u << 20) /* bytes: no test reaches them but those that mean to */

static const char *const request_names[] = { "host", "x-id" };
static const char *const response_names[] = { "x-time" };
static const char *const trailer_names[] = { "x-sum" };
static const struct head_names wanted[HEAD_SIDES] = { { request_names, 2 },
						      { response_names, 1 },
						      { trailer_names, 1 } };

static struct exchange_table table;

static void begin(size_t max_bytes)
{
	CHECK(!exchange_table_init(&table, max_bytes, wanted));
}

static void append(__u32 ordinal, enum head_side side, unsigned int index, const char *s)
{
	exchange_table_append(&table, CONNECTION, ordinal, side, index,
			      (struct head_text){ s, strlen(s) });
}

/* "" for a head that is unknown: one that was kept is not empty. */
static const char *get(__u32 ordinal, enum head_side side, __u8 request, __u8 response)
{
	const __u8 pieces[2] = { request, response };
	const struct http_head *is =
		exchange_table_get(&table, CONNECTION, ordinal, pieces).side[side];
	static char text[4096];

	snprintf(text, sizeof(text), "%.*s", is ? (int)is->length : 0, is ? is->text : "");
	return text;
}

static void test_join(void)
{
	begin(MANY);
	append(0, HEAD_REQUEST, 0, "GET / ");
	append(1, HEAD_REQUEST, 0, "POST / HTTP/1.1\r\n\n");
	append(0, HEAD_REQUEST, 1, "HTTP/1.1\r\nX-Id: 7\r\n\n");
	append(0, HEAD_RESPONSE, 0, "HTTP/1.1 200 OK\r\nX-Time: 3\r\n\n");
	exchange_table_append(&table, CONNECTION | 1ull << 63, 0, HEAD_REQUEST, 0,
			      (struct head_text){ "other", 5 });
	CHECK_STRING(get(0, HEAD_REQUEST, 2, 1), "GET / HTTP/1.1\nX-Id: 7\n");
	CHECK_STRING(get(0, HEAD_RESPONSE, 2, 1), "HTTP/1.1 200 OK\nX-Time: 3\n");
	CHECK_STRING(get(1, HEAD_REQUEST, 1, 0), "POST / HTTP/1.1\n");
	CHECK_STRING(get(1, HEAD_RESPONSE, 1, 0), "");
	CHECK_STRING(get(2, HEAD_REQUEST, 1, 0), "");
	CHECK(table.entries == 3);
	exchange_table_remove(&table, CONNECTION, 0);
	exchange_table_remove(&table, CONNECTION, 0);
	CHECK_STRING(get(0, HEAD_REQUEST, 2, 1), "");
	CHECK_STRING(get(1, HEAD_REQUEST, 1, 0), "POST / HTTP/1.1\n");
	exchange_table_free(&table);
	CHECK(!table.entries && !table.bytes);
}

/* A response's interim heads, its own and its trailers are one row of pieces. */
static void test_trailers(void)
{
	begin(MANY);
	append(0, HEAD_RESPONSE, 0, "HTTP/1.1 100 Continue\r\nX-Time: 1\r\n\n");
	append(0, HEAD_RESPONSE, 1, "HTTP/1.1 200 OK\r\nX-Time: 2\r\n\n");
	append(0, HEAD_TRAILER, 2, "X-Sum: a\r\n");
	append(0, HEAD_TRAILER, 3, "X-Sum: b\r\n");
	CHECK_STRING(get(0, HEAD_RESPONSE, 1, 4), "HTTP/1.1 200 OK\nX-Time: 2\n");
	CHECK_STRING(get(0, HEAD_TRAILER, 1, 4), "X-Sum: a\n");
	CHECK_STRING(get(0, HEAD_TRAILER, 1, 3), "");
	exchange_table_free(&table);
}

static void test_a_missing_piece_makes_a_message_unknown(void)
{
	begin(MANY);
	append(0, HEAD_REQUEST, 0, "GET / HTTP/1.1\r\n");
	append(0, HEAD_REQUEST, 2, "X-Id: 1\r\n\n");
	append(0, HEAD_RESPONSE, 0, "HTTP/1.1 200 OK\r\n\n");
	CHECK_STRING(get(0, HEAD_REQUEST, 3, 1), "");
	CHECK_STRING(get(0, HEAD_REQUEST, 2, 1), "");
	CHECK_STRING(get(0, HEAD_RESPONSE, 3, 1), "HTTP/1.1 200 OK\n");
	append(1, HEAD_REQUEST, 1, "no beginning");
	CHECK(table.entries == 1);
	append(0, HEAD_REQUEST, 0, "GET /anew HTTP/1.1\r\n\n");
	CHECK_STRING(get(0, HEAD_REQUEST, 1, 1), "GET /anew HTTP/1.1\n");
	CHECK_STRING(get(0, HEAD_RESPONSE, 1, 1), "HTTP/1.1 200 OK\n");
	exchange_table_free(&table);
}

static void test_a_flood_is_bounded(void)
{
	const size_t most = 200000;
	char path[2001] = "";

	memset(path, 'p', 2000);
	begin(most);
	for (__u32 i = 0; i < 3000; i++) {
		append(i * 7, HEAD_REQUEST, 0, path);
		CHECK(table.bytes <= most);
	}
	CHECK(table.entries > 50 && table.entries < 200);
	CHECK_STRING(get(0, HEAD_REQUEST, 1, 0), "");
	CHECK_STRING(get(2999 * 7, HEAD_REQUEST, 1, 0), path);
	for (unsigned int i = 1; i < 100; i++) { /* one head grows: the others give way */
		append(2999 * 7, HEAD_REQUEST, i, path);
		CHECK(table.bytes <= most);
	}
	exchange_table_free(&table);
}

int main(void)
{
	test_join();
	test_trailers();
	test_a_missing_piece_makes_a_message_unknown();
	test_a_flood_is_bounded();
	return check_end();
}
