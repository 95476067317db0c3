/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pieces of heads: what joins them, what a hole costs, and that nothing grows without bound. */
#include "exchange_table.h"

#include "http1.h"

#include <errno.h>
#include <stdlib.h>

#include "check.h"

#define CONNECTION (77ull << 8)
#define MANY	   (1u << 20) /* bytes: no test reaches them but those that mean to */

static const char *const request_names[] = { "host", "x-id", "x-id-long" };
static const char *const response_names[] = { "x-time" };
static const struct head_names wanted[HEAD_SIDES] = { { request_names, 3 }, { response_names, 1 } };

static struct exchange_table table;

static void begin(size_t max_bytes)
{
	CHECK(!exchange_table_init(&table, max_bytes, wanted));
}

static void append(__u32 ordinal, enum head_side side, __u32 offset, const char *s)
{
	exchange_table_append(&table, CONNECTION, ordinal, side, offset,
			      (struct head_text){ s, strlen(s) });
}

/* state, status: of the exchange that ends. "" for what is missing: a head that was kept is not
 * empty. */
static const char *get(__u32 ordinal, enum head_side side, __u8 state, __u16 status)
{
	static char text[4096];
	struct exchange x = { .ordinal = ordinal, .state = state, .status = status };
	struct head_text is = exchange_table_get(&table, CONNECTION, &x).side[side];

	CHECK(is.length < sizeof(text) && (is.length || !is.data));
	snprintf(text, sizeof(text), "%.*s", (int)is.length, is.data ? is.data : "");
	return text;
}

static const char *request(__u32 ordinal)
{
	return get(ordinal, HEAD_REQUEST, 0, 0);
}

static const char *response(__u32 ordinal)
{
	return get(ordinal, HEAD_RESPONSE, 0, 0);
}

static void test_join(void)
{
	begin(MANY);
	append(0, HEAD_REQUEST, 0, "GET / ");
	append(1, HEAD_REQUEST, 0, "POST /");
	append(0, HEAD_REQUEST, 6, "HTTP/1.1\r\n\r\n");
	append(0, HEAD_RESPONSE, 0, "HTTP/1.1 200 OK\r\n");
	exchange_table_append(&table, CONNECTION | 1ull << 63, 0, HEAD_REQUEST, 0,
			      (struct head_text){ "other", 5 });
	CHECK_STRING(request(0), "GET / HTTP/1.1\n");
	CHECK_STRING(response(0), "HTTP/1.1 200 OK\n");
	CHECK_STRING(request(1), "POST /");
	CHECK_STRING(response(1), "");
	CHECK_STRING(request(2), "");
	CHECK(table.entries == 3);
	exchange_table_remove(&table, CONNECTION, 0);
	exchange_table_remove(&table, CONNECTION, 0);
	CHECK_STRING(request(0), "");
	CHECK_STRING(request(1), "POST /");
	exchange_table_free(&table);
}

static void test_repeated_bytes(void)
{
	begin(MANY);
	append(0, HEAD_REQUEST, 0, "GET /a");
	append(0, HEAD_REQUEST, 3, "XXX");
	append(0, HEAD_REQUEST, 1, "XX");
	append(0, HEAD_REQUEST, 4, "XXbc HT");
	append(0, HEAD_REQUEST, 0, "");
	append(0, HEAD_REQUEST, 11, "TP/1.1\r\n");
	CHECK_STRING(request(0), "GET /abc HTTP/1.1\n");
	append(0, HEAD_REQUEST, 19, "\r\n");
	append(0, HEAD_REQUEST, 30, "Host: a\n"); /* after the end: no hole */
	CHECK_STRING(request(0), "GET /abc HTTP/1.1\n");
	exchange_table_free(&table);
}

static void test_a_hole_makes_a_head_unknown(void)
{
	begin(MANY);
	append(0, HEAD_REQUEST, 0, "GET / HTTP/1.1\r\nHost: a\r\n");
	append(0, HEAD_RESPONSE, 0, "HTTP/1.1 200 OK\r\n\r\n");
	append(0, HEAD_REQUEST, 26, "X-Id: 1\r\n\r\n"); /* a byte is missing */
	append(0, HEAD_REQUEST, 37, "X-Id: 2\r\n\r\n");
	CHECK_STRING(request(0), "");
	CHECK_STRING(response(0), "HTTP/1.1 200 OK\n");
	append(1, HEAD_REQUEST, 10, "no beginning");
	CHECK(table.entries == 1);
	append(1, HEAD_REQUEST, 0, "GET /1 HTTP/1.1\r\n");
	append(1, HEAD_RESPONSE, 1, "no beginning");
	append(1, HEAD_RESPONSE, 0, "");
	CHECK_STRING(response(1), "");
	CHECK_STRING(request(1), "GET /1 HTTP/1.1\n");
	exchange_table_free(&table);
}

