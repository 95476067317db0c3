/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What each name should have, as test_series_names.c keeps it, compared with what is exported. */
#ifndef MESHTAP_NAMES_ACCOUNTS_H
#define MESHTAP_NAMES_ACCOUNTS_H

#include "names_world.h"

enum mode {
	RENAMES = 1,
	KILLS = 2,
	EXPIRY = 4,
	/* Every name has a unit that lives and keeps it: nothing may ever go. */
	IMMORTALS = 8,
	FULL = 16, /* maps have room for little */
};

#define KEYS	     (UNITS * 4)
#define ACCOUNTS_MAX 512
#define EXPIRES	     600

struct account {
	char *labels; /* owned */
	__u64 should;
	__u64 last; /* exported in the sample before */
	bool is_exported;
};

static struct account accounts[ACCOUNTS_MAX];
static unsigned int accounts_count;
static struct account *account_of[KEYS]; /* of the labels at the last sample */
static __u64 growth[KEYS];		 /* since then */
static __u64 counted;
static unsigned int mode;
static struct chance c;

static inline struct account *account(const char *labels)
{
	for (unsigned int i = 0; i < accounts_count; i++)
		if (!strcmp(accounts[i].labels, labels))
			return &accounts[i];
	accounts[accounts_count] = (struct account){ .labels = strdup(labels) };
	return &accounts[accounts_count++];
}

static inline unsigned int index_of(const struct series_parties *key)
{
	return (key->local_workload - FIRST_UNIT) * 4 + (key->peer_workload ? 2 : 0) +
	       (key->reporter == REPORTER_SOURCE);
}

/* Growth until now is that of the labels before; of a new series, that of its first ones. */
static inline void move_accounts(const struct series_sample *s)
{
	for (unsigned int i = 0; i < s->table.count; i++) {
		unsigned int k = index_of(series_key(&s->table, i));
		const struct series_row *row = &s->rows[i];

		if (!account_of[k])
			account_of[k] = account(row->labels);
		account_of[k]->should += growth[k];
		growth[k] = 0;
		account_of[k] = account(row->labels);
	}
}

static inline bool has_series(const struct account *a)
{
	for (unsigned int k = 0; k < KEYS; k++)
		if (account_of[k] == a)
			return true;
	return false;
}

/* A process that was killed while it took the last series of a name has not said so. */
static inline bool may_go(void)
{
	return mode & KILLS && mode & EXPIRY && !(mode & IMMORTALS);
}

static inline void check_account(struct account *a, const struct series_line *line, bool exact)
{
	if (!line) {
		/* A process that was killed while it took the last series of a name has not said
		 * so. */
		CHECK(!a->is_exported || (mode & KILLS && mode & EXPIRY && !(mode & IMMORTALS)));
		*a = (struct account){ .labels = a->labels };
		return;
	}
	CHECK(line->values[0] >= a->last || (may_go() && !line->values[0]));
	CHECK(line->values[1] == 7 * line->values[0]);
	if (exact)
		CHECK(line->values[0] == a->should);
	a->last = line->values[0];
	a->is_exported = true;
}

static inline void check_lines(const struct series_lines *lines)
{
	bool exact = !(mode & (KILLS | FULL));
	__u64 sum = 0;

	for (unsigned int i = 0; i < lines->count; i++) {
		account(lines->lines[i]->labels);
		sum += lines->lines[i]->values[0];
		CHECK(!i || strcmp(lines->lines[i - 1]->labels, lines->lines[i]->labels) < 0);
	}
	for (unsigned int a = 0; a < accounts_count; a++) {
		const struct series_line *line = NULL;

		for (unsigned int i = 0; i < lines->count; i++)
			if (!strcmp(lines->lines[i]->labels, accounts[a].labels))
				line = lines->lines[i];
		check_account(&accounts[a], line, exact);
	}
	if (mode & IMMORTALS || !(mode & EXPIRY))
		CHECK(sum == counted);
}

static inline bool is_there(unsigned int k)
{
	struct series_parties key = world_key(k / 4, k % 4, 0);

	for (; key.shard <= SERIES_SHARD_OWN; key.shard++)
		if (fake_find(FAKE_FD(SERIES), &key))
			return true;
	return false;
}

static inline bool is_seen(unsigned int k)
{
	struct series_parties key = world_key(k / 4, k % 4, 0);
	unsigned char padded[SERIES_KEY_SIZE] = {};

	memcpy(padded, &key, sizeof(key));
	return fake_find(FAKE_FD(SEEN), padded) != NULL;
}

static inline bool has_share(const struct account *a)
{
	const struct fake_map *m = FAKE_FD(SHARES);
	__u64 hash = series_hash(a->labels, strlen(a->labels));

	for (unsigned int i = 0; i < m->count; i++)
		if (((const struct series_share_key *)fake_row(m, i))->labels == hash)
			return true;
	return false;
}

/* Which series are still there, and which begin anew; a name that all have left begins at 0. */
static inline void forget_expired(void)
{
	for (unsigned int k = 0; k < KEYS; k++) {
		if (!is_there(k))
			growth[k] = 0;
		if (!is_there(k) || !is_seen(k))
			account_of[k] = NULL;
	}
	for (unsigned int i = 0; i < accounts_count; i++) {
		struct account *a = &accounts[i];

		if (a->is_exported && !has_series(a) && !has_share(a)) {
			CHECK(!(mode & IMMORTALS));
			*a = (struct account){ .labels = a->labels };
		}
	}
}

#endif
