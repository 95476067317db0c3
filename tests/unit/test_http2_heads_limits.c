// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Heads of HTTP/2 messages: what is large, and what is too much. */
#include "check.h"
#include "http2_talk_check.h"

/* Of a CONTINUATION chain; hostile bytes are kept as they are, and what is too much is cut. */
static void test_large(void)
{
	static uint8_t block[300 << 10];
	struct http2_heads *h = heads_new(MUCH);
	struct chance c = chance_of_seed(3);
	const struct http2_head *q;
	struct talk t;

	talk_begin(&t, h, &c, 5);
	memset(block, '\n', sizeof(block));
	/* :method: GET, and a path of 65535 bytes that is not inserted */
	memcpy(block, "\x82\x04\x7f\x80\xff\x03", 6);
	talk_pieces(&t, 1, false, 0, block, 6 + 65535);
	q = http2_heads_get(h, 5, 1, HEAD_REQUEST);
	CHECK(q && q->path.length == 65533 && !memcmp(q->path.data, block + 6, 65533));
	/* one more than HPACK's inflater takes */
	memcpy(block, "\x82\x04\x7f\x82\xff\x03", 6);
	talk_pieces(&t, 3, false, 0, block, 6 + 65537);
	q = http2_heads_get(h, 5, 3, HEAD_REQUEST);
	CHECK(q && head_text_is(q->method, "GET") && q->unresolved && !q->path.data);
	CHECK(http2_heads_unresolved(h) == 1);
	memset(block, 0x82, sizeof(block));
	talk_pieces(&t, 5, false, 0, block, 256 << 10);
	q = http2_heads_get(h, 5, 5, HEAD_REQUEST);
	CHECK(q && head_text_is(q->method, "GET") && !q->unresolved);
	talk_pieces(&t, 7, false, 0, block, (256 << 10) + 1);
	CHECK(!http2_heads_get(h, 5, 7, HEAD_REQUEST));
	CHECK(http2_heads_unresolved(h) == 2);
	talk_end(&t);
	http2_heads_free(&h);
}

/* Those that were idle longest give way; when they come again, they are older than we. */
static void test_evicted(void)
{
	const size_t max_bytes = 1 << 20;
	struct http2_heads *h = heads_new(max_bytes);
	static struct talk t[10000];
	struct chance c = chance_of_seed(1);
	bool right = true, bounded = true;

	for (int i = 0; i < 10000; i++) {
		talk_begin(&t[i], h, &c, i + 1);
		for (int j = 0; j < 4; j++)
			right = right && talk_is_true(&t[i], talk_step(&t[i]), false);
		bounded = bounded && http2_heads_bytes(h) <= max_bytes;
		if (i > 100)
			talk_step(&t[0]); /* not idle */
		right = right && talk_all_true(&t[0], true);
	}
	CHECK(right && bounded && http2_heads_bytes(h) > max_bytes / 2);
	CHECK(!http2_heads_unresolved(h));
	for (int i = 0; i < 10000; i++) {
		right = right && talk_is_true(&t[i], talk_step(&t[i]), false);
		bounded = bounded && http2_heads_bytes(h) <= max_bytes;
		talk_end(&t[i]);
	}
	CHECK(right);
	CHECK(bounded);
	CHECK(http2_heads_unresolved(h) > 5000);
	http2_heads_free(&h);
}

/* One connection alone, of a peer that never ends a stream, with table and heads as large as can
 * be. */
static void test_bounded(void)
{
	const size_t max_bytes = 512 << 10;
	struct http2_heads *h = heads_new(max_bytes);
	static uint8_t block[60000];
	bool bounded = true;

	for (unsigned int i = 0; i < 5000; i++) {
		struct chance c = chance_of_seed(i + 1);
		struct talk t = { .heads = h, .chance = &c, .connection = 1 };
		size_t n = i % 100 ? 12 : sizeof(block);

		t.index[0] = i * 1000;
		memset(block, 'x', sizeof(block));
		memcpy(block, "\x3f\xe1\xff\x03\x82\x40\x04user\x01", 13);
		talk_pieces(&t, 2 * i + 1, false, 0, block, n);
		bounded = bounded && http2_heads_bytes(h) <= max_bytes;
	}
	CHECK(bounded);
	http2_heads_free(&h);
}

/* Of one connection the oldest stream gives way. */
static void test_streams(void)
{
	struct http2_heads *h = heads_new(MUCH);
	struct record_block b = { .header.connection = 77, .length = 1 };

	b.flags = BLOCK_BEGINS | BLOCK_ENDS;
	for (__u32 i = 0; i < 1500; i++) {
		b.index = i;
		b.header.ordinal = 2 * i + 1;
		http2_heads_block(h, &b, "\x82");
	}
	CHECK(!http2_heads_get(h, 77, 2 * 475 + 1, HEAD_REQUEST));
	CHECK(http2_heads_get(h, 77, 2 * 476 + 1, HEAD_REQUEST) &&
	      http2_heads_get(h, 77, 2 * 1499 + 1, HEAD_REQUEST));
	http2_heads_free(&h);
}

int main(void)
{
	test_large();
	test_evicted();
	test_bounded();
	test_streams();
	return check_end();
}
