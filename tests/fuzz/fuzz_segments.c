/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libFuzzer: however the segments of a conversation come, be they lost, cut, doubled, out of order,
 * two at a time, and wherever the connection ends, what the programs report must be what was said.
 * clang -g -O1 -fsanitize=fuzzer,address,undefined -Ibpf -Itests/unit tests/fuzz/fuzz_segments.c
 * The first four input bytes choose the conversation, the rest what happens to it.
 */
#include "walk_sink.h"
#include "fake_net.h"
#include "talk.h"
#include "talk_make.h"
#include "fake_delivery.h"
#include "fake_network.h"
#include "walk_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct talk talk;
static struct delivery delivery;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct chance of_talk, c;
	struct fake_end e;
	struct talk_end end;
	uint32_t seed;
	int client;

	if (size < 8)
		return 0;
	c = (struct chance){ .bytes = data + 4, .left = size - 4 };
	memcpy(&seed, data, sizeof(seed));
	of_talk = chance_of_seed(seed);
	talk_make(&talk, &of_talk, 1 + chance(&of_talk, 6), 1 + chance(&of_talk, 4));
	client = chance(&c, 2);
	sink_reset();
	fake_init(&e, client, chance(&c, 2), seed, ~seed);
	e.shape = chance(&c, FAKE_SHAPES);
	delivery = (struct delivery){ .end = &e,
				      .talk = &talk,
				      .chance = &c,
				      .faults = chance(&c, FAULT_ALL + 1),
				      .incoming = client,
				      .budget = 400,
				      .early_most = 32 };
	delivery.largest = DELIVERY_LARGEST >> chance(&c, 16);
	delivery.window = FAKE_WINDOW >> chance(&c, 16);
	delivery.stop = chance(&c, 400);
	deliver_all(&delivery, !client && one_in(&c, 3));
	end = delivery_end(&delivery);
	if (!check_all(&talk, &end)) {
		show_health();
		abort();
	}
	return 0;
}