/* The exchanges of requests that are not followed have no numbers of their own. */
static void test_a_head_begins_anew(void)
{
	begin(MANY);
	append(0, HEAD_RESPONSE, 0, "HTTP/1.1 408 Timeout\r\n\r\n");
	CHECK(!table.entries);
	append(0, HEAD_REQUEST, 0, "GET /skipped HTTP/1.1\r\nHost: a\r\n\r\n");
	append(0, HEAD_RESPONSE, 0, "HTTP/1.1 200 OK\r\nX-Time: 1\r\n\r\n");
	append(0, HEAD_REQUEST, 0, "GET / HTTP/1.1\r\nX-Id: b\r\n");
	append(0, HEAD_REQUEST, 25, "\r\n");
	append(0, HEAD_RESPONSE, 0, "HTTP/1.1 404 Not Found\r\n");
	CHECK_STRING(request(0), "GET / HTTP/1.1\nX-Id: b\n");
	CHECK_STRING(response(0), "HTTP/1.1 404 Not Found\n");
	exchange_table_free(&table);
	CHECK(!table.entries && !table.bytes);
}

static void check_loss(__u8 method, __u8 state, __u16 status, unsigned int damaged)
{
	struct exchange x = { .state = state, .status = status, .method = method };
	struct exchange_table before = table;

	exchange_table_get(&table, CONNECTION, &x);
	CHECK(table.damaged - before.damaged == damaged);
	CHECK(table.unjoined - before.unjoined == !!damaged);
}

/* A lost last piece leaves no hole: what the exchange says of itself finds it. */
static void test_lost_ends(void)
{
	begin(MANY);
	check_loss(0, 0, 0, 1);
	check_loss(0, EXCHANGE_REQUEST_DONE, 200, 2);
	append(0, HEAD_REQUEST, 0, "GET / HTTP/1.1\r\nHost: a\r\n");
	append(0, HEAD_RESPONSE, 0, "HTTP/1.1 200 OK\r\n");
	check_loss(0, 0, 0, 0);
	check_loss(0, EXCHANGE_REQUEST_DONE, 0, 1);
	check_loss(HTTP1_METHOD_CONNECT, EXCHANGE_REQUEST_DONE, 0, 0);
	check_loss(0, 0, 200, 1);
	check_loss(0, 0, 101, 1);
	check_loss(0, 0, 100, 0);
	check_loss(0, EXCHANGE_REQUEST_DONE, 200, 2);
	CHECK_STRING(get(0, HEAD_REQUEST, EXCHANGE_REQUEST_DONE, 200), "");
	append(0, HEAD_REQUEST, 25, "\r\n");
	append(0, HEAD_RESPONSE, 17, "\r\n");
	check_loss(0, EXCHANGE_REQUEST_DONE, 200, 0);
	CHECK_STRING(get(0, HEAD_REQUEST, EXCHANGE_REQUEST_DONE, 200), "GET / HTTP/1.1\nHost: a\n");
	exchange_table_free(&table);
}

static char *filled(const char *start, char fill, size_t length)
{
	char *s = malloc(length + 1);

	CHECK(s);
	if (!s)
		exit(1);
	memset(s, fill, length);
	memcpy(s, start, strlen(start));
	s[length] = '\0';
	return s;
}

