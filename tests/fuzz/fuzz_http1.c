/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libFuzzer: however a stream is cut into segments and windows, http1.h must find the same messages
 * in it. clang -g -O1 -fsanitize=fuzzer,address -Ibpf -Itests/unit tests/fuzz/fuzz_http1.c The
 * first four input bytes seed the cuts; in the rest a byte 1 changes the direction.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "http1_feed.h"

#define DIRECTION_CHANGE 1

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* longest: of a piece; 0: whole. */
static void feed_run(struct feed *f, int direction, const uint8_t *data, size_t size,
		     uint32_t longest, uint32_t *state)
{
	while (size) {
		size_t piece = longest ? 1 + next_random(state) % longest : size;

		if (piece > size)
			piece = size;
		feed(f, direction, data, piece);
		data += piece;
		size -= piece;
	}
}

static void feed_all(struct feed *f, const uint8_t *data, size_t size, uint32_t longest,
		     uint32_t seed)
{
	uint32_t state = seed | 1;
	int direction = FEED_REQUEST;

	while (size) {
		const uint8_t *change = memchr(data, DIRECTION_CHANGE, size);
		size_t run = change ? (size_t)(change - data) : size;

		feed_run(f, direction, data, run, longest, &state);
		if (change)
			run++;
		direction = !direction;
		data += run;
		size -= run;
	}
	feed_end(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t windows[][2] = { { 512, 512 }, { 2048, 2048 }, { 512, 2048 } };
	static const uint8_t stale[] = { '\n', '0', 0xff };
	static struct feed whole, cut;
	uint32_t seed;

	if (size < sizeof(seed))
		return 0;
	memcpy(&seed, data, sizeof(seed));
	data += sizeof(seed);
	size -= sizeof(seed);
	feed_init(&whole, 2048, 2048, 0);
	feed_all(&whole, data, size, 0, seed);
	if (whole.stuck)
		abort();
	for (uint32_t i = 0; i < 3; i++) {
		const uint32_t longest[] = { 1, 1 + seed % 80, 0 };

		feed_init(&cut, windows[i][0], windows[i][1], stale[i]);
		feed_all(&cut, data, size, longest[(i + seed) % 3], seed);
		if (!feed_same(&whole, &cut))
			abort();
	}
	return 0;
}
