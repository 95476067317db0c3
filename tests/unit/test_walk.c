/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The HTTP collectors' programs in user space, from packets to exchanges. Conversations of known
 * exchanges are brought over networks that behave and over such that do not: what the sink is given
 * must be those exchanges. "test_walk SEED FAULTS TROUBLE" repeats one.
 */
#include "check.h"
#include "walk_sink.h"
#include "fake_net.h"
#include "talk.h"
#include "talk_make.h"
#include "fake_delivery.h"
#include "fake_network.h"
#include "walk_check.h"

#define SEEDS 500

/* What else may befall a connection. */
enum trouble {
	TROUBLE_NONE,
	TROUBLE_CUT,	/* it ends anywhere */
	TROUBLE_MEMORY, /* more segments come early than are remembered */
	TROUBLE_OLDER,	/* the programs come later */
	TROUBLE_BUSY,	/* they cannot look at every segment */
};

static struct talk talk;
static struct delivery delivery;

static void make_trouble(struct chance *c, enum trouble trouble)
{
	delivery.early_most = 32;
	if (trouble == TROUBLE_CUT)
		delivery.stop = 1 + chance(c, 100);
	else if (trouble == TROUBLE_MEMORY)
		delivery.early_most = 1000;
	else if (trouble == TROUBLE_OLDER)
		delivery.attach = 1 + chance(c, 60), delivery.attached = TALK_BYTES;
	else if (trouble == TROUBLE_BUSY)
		delivery.faults |= FAULT_BUSY;
}

static int bring(struct chance *c, int faults, enum trouble trouble)
{
	struct fake_end e;
	struct talk_end end;
	int client = chance(c, 2);

	sink_reset();
	fake_init(&e, client, chance(c, 2), chance_next(c) << 3, chance_next(c) << 3);
	e.shape = chance(c, FAKE_SHAPES);
	delivery = (struct delivery){
		.end = &e, .talk = &talk, .chance = c, .faults = faults, .budget = 400
	};
	delivery.incoming = client;
	delivery.largest = 1 + chance(c, one_in(c, 3) ? 40 : DELIVERY_LARGEST);
	delivery.window = 1 + chance(c, FAKE_WINDOW);
	make_trouble(c, trouble);
	deliver_all(&delivery, !client && trouble != TROUBLE_OLDER && one_in(c, 3));
	end = delivery_end(&delivery);
	return trouble <= TROUBLE_CUT ? check_all(&talk, &end)
				      : check_declared(&talk, &end, delivery.attached);
}

static int bring_seed(__u32 seed, int faults, enum trouble trouble)
{
	struct chance c = chance_of_seed(seed);

	talk_make(&talk, &c, 1 + chance(&c, 20), trouble != TROUBLE_OLDER ? 1 + chance(&c, 8) : 1);
	if (bring(&c, faults, trouble))
		return 1;
	printf("that was: test_walk %u %d %d, %u requests, %s:\n", seed, faults, trouble,
	       talk.count, delivery.incoming ? "client" : "server");
	show_health();
	return 0;
}

static void test_network(const char *name, int faults, enum trouble trouble)
{
	__u32 right = 0, said = 0, came = 0, declared = 0;

	for (__u32 seed = 1; seed <= SEEDS && seed - right <= 3; seed++) {
		right += bring_seed(seed, faults, trouble);
		said += talk.count;
		came += sink.count;
		declared += sink_inexact();
	}
	printf("%s: %u of %u right; of %u exchanges came %u, declared %u\n", name, right, SEEDS,
	       said, came, declared);
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
	sink_reset();
	return check_end();
}