static void test_long_heads(void)
{
	char *cookie = filled("Cookie: ", 'c', 65000), *path = filled("GET /", 'p', 200000);
	struct exchange x = {};
	struct head_text kept;

	begin(MANY);
	append(0, HEAD_REQUEST, 0, "GET / HTTP/1.1\r\n");
	append(0, HEAD_REQUEST, 16, cookie);
	append(0, HEAD_REQUEST, 65016, "\r\nHost: a\r\n\r\n");
	CHECK_STRING(request(0), "GET / HTTP/1.1\nHost: a\n");
	CHECK(table.bytes < 512 && !table.damaged);
	exchange_table_remove(&table, CONNECTION, 0);

	append(0, HEAD_REQUEST, 0, path);
	append(0, HEAD_REQUEST, 200000, " HTTP/1.1\r\nHost: a\r\n\r\n");
	kept = exchange_table_get(&table, CONNECTION, &x).side[HEAD_REQUEST];
	CHECK(kept.length == HEAD_TEXT_MAX && !memcmp(kept.data, path, HEAD_TEXT_MAX - 1));
	CHECK(kept.data && kept.data[HEAD_TEXT_MAX - 1] == '\n');
	CHECK(table.damaged == 1 && !table.unjoined);
	exchange_table_free(&table);
	free(cookie);
	free(path);
}

static void test_a_flood_is_bounded(void)
{
	char *path = filled("GET /", 'p', 2000);
	const size_t most = 200000;

	begin(most);
	for (__u32 i = 0; i < 3000; i++) {
		append(i * 7, HEAD_REQUEST, 0, path);
		CHECK(table.bytes <= most);
	}
	CHECK(table.evicted && table.entries + table.evicted == 3000 && table.entries > 50);
	CHECK_STRING(request(0), "");
	CHECK_STRING(request(2999 * 7), path);
	for (__u32 i = 1; i < 100; i++) { /* one head grows: the others give way, it is kept */
		append(2999 * 7, HEAD_REQUEST, i * 2000, path);
		CHECK(table.bytes <= most);
	}
	exchange_table_free(&table);
	free(path);
}

static void test_forget(void)
{
	const __u32 near_wrap = -70u;

	begin(MANY);
	for (__u32 i = 0; i < 100; i++)
		append(near_wrap + i, HEAD_REQUEST, 0, "x");
	exchange_table_append(&table, CONNECTION + 1, near_wrap, HEAD_REQUEST, 0,
			      (struct head_text){ "other", 5 });
	exchange_table_forget(&table, CONNECTION, near_wrap + 90);
	CHECK(table.entries == 11);
	CHECK_STRING(request(near_wrap + 89), "");
	CHECK_STRING(request(near_wrap + 90), "x");
	exchange_table_forget(&table, CONNECTION, near_wrap + 90);
	CHECK(table.entries == 11);
	exchange_table_forget(&table, CONNECTION + 1, near_wrap + 1);
	exchange_table_forget(&table, CONNECTION, near_wrap + 100);
	CHECK(!table.entries && !table.bytes && !table.oldest && !table.newest && !table.evicted);
	exchange_table_free(&table);
}

/* Ends that were lost in the ring do not pile up on a connection that lives on. */
static void test_lost_exchanges_do_not_stay(void)
{
	begin(1 << 30);
	for (__u32 i = 0; i < 100000; i++) {
		append(i, HEAD_REQUEST, 0, "x");
		if (i % 1000 == 0)
			exchange_table_remove(&table, CONNECTION, i);
		if (i % 1000 == 0 && i) /* in flight with the one removed: kept */
			CHECK_STRING(request(i - 64), "x");
	}
	CHECK(table.entries < 1200);
	exchange_table_free(&table);
}

static void test_init_and_counters(void)
{
	const struct head_names too_many[HEAD_SIDES] = { { request_names, HEAD_NAMES_MAX + 1 } };
	struct prom_text text = {};

	CHECK(exchange_table_init(&table, MANY, too_many) == -E2BIG);
	begin(MANY);
	table.damaged = 3;
	table.evicted = 4;
	exchange_table_write(&text, "p", &table);
	CHECK(text.data && strstr(text.data, "\np_damaged_heads_total 3\n"));
	CHECK(text.data && strstr(text.data, "\np_evicted_exchanges_total 4\n"));
	CHECK(text.data && strstr(text.data, "\np_unjoined_total 0\n"));
	prom_text_free(&text);
	exchange_table_free(&table);
}

int main(void)
{
	test_join();
	test_repeated_bytes();
	test_a_hole_makes_a_head_unknown();
	test_a_head_begins_anew();
	test_lost_ends();
	test_long_heads();
	test_a_flood_is_bounded();
	test_forget();
	test_lost_exchanges_do_not_stay();
	test_init_and_counters();
	return check_end();
}
