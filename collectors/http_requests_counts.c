// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "http_requests_counts.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

struct cached {
	struct http_series series;
	__u64 is_changed;
};

#define CACHED_VALUES (sizeof(struct cached) / sizeof(__u64))

_Static_assert(CACHED_VALUES <= SERIES_VALUES_MAX, "a row of the cache");

static struct cached *cached_at(const struct counts *c, unsigned int row)
{
	return (struct cached *)series_values(&c->cache, row);
}

/* Makes the map's entry, so that there is room for what will be counted. */
static int read_series(const struct counts *c, struct http_series_key key, struct http_series *ret)
{
	key.parties.shard = SERIES_SHARD_OWN;
	if (!bpf_map_lookup_elem(c->series, &key, ret))
		return 0;
	if (errno != ENOENT)
		return -errno;
	*ret = (struct http_series){};
	return bpf_map_update_elem(c->series, &key, ret, BPF_NOEXIST) ? -errno : 0;
}

/* Returns the row, or -errno. */
static int find(struct counts *c, const struct http_series_key *key)
{
	struct cached fresh = {};
	int r = series_table_find(&c->cache, key);

	if (r >= 0)
		return r;
	r = read_series(c, *key, &fresh.series);
	if (r)
		return r;
	c->cache.key_size = sizeof(*key);
	c->cache.values = CACHED_VALUES;
	r = series_table_add(&c->cache, key, (const __u64 *)&fresh);
	return r ? r : (int)c->cache.count - 1;
}

struct http_series *counts_series(struct counts *c, const struct http_series_key *key)
{
	int row = find(c, key);
	struct cached *found;

	if (row < 0) {
		struct http_series_key other = { .parties = key->parties };

		series_overflow(&other.parties);
		row = find(c, &other);
		if (row < 0)
			return NULL;
		if (key->protocol != PROTOCOL_MESSAGES) /* its request is counted already */
			c->overflow++;
	}
	found = cached_at(c, row);
	if (!found->is_changed)
		c->changed[c->changed_count++] = row;
	found->is_changed = 1;
	return &found->series;
}

static void write_journal(const struct counts *c, struct requests_journal *j, __u64 position)
{
	for (unsigned int i = 0; i < c->changed_count; i++) {
		memcpy(&j->keys[i], series_key(&c->cache, c->changed[i]), sizeof(j->keys[i]));
		j->keys[i].parties.shard = SERIES_SHARD_OWN;
		j->values[i] = cached_at(c, c->changed[i])->series;
	}
	j->count = c->changed_count;
	j->overflow = c->overflow;
	j->unresolved = c->unresolved;
	memcpy(j->inexact, c->inexact, sizeof(j->inexact));
	__atomic_store_n(&j->position, position, __ATOMIC_RELEASE);
}

static void add_health(struct http_health *h, const struct requests_journal *j)
{
	__sync_fetch_and_add(&h->series_overflow, j->overflow);
	__sync_fetch_and_add(&h->unresolved, j->unresolved);
	for (int i = 0; i < INEXACT_REASONS; i++)
		__sync_fetch_and_add(&h->inexact[i], j->inexact[i]);
}

int counts_finish(struct counts *c, struct ring *ring)
{
	const struct requests_journal *j = &c->state->journal;
	__u32 n = j->count;

	if (j->position <= ring_position(ring))
		return 0;
	if (n && bpf_map_update_batch(c->series, j->keys, j->values, &n, NULL))
		return -errno;
	ring_release(ring, j->position);
	add_health(c->health, j);
	for (unsigned int i = 0; i < c->changed_count; i++)
		cached_at(c, c->changed[i])->is_changed = 0;
	c->changed_count = 0;
	c->overflow = 0;
	c->unresolved = 0;
	memset(c->inexact, 0, sizeof(c->inexact));
	return 0;
}

int counts_commit(struct counts *c, struct ring *ring, unsigned long position)
{
	if (position == ring_position(ring))
		return 0;
	write_journal(c, &c->state->journal, position);
	return counts_finish(c, ring);
}

void counts_forget(struct counts *c)
{
	series_table_free(&c->cache);
}
