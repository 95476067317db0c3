/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counters over changes of names, expiry and kills, by seed: `test_series_names MODE SEED` repeats
 * one. What each name should have is kept beside, as the events say.
 */
#include "names_accounts.h"

static void count(unsigned int u, unsigned int kind)
{
	struct series_parties key = world_key(u, kind, chance(&c, SERIES_SHARDS));
	__u64 amount = 1 + chance(&c, 100);
	unsigned int before = FAKE_FD(SERIES)->count;

	if (before + 8 >= FAKE_FD(SERIES)->max_entries && !fake_find(FAKE_FD(SERIES), &key))
		return; /* the kernel has an overflow series for it */
	world_count(&key, amount);
	growth[index_of(&key)] += amount;
	counted += amount;
}

/* The kernel counts once more before a row is taken. */
static void count_before_take(const void *bytes)
{
	const struct series_parties *key = bytes;

	if (key->shard != SERIES_SHARD_OWN && one_in(&c, 20))
		count(key->local_workload - FIRST_UNIT, index_of(key) & 3);
}

static unsigned int kinds(void)
{
	return mode & IMMORTALS ? 2 : 4;
}

static unsigned int first_mortal(void)
{
	return mode & IMMORTALS ? NAMES : 0;
}

static void change_names(void)
{
	for (unsigned int u = first_mortal(); u < UNITS; u++)
		if (one_in(&c, 3))
			world_names.name[u] =
				mode & IMMORTALS ? 1 + chance(&c, NAMES - 1) : chance(&c, NAMES);
	if (!(mode & IMMORTALS) && one_in(&c, 4))
		world_tags.removed ^= 1U << LABEL_REPORTER;
}

static void live(void)
{
	for (unsigned int i = chance(&c, 20); i; i--) {
		unsigned int u = chance(&c, UNITS);

		if (world_alive[u])
			count(u, chance(&c, kinds()));
		else if (one_in(&c, 4))
			world_set_alive(u, true);
	}
	if (one_in(&c, 3))
		world_set_alive(first_mortal() + chance(&c, UNITS - first_mortal()), false);
	if (mode & RENAMES && one_in(&c, 4))
		change_names();
	world_now += chance(&c, 400);
}

static int expire(struct series_sample *s)
{
	int r = series_expiry_find_at(s, mode & EXPIRY ? EXPIRES : 0, world_now, world_cgroups);

	if (r > 0)
		r = series_expire(s);
	if (!r)
		r = series_names_clean(s);
	if (mode & EXPIRY)
		forget_expired();
	return r;
}

static int take_sample(void)
{
	struct series_naming naming = { &world_names, &world_tags, 3, {} };
	struct series_lines lines = {};
	struct series_sample s = {};
	int r = series_sample_read(&s, &world_maps, sizeof(struct series_parties), VALUES);

	s.gauges = 1U << GAUGE;
	if (!r)
		r = series_naming_tcp(&naming, &s);
	if (!r && !(mode & (KILLS | FULL)))
		for (unsigned int i = 0; i < s.table.count; i++)
			CHECK(s.rows[i].labels != NULL);
	if (!r)
		r = series_names_settle(&s);
	if (!r) {
		move_accounts(&s);
		r = series_sample_lines(&s, &lines);
	}
	if (!r) {
		check_lines(&lines);
		r = expire(&s);
	}
	series_lines_free(&lines);
	series_sample_free(&s);
	series_naming_free(&naming);
	return r;
}

static void begin(unsigned int seed)
{
	c = chance_of_seed(seed);
	world_begin();
	counted = 0;
	memset(growth, 0, sizeof(growth));
	memset(account_of, 0, sizeof(account_of));
	if (mode & FULL) {
		FAKE_FD(SERIES)->max_entries = 60;
		FAKE_FD(SHARES)->max_entries = 20;
	}
	for (unsigned int u = 0; u < first_mortal(); u++) {
		world_names.name[u] = u;
		world_set_alive(u, true);
		for (unsigned int kind = 0; kind < kinds(); kind++)
			count(u, kind);
	}
	for (unsigned int u = first_mortal(); mode & IMMORTALS && u < UNITS; u++)
		world_names.name[u] = 1 + u % (NAMES - 1);
	if (mode & IMMORTALS) /* so that the others have their names from the start */
		CHECK(take_sample() == 0);
	fake_before_take = mode & (KILLS | RENAMES) ? NULL : count_before_take;
}

static void end(void)
{
	for (unsigned int i = 0; i < accounts_count; i++)
		free(accounts[i].labels);
	accounts_count = 0;
	world_end();
}

static void run(unsigned int of_mode, unsigned int seed)
{
	unsigned int failed = check_failed;
	int r = 0;

	mode = of_mode;
	begin(seed);
	for (int step = 0; step < 60; step++) {
		/* What a half-taken series counts is not known; RENAMES | KILLS lets time go by. */
		if (!r || !(mode & EXPIRY))
			live();
		if (mode & KILLS && one_in(&c, 3))
			fake_writes_left = 1 + chance(&c, 40);
		r = take_sample();
		CHECK(!r || (r == -EIO && fake_writes_left == 0));
		fake_writes_left = -1;
	}
	if (check_failed > failed)
		printf("mode %u, seed %u\n", of_mode, seed);
	end();
}

int main(int argc, char **argv)
{
	static const unsigned int modes[] = {
		0,
		RENAMES,
		RENAMES | KILLS,
		EXPIRY,
		RENAMES | EXPIRY,
		RENAMES | EXPIRY | KILLS,
		RENAMES | EXPIRY | IMMORTALS,
		RENAMES | EXPIRY | IMMORTALS | KILLS,
		RENAMES | FULL,
		RENAMES | EXPIRY | IMMORTALS | FULL,
	};

	if (argc == 3) {
		run(atoi(argv[1]), atoi(argv[2]));
	} else {
		for (unsigned int m = 0; m < sizeof(modes) / sizeof(modes[0]); m++)
			for (unsigned int seed = 1; seed <= 8; seed++)
				run(modes[m], seed);
	}
	fake_maps_free();
	return check_end();
}
