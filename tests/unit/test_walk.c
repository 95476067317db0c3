/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The HTTP collectors' programs in user space, from packets to exchanges. Conversations of known
 * exchanges are brought over networks that behave and over such that do not: what the sink is given
 * must be those exchanges. "test_walk SEED FAULTS" repeats one.
 */
#include "check.h"
#include "walk_sink.h"
#include "fake_net.h"
#include "talk.h"
#include "talk_make.h"
#include "fake_delivery.h"
#include "fake_network.h"
#include "walk_check.h"

#define SEEDS 400

static struct talk talk;
static struct delivery delivery;

static int bring(struct chance *c, int faults, int cut)
{
	struct talk_end end;
	struct fake_end e;
	int client = chance(c, 2);

	sink_reset();
	fake_init(&e, client, chance(c, 2), chance_next(c) << 3, chance_next(c) << 3);
	e.shape = chance(c, FAKE_SHAPES);
	delivery = (struct delivery){
		.end = &e, .talk = &talk, .chance = c, .faults = faults, .budget = 400
	};
	delivery.incoming = client;
	delivery.early_most = 32;
	delivery.largest = 1 + chance(c, one_in(c, 3) ? 40 : DELIVERY_LARGEST);
	delivery.window = 1 + chance(c, FAKE_WINDOW);
	delivery.stop = cut ? 1 + chance(c, 100) : 0;
	deliver_all(&delivery, !client && one_in(c, 3));
	end = delivery_end(&delivery);
	return check_all(&talk, &end);
}

static int bring_seed(__u32 seed, int faults, int cut)
{
	struct chance c = chance_of_seed(seed);

	talk_make(&talk, &c, 1 + chance(&c, 20), 1 + chance(&c, 8));
	if (bring(&c, faults, cut))
		return 1;
	printf("that was: test_walk %u %d %d, %u requests, %s:\n", seed, faults, cut, talk.count,
	       delivery.incoming ? "client" : "server");
	show_health();
	return 0;
}

static void test_network(const char *name, int faults, int cut)
{
	__u32 right = 0;

	for (__u32 seed = 1; seed <= SEEDS && seed - right <= 3; seed++)
		right += bring_seed(seed, faults, cut);
	printf("%s: %u of %u right\n", name, right, SEEDS);
	CHECK(right == SEEDS);
}

int main(int argc, char **argv)
{
	if (argc == 4) {
		fake_trace = 1;
		CHECK(bring_seed(atoi(argv[1]), atoi(argv[2]), atoi(argv[3])));
		sink_reset();
		return check_end();
	}
	test_network("in order", 0, 0);
	test_network("twice", FAULT_DUPLICATE | FAULT_KEEPALIVE, 0);
	test_network("dropped by TCP", FAULT_REFUSED, 0);
	test_network("lost", FAULT_LOSS, 0);
	test_network("out of order", FAULT_REORDER, 0);
	test_network("not ours", FAULT_OUTSIDE, 0);
	test_network("two at a time", FAULT_RACE, 0);
	test_network("all", FAULT_ALL, 0);
	test_network("cut short", 0, 1);
	test_network("cut short, all", FAULT_ALL, 1);
	sink_reset();
	return check_end();
}
