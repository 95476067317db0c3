/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * HTTP/2 over networks that behave and over such that do not, as test_walk.c does it for HTTP/1:
 * what the sink is given must be what was said, and what it was not given must be declared.
 * "test_http2_walk SEED FAULTS TROUBLE" repeats one.
 */
#include "check.h"
#include "walk_sink.h"
#include "fake_net.h"
#include "chance.h"
#include "talk.h"
#include "talk_http2.h"
#include "talk_http2_make.h"
#include "http2_truth.h"
#include "fake_delivery.h"
#include "fake_network.h"
#include "walk_check.h"

#define SEEDS		400
#define H2_PREFACE_LINE 16 /* bytes that tell HTTP/2 from others */

/* What else may befall a connection. */
enum trouble {
	TROUBLE_NONE,
	TROUBLE_CUT,	/* it ends anywhere */
	TROUBLE_MEMORY, /* more segments come early than are remembered */
	TROUBLE_OLDER,	/* the programs come later */
	TROUBLE_BUSY,	/* they cannot look at every segment */
};

static struct h2_talk talk;
static struct delivery delivery;

static void make_trouble(struct chance *c, enum trouble trouble)
{
	delivery.early_most = 32;
	if (trouble == TROUBLE_CUT)
		delivery.stop = 1 + chance(c, 200);
	else if (trouble == TROUBLE_MEMORY)
		delivery.early_most = 1000;
	else if (trouble == TROUBLE_OLDER)
		delivery.attach = 1 + chance(c, 100), delivery.attached = TALK_BYTES;
	else if (trouble == TROUBLE_BUSY)
		delivery.faults |= FAULT_BUSY;
}

/* All that was said came, or, where that cannot be, it is true and the rest is declared. */
static int is_right(const struct talk_end *end, int client, enum trouble trouble)
{
	__u32 refused, from = trouble == TROUBLE_OLDER ? delivery.attached : 0;
	int came = h2_check_streams(&talk, end, client, &refused);
	int missing = h2_begun(&talk, end, from) - came - refused;
	int request = h2_check_blocks(&talk, end, REQUEST);
	int response = h2_check_blocks(&talk, end, RESPONSE);

	if (came < 0 || request < 0 || response < 0 || sink.count || !check_closed())
		return 0;
	if (trouble <= TROUBLE_CUT)
		return !missing && !request && !response && !sink_http2.gaps && !sink_inexact() &&
		       sink.tcp == (end->sent[REQUEST] < H2_PREFACE_LINE);
	if (trouble == TROUBLE_OLDER && !sink_http2.gone) /* it may have been anything */
		return !came && !sink.tcp;
	return (missing <= 0 || sink_inexact() || refused) && (!sink.tcp || missing <= 0);
}

static int bring(struct chance *c, int faults, enum trouble trouble)
{
	struct fake_end e;
	struct talk_end end;
	int client = chance(c, 2);

	sink_reset();
	fake_init(&e, client, chance(c, 2), chance_next(c) << 3, chance_next(c) << 3);
	e.shape = chance(c, FAKE_SHAPES);
	delivery = (struct delivery){ .end = &e,
				      .talk = &talk.talk,
				      .chance = c,
				      .faults = faults,
				      .incoming = client,
				      .budget = 400 };
	delivery.largest = 1 + chance(c, one_in(c, 3) ? 40 : DELIVERY_LARGEST);
	delivery.window = 1 + chance(c, FAKE_WINDOW);
	make_trouble(c, trouble);
	deliver_all(&delivery, !client && trouble != TROUBLE_OLDER && one_in(c, 3) &&
				       !talk.talk.parts[0].response);
	end = delivery_end(&delivery);
	if (is_right(&end, client, trouble))
		return 1;
	/* The programs saw a FIN that TCP dropped, before the other one. */
	end.closer = end.closer == CLOSER_CLIENT ? CLOSER_SERVER : CLOSER_CLIENT;
	return faults & FAULT_REFUSED && is_right(&end, client, trouble);
}

static int bring_seed(__u32 seed, int faults, enum trouble trouble)
{
	struct chance c = chance_of_seed(seed);

	h2_make(&talk, &c, 1 + chance(&c, 40), 1 + chance(&c, 20), one_in(&c, 2) ? 60 : 16384);
	if (bring(&c, faults, trouble))
		return 1;
	printf("that was: test_http2_walk %u %d %d, %u streams, %s; %u came, TCP %u, gaps %u:\n",
	       seed, faults, trouble, talk.stream_count, delivery.incoming ? "client" : "server",
	       sink_http2.stream_count, sink.tcp, sink_http2.gaps);
	show_health();
	return 0;
}

static void test_network(const char *name, int faults, enum trouble trouble)
{
	__u32 right = 0, said = 0, came = 0, declared = 0;

	for (__u32 seed = 1; seed <= SEEDS && seed - right <= 3; seed++) {
		right += bring_seed(seed, faults, trouble);
		said += talk.stream_count;
		came += sink_http2.stream_count;
		declared += sink_inexact();
	}
	printf("%s: %u of %u right; of %u streams came %u, declared %u\n", name, right, SEEDS, said,
	       came, declared);
	CHECK(right == SEEDS);
}

/* On two CPUs, what the client says proves to be no request, and the server's answer to be frames.
 */
static void test_judged_at_once(void)
{
	static const __u32 seeds[] = { 5937, 6097, 9864, 13220 };

	for (__u32 i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
		CHECK(bring_seed(seeds[i], FAULT_ALL, TROUBLE_OLDER));
}

int main(int argc, char **argv)
{
	if (argc == 4) {
		fake_trace = 1;
		CHECK(bring_seed(atoi(argv[1]), atoi(argv[2]), atoi(argv[3])));
		sink_reset();
		return check_end();
	}
	test_network("in order", 0, TROUBLE_NONE);
	test_network("twice", FAULT_DUPLICATE | FAULT_KEEPALIVE, TROUBLE_NONE);
	test_network("dropped by TCP", FAULT_REFUSED, TROUBLE_NONE);
	test_network("lost", FAULT_LOSS, TROUBLE_NONE);
	test_network("out of order", FAULT_REORDER, TROUBLE_NONE);
	test_network("not ours", FAULT_OUTSIDE, TROUBLE_NONE);
	test_network("two at a time", FAULT_RACE, TROUBLE_NONE);
	test_network("all", FAULT_ALL, TROUBLE_NONE);
	test_network("cut short", 0, TROUBLE_CUT);
	test_network("cut short, all", FAULT_ALL, TROUBLE_CUT);
	test_network("much lost", FAULT_LOSS | FAULT_REORDER, TROUBLE_MEMORY);
	test_network("older", 0, TROUBLE_OLDER);
	test_network("older, all", FAULT_ALL, TROUBLE_OLDER);
	test_network("busy", 0, TROUBLE_BUSY);
	test_network("busy, all", FAULT_ALL, TROUBLE_BUSY);
	test_judged_at_once();
	sink_reset();
	return check_end();
}
