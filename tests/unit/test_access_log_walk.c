/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The access log from packets to lines, as test_walk.c has it for exchanges: over networks that
 * behave and over such that do not, each line has what was said. "test_access_log_walk SEED FAULTS
 * TROUBLE" repeats one.
 */
#include "check.h"
#include "log_programs.h"
#include "log_setup.h"
#include "fake_net.h"
#include "talk.h"
#include "talk_make.h"
#include "fake_delivery.h"
#include "fake_network.h"
#include "log_talk.h"

#define SEEDS 500

/* What else may befall a connection. */
enum trouble {
	TROUBLE_NONE,
	TROUBLE_CUT,	/* it ends anywhere */
	TROUBLE_MEMORY, /* more segments come early than are remembered */
	TROUBLE_OLDER,	/* the programs come later */
	TROUBLE_BUSY,	/* they cannot look at every segment */
	TROUBLE_RING,	/* the collector reads too late */
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
	else if (trouble == TROUBLE_RING)
		user_ring.room = chance(c, 40);
}

/* From a place in the requests on, each is a line or is declared: no less than one is, where it
 * cannot be known how many. */
static int is_told(const struct talk_end *end, enum trouble trouble)
{
	int missing = log_check(&talk, end);

	if (missing < 0 || !log_is_empty())
		return 0;
	if (trouble == TROUBLE_RING)
		return (__u64)missing == log_state_get()->dropped && (__u64)missing == log_untold();
	if (journal.writer.table.entries)
		return 0;
	if (trouble <= TROUBLE_CUT)
		return !missing && !log_untold() && !journal.writer.damaged_heads;
	for (__u32 i = 0; i < talk.count; i++)
		missing -= talk.exchanges[i].begin[REQUEST] < delivery.attached;
	return missing <= 0 || log_untold();
}

static int bring(struct chance *c, int faults, enum trouble trouble)
{
	struct fake_end e;
	struct talk_end end;
	int client = chance(c, 2);

	log_reset();
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
	log_read();
	end = delivery_end(&delivery);
	return is_told(&end, trouble);
}

static int bring_seed(__u32 seed, int faults, enum trouble trouble)
{
	struct chance c = chance_of_seed(seed);

	talk_make(&talk, &c, 1 + chance(&c, 20), trouble != TROUBLE_OLDER ? 1 + chance(&c, 8) : 1);
	if (bring(&c, faults, trouble))
		return 1;
	printf("that was: test_access_log_walk %u %d %d, %u requests, %s: %u lines, %llu untold\n",
	       seed, faults, trouble, talk.count, delivery.incoming ? "client" : "server",
	       journal.count, log_untold());
	return 0;
}

static void test_network(const char *name, int faults, enum trouble trouble)
{
	__u32 right = 0, said = 0, came = 0;

	for (__u32 seed = 1; seed <= SEEDS && seed - right <= 3; seed++) {
		right += bring_seed(seed, faults, trouble);
		said += talk.count;
		came += journal.count;
	}
	printf("%s: %u of %u right; of %u exchanges came %u\n", name, right, SEEDS, said, came);
	CHECK(right == SEEDS);
}

int main(int argc, char **argv)
{
	talk_want();
	if (argc == 4) {
		fake_trace = 1;
		CHECK(bring_seed(atoi(argv[1]), atoi(argv[2]), atoi(argv[3])));
		log_reset();
		return check_end();
	}
	test_network("in order", 0, TROUBLE_NONE);
	test_network("twice", FAULT_DUPLICATE | FAULT_KEEPALIVE, TROUBLE_NONE);
	test_network("lost, out of order", FAULT_LOSS | FAULT_REORDER, TROUBLE_NONE);
	test_network("two at a time", FAULT_RACE, TROUBLE_NONE);
	test_network("all", FAULT_ALL, TROUBLE_NONE);
	test_network("cut short", 0, TROUBLE_CUT);
	test_network("cut short, all", FAULT_ALL, TROUBLE_CUT);
	test_network("much lost", FAULT_LOSS | FAULT_REORDER, TROUBLE_MEMORY);
	test_network("older, all", FAULT_ALL, TROUBLE_OLDER);
	test_network("busy, all", FAULT_ALL, TROUBLE_BUSY);
	test_network("ring full, all", FAULT_ALL, TROUBLE_RING);
	log_reset();
	log_free();
	return check_end();
}
