/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "exchange_table.h"

#include <stdlib.h>

#include "check.h"

static struct exchange_table table;

static void append(__u64 connection, __u32 ordinal, enum head_side side, bool first, const char *s)
{
	exchange_table_append(&table, connection, ordinal, side, first,
			      (struct head_text){ s, strlen(s) });
}

static void check_text(__u64 connection, __u32 ordinal, enum head_side side, const char *should)
{
	struct exchange_heads heads = exchange_table_get(&table, connection, ordinal);
	struct head_text text = heads.side[side];
	char is[128] = "";

	if (!should) {
		CHECK(!text.data);
		return;
	}
	CHECK(text.data && text.length < sizeof(is));
	if (text.data && text.length < sizeof(is))
		memcpy(is, text.data, text.length);
	CHECK_STRING(is, should);
}

static void test_join(void)
{
	CHECK(!exchange_table_init(&table, 16, 1 << 20));
	append(1, 0, HEAD_REQUEST, true, "GET / ");
	append(1, 1, HEAD_REQUEST, true, "POST /");
	append(1, 0, HEAD_REQUEST, false, "HTTP/1.1");
	append(1, 0, HEAD_RESPONSE, true, "200");
	append(1ull << 63, 0, HEAD_REQUEST, true, "other");
	check_text(1, 0, HEAD_REQUEST, "GET / HTTP/1.1");
	check_text(1, 0, HEAD_RESPONSE, "200");
	check_text(1, 1, HEAD_REQUEST, "POST /");
	check_text(1, 1, HEAD_RESPONSE, NULL);
	check_text(1ull << 63, 0, HEAD_REQUEST, "other");
	append(1, 0, HEAD_REQUEST, true, "anew");
	check_text(1, 0, HEAD_REQUEST, "anew");
	exchange_table_remove(&table, 1, 0);
	exchange_table_remove(&table, 1, 0);
	check_text(1, 0, HEAD_REQUEST, NULL);
	check_text(1, 1, HEAD_REQUEST, "POST /");
	append(2, 0, HEAD_REQUEST, false, "no first piece");
	check_text(2, 0, HEAD_REQUEST, NULL);
	append(1, 1, HEAD_RESPONSE, false, "no first piece");
	check_text(1, 1, HEAD_RESPONSE, NULL);
	CHECK(table.entries == 2 && !table.dropped);
	exchange_table_free(&table);
}

static void test_entries_are_bounded(void)
{
	CHECK(!exchange_table_init(&table, 3, 1 << 20));
	for (unsigned int i = 0; i < 5; i++)
		append(7, i, HEAD_REQUEST, true, "x");
	CHECK(table.entries == 3 && table.dropped == 2);
	check_text(7, 1, HEAD_REQUEST, NULL);
	check_text(7, 2, HEAD_REQUEST, "x");
	check_text(7, 4, HEAD_REQUEST, "x");
	for (unsigned int i = 0; i < 5; i++)
		exchange_table_remove(&table, 7, i);
	CHECK(!table.entries && !table.bytes && !table.oldest && !table.newest);
	exchange_table_free(&table);
}

static void test_bytes_are_bounded(void)
{
	const size_t piece = 1000;
	char *text = calloc(1, piece);

	CHECK(text && !exchange_table_init(&table, 1000, 100000));
	for (unsigned int i = 0; text && i < 200; i++) {
		exchange_table_append(&table, i, 0, HEAD_REQUEST, true,
				      (struct head_text){ text, piece });
		CHECK(table.bytes <= 100000);
	}
	CHECK(table.dropped > 0 && table.entries + table.dropped == 200);
	CHECK(exchange_table_get(&table, 199, 0).side[HEAD_REQUEST].length == piece);
	free(text);
	exchange_table_free(&table);
}

static void test_a_long_head_is_cut(void)
{
	char piece[1000];
	struct exchange_heads heads;

	memset(piece, 'a', sizeof(piece));
	CHECK(!exchange_table_init(&table, 10, 1 << 20));
	for (int i = 0; i < 100; i++)
		exchange_table_append(&table, 1, 0, HEAD_REQUEST, i == 0,
				      (struct head_text){ piece, sizeof(piece) });
	heads = exchange_table_get(&table, 1, 0);
	CHECK(heads.side[HEAD_REQUEST].length == HEAD_TEXT_MAX);
	exchange_table_free(&table);

	/* one head alone beyond the table's size: cut where the room ends, nothing else is harmed
	 */
	CHECK(!exchange_table_init(&table, 10, 4096));
	for (int i = 0; i < 100; i++)
		exchange_table_append(&table, 1, 0, HEAD_REQUEST, i == 0,
				      (struct head_text){ piece, sizeof(piece) });
	heads = exchange_table_get(&table, 1, 0);
	CHECK(heads.side[HEAD_REQUEST].length == 2048);
	CHECK(table.bytes <= 4096);
	exchange_table_free(&table);
}

int main(void)
{
	test_join();
	test_entries_are_bounded();
	test_bytes_are_bounded();
	test_a_long_head_is_cut();
	return check_end();
}
