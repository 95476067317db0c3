/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libFuzzer: whatever pieces come, http2_heads.c keeps its bound; and what it says of a connection
 * of which pieces are lost is what was sent, or unknown. clang -g -O1
 * -fsanitize=fuzzer,address,undefined -Itests/unit tests/fuzz/fuzz_http2_heads.c
 * collectors/shared/http2_*.c collectors/shared/hpack.c -lnghttp2. The first input byte chooses:
 * enum input.
 */
#include <stdint.h>
#include <stdlib.h>

#include "http2_talk_check.h"

#define MAX_BYTES (256u << 10)

enum input {
	INPUT_PIECES,  /* flags, length and bytes of each */
	INPUT_BLOCKS,  /* one after the other, each whole */
	INPUT_CHOICES, /* of a talk; from a part on it is seen, some of it is lost */
	INPUT_WHOLE,   /* a talk of which nothing is lost */
	INPUTS,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads all that is said. */
static unsigned int look(struct http2_heads *h, __u64 connection, __u32 stream)
{
	unsigned int sum = 0;

	for (int side = 0; side < HEAD_SIDES; side++) {
		const struct http2_head *is = http2_heads_get(h, connection, stream, side);

		for (int i = 0; is && i < TALK_NAMES; i++)
			for (size_t j = 0; j < is->value[i].length; j++)
				sum += is->value[i].data[j];
		sum += is ? is->status + is->path.length : 0;
	}
	return sum;
}

static void pieces(struct http2_heads *h, const uint8_t *data, size_t size, bool whole)
{
	struct record_block b = {};
	__u32 index[4][2] = {};

	while (size >= 4) {
		unsigned int connection = data[0] & 3, kind = data[0] >> 3;

		b.header.connection = connection;
		b.header.ordinal = data[1];
		b.response = data[0] >> 2 & 1;
		b.flags = whole ? BLOCK_BEGINS | BLOCK_ENDS : kind & 7;
		b.index = index[connection][b.response] += 1 + !(kind & 24);
		b.length = data[2] | (data[3] & 7) << 8;
		data += 4;
		size -= 4;
		if (b.length > size)
			b.length = size;
		b.index -= 1;
		http2_heads_block(h, &b, data);
		data += b.length;
		size -= b.length;
		look(h, connection, b.header.ordinal);
		if (http2_heads_bytes(h) > MAX_BYTES)
			abort();
		if (kind == 31)
			http2_heads_end(h, connection, b.header.ordinal);
		if (kind == 30)
			http2_heads_gone(h, connection);
	}
}

static void talk(struct http2_heads *h, const uint8_t *data, size_t size, bool whole)
{
	struct chance c = { .bytes = data, .left = size };
	struct talk t;

	talk_begin(&t, h, &c, 1);
	t.deaf = !whole && one_in(&c, 2);
	t.losses = whole ? 0 : chance(&c, 40);
	for (int i = 0; i < 300 && c.left; i++) {
		if (one_in(&c, 5))
			t.deaf = false;
		talk_step(&t);
		if (!talk_all_true(&t, whole))
			abort();
		if (whole && http2_heads_unresolved(h))
			abort();
	}
	talk_end(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http2_heads *h;
	int input;

	if (!size)
		return 0;
	input = *data++ % INPUTS;
	size--;
	if (http2_heads_init(&h, input < INPUT_CHOICES ? MAX_BYTES : MAX_BYTES * 16, talk_wanted))
		return 0;
	if (input < INPUT_CHOICES)
		pieces(h, data, size, input == INPUT_BLOCKS);
	else
		talk(h, data, size, input == INPUT_WHOLE);
	http2_heads_free(&h);
	return 0;
}
