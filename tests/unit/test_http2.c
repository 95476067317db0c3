/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * HTTP/2 in the HTTP collectors' programs, from packets to streams: conversations whose exchanges
 * are known are brought in order, cut everywhere. "test_http2 SEED" repeats one.
 */
#include "check.h"
#include "walk_sink.h"
#include "fake_net.h"
#include "fake_steps.h"
#include "chance.h"
#include "talk.h"
#include "talk_http2.h"
#include "talk_http2_make.h"
#include "http2_truth.h"
#include "http2_bring.h"
#include "walk_check.h"

#define SEEDS 120

static struct h2_talk talk;

static int is_right(int client)
{
	struct talk_end end = { .sent = { talk.talk.length[0], talk.talk.length[1] } };
	__u32 refused;
	int right = h2_check_streams(&talk, &end, client, &refused);

	if (right == (int)h2_begun(&talk, &end, 0) && !h2_check_blocks(&talk, &end, REQUEST) &&
	    !h2_check_blocks(&talk, &end, RESPONSE) && h2_check_times(&talk) && !sink.count &&
	    !sink.tcp && !sink_http2.gaps && sink_http2.gone == 1 && !sink_inexact() &&
	    !sink.connections[0].heads[0][REQUEST].length && check_closed())
		return 1;
	printf("  %d right of %u, blocks missing %d %d, gaps %u, gone %u, TCP %u\n", right,
	       h2_begun(&talk, &end, 0), h2_check_blocks(&talk, &end, REQUEST),
	       h2_check_blocks(&talk, &end, RESPONSE), sink_http2.gaps, sink_http2.gone, sink.tcp);
	show_health();
	return 0;
}

static int bring(struct chance *c, int client, __u32 most)
{
	h2_bring(&talk.talk, c, client, most, 0, 0);
	return is_right(client);
}

static int bring_seed(__u32 seed)
{
	static const __u32 segments[] = { 1, 2, 9, 100, 1448, 5000, 60000 };
	struct chance c = chance_of_seed(seed);
	__u32 largest = one_in(&c, 2) ? 60 : 16384;

	h2_make(&talk, &c, 1 + chance(&c, 30), 1 + chance(&c, 20), largest);
	for (int i = 0; i < 14; i++) {
		if (talk.talk.length[0] + talk.talk.length[1] > 20000 && segments[i / 2] < 9)
			continue;
		if (bring(&c, i & 1, segments[i / 2]))
			continue;
		printf("that was: test_http2 %u, %u streams, segments of %u, %s\n", seed,
		       talk.stream_count, segments[i / 2], i & 1 ? "client" : "server");
		return 0;
	}
	return 1;
}

static void test_conversations(void)
{
	__u32 right = 0, streams = 0;

	for (__u32 seed = 1; seed <= SEEDS && seed - right <= 3; seed++) {
		right += bring_seed(seed);
		streams += talk.stream_count;
	}
	printf("%u of %u right, %u streams\n", right, SEEDS, streams);
	CHECK(right == SEEDS);
}

/* Both streams in one segment each but for one cut, at every place. */
static void test_splits(void)
{
	__u32 right = 0, wrong = 0;

	for (__u32 seed = 1; seed <= 12; seed++) {
		struct chance c = chance_of_seed(seed);

		h2_make(&talk, &c, 1 + chance(&c, 3), 3, 30);
		for (int cut = 0; cut < 4; cut++)
			for (__u32 at = 1; at < talk.talk.length[cut & 1] && wrong < 3; at++) {
				h2_bring(&talk.talk, &c, cut >> 1, TALK_BYTES, cut & 1, at);
				if (is_right(cut >> 1)) {
					right++;
					continue;
				}
				wrong++;
				printf("that was seed %u, %s, cut at %u\n", seed,
				       cut & 1 ? "responses" : "requests", at);
			}
	}
	printf("%u splits right\n", right);
	CHECK(right && !wrong);
}

int main(int argc, char **argv)
{
	if (argc == 2) {
		fake_trace = 1;
		CHECK(bring_seed(atoi(argv[1])));
		sink_reset();
		return check_end();
	}
	test_conversations();
	test_splits();
	sink_reset();
	return check_end();
}
