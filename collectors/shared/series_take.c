// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "series_take.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Linux' own, in no header of user space: this map cannot do it. */
#define ENOTSUPP 524

/* What goes to the own shards of heirs, and is taken off the giver's own shard, in one system call:
 * a process that is killed has done all of it or nothing. */
struct gifts {
	unsigned int count;
	bool gives; /* there are heirs */
	size_t key_size, values;
	int heirs[SERIES_NAMES_MAX + 1];
	char keys[(SERIES_NAMES_MAX + 1) * SERIES_KEY_MAX];
	__u64 amounts[(SERIES_NAMES_MAX + 1) * SERIES_VALUES_MAX];
	__u64 sums[(SERIES_NAMES_MAX + 1) * SERIES_VALUES_MAX]; /* what is written */
};

static void shard_key(const struct series_sample *s, unsigned int row, unsigned int shard,
		      void *ret)
{
	__u64 key[SERIES_KEY_MAX / sizeof(__u64)];

	memcpy(key, series_key(&s->table, row), s->table.key_size);
	((struct series_parties *)key)->shard = shard;
	memcpy(ret, key, s->table.key_size);
}

/* sign: 1 or -1 */
static int add_gift(const struct series_sample *s, struct gifts *g, unsigned int row,
		    const __u64 *values, int sign)
{
	unsigned int i = g->count;
	__u64 *amounts = g->amounts + i * g->values, *sums = g->sums + i * g->values;
	char *key = g->keys + i * g->key_size;

	shard_key(s, row, SERIES_SHARD_OWN, key);
	memset(sums, 0, g->values * sizeof(*sums));
	if (bpf_map_lookup_elem(s->maps->series, key, sums) && errno != ENOENT)
		return -errno;
	for (unsigned int v = 0; v < g->values; v++) {
		amounts[v] = series_sample_is_gauge(s, v) ? 0 : sign * values[v];
		sums[v] += amounts[v];
	}
	g->count++;
	return 0;
}

static int give(struct series_sample *s, struct gifts *g, unsigned int row, __u64 hash,
		const __u64 *values, const struct series_heirs *heirs)
{
	int heir = series_heirs_other(heirs, s, row, hash);

	g->heirs[g->count] = heir;
	return heir < 0 ? 0 : add_gift(s, g, heir, values, 1);
}

/*
 * What each of the row's labels has, to its heir, and all that it has counted off itself: so it is
 * 0 as long as it is there, be there heirs or not.
 */
static int collect_gifts(struct series_sample *s, struct gifts *g, unsigned int row,
			 const struct series_heirs *heirs)
{
	const struct series_row *r = &s->rows[row];
	__u64 present[SERIES_VALUES_MAX];
	int err = 0;

	if (!series_sample_present(s, row, present))
		return 0;
	if (r->hash)
		err = give(s, g, row, r->hash, present, heirs);
	for (int share = r->shares; r->hash && !err && share >= 0; share = s->next_share[share])
		if (series_sample_share_hash(s, share) != r->hash)
			err = give(s, g, row, series_sample_share_hash(s, share),
				   series_values(&s->shares, share), heirs);
	g->gives = g->count > 0;
	g->heirs[g->count] = row;
	return err ? err : add_gift(s, g, row, series_values(&s->table, row), -1);
}

/* Takes back what was written before the map was full: those entries are there now. */
static void undo(const struct series_sample *s, struct gifts *g, __u32 done)
{
	for (__u32 i = 0; i < done; i++) {
		for (unsigned int v = 0; v < g->values; v++)
			g->sums[i * g->values + v] -= g->amounts[i * g->values + v];
		bpf_map_update_elem(s->maps->series, g->keys + i * g->key_size,
				    g->sums + i * g->values, BPF_ANY);
	}
}

static int send_gifts(const struct series_sample *s, struct gifts *g)
{
	__u32 n = g->count;

	if (!n)
		return 0;
	if (!bpf_map_update_batch(s->maps->series, g->keys, g->sums, &n, NULL))
		return 0;
	if (errno != E2BIG)
		return -errno;
	undo(s, g, n);
	return -E2BIG;
}

/* Linux before 5.14 has no atomic way for hashes. */
static int take_shard(int fd, const void *key, __u64 *values)
{
	if (!bpf_map_lookup_and_delete_elem(fd, key, values))
		return 0;
	if (errno != EINVAL && errno != ENOTSUPP)
		return -errno;
	if (bpf_map_lookup_elem(fd, key, values) || bpf_map_delete_elem(fd, key))
		return -errno;
	return 0;
}

static int take_shards(const struct series_sample *s, unsigned int row, __u64 *sums)
{
	__u64 key[SERIES_KEY_MAX / sizeof(__u64)], values[SERIES_VALUES_MAX];

	for (unsigned int shard = 0; shard <= SERIES_SHARD_OWN; shard++) {
		int r;

		shard_key(s, row, shard, key);
		r = take_shard(s->maps->series, key, values);
		if (r && r != -ENOENT)
			return r;
		for (unsigned int v = 0; !r && v < s->table.values; v++)
			sums[v] += values[v];
	}
	return 0;
}

static void delete_kept(const struct series_sample *s, unsigned int row)
{
	const struct series_row *r = &s->rows[row];
	unsigned char key[SERIES_KEY_SIZE];

	for (int share = r->shares; share >= 0; share = s->next_share[share])
		bpf_map_delete_elem(s->maps->shares, series_key(&s->shares, share));
	series_sample_key(s, row, key);
	bpf_map_delete_elem(s->maps->seen, key);
}

static bool is_zero(const __u64 *values, unsigned int count)
{
	static const __u64 zeros[SERIES_VALUES_MAX];

	return !memcmp(values, zeros, count * sizeof(*values));
}

static int put_back(struct series_sample *s, unsigned int row, const __u64 *values)
{
	__u64 key[SERIES_KEY_MAX / sizeof(__u64)];

	s->rows[row].is_stale = false;
	shard_key(s, row, SERIES_SHARD_OWN, key);
	return bpf_map_update_elem(s->maps->series, key, values, BPF_ANY) ? -errno : 0;
}

static void add(__u64 *to, const __u64 *values, unsigned int count)
{
	for (unsigned int v = 0; v < count; v++)
		to[v] += values[v];
}

static void subtract(__u64 *from, const __u64 *values, unsigned int count)
{
	for (unsigned int v = 0; v < count; v++)
		from[v] -= values[v];
}

/* The map has no room for what would make it atomic: the row goes first, and makes some. */
static int take_when_full(const struct series_sample *s, unsigned int row, struct gifts *g,
			  __u64 *values)
{
	int r = take_shards(s, row, values);

	if (r)
		return r;
	g->count--; /* the giver's own */
	r = send_gifts(s, g);
	if (!r)
		subtract(values, series_values(&s->table, row), s->table.values);
	return r;
}

/* values: what was counted since the sample; all that was in the map where it fails. */
static int take(const struct series_sample *s, unsigned int row, struct gifts *g, __u64 *values)
{
	int r = send_gifts(s, g);

	if (r == -E2BIG)
		return take_when_full(s, row, g, values);
	return r ? r : take_shards(s, row, values);
}

/* Heirs may be taken later in the same sample. */
static void note_gifts(struct series_sample *s, unsigned int row, const struct gifts *g)
{
	for (unsigned int i = 0; i < g->count && g->heirs[i] >= 0; i++) {
		__u64 *values = series_values(&s->table, g->heirs[i]);

		if (g->heirs[i] != (int)row)
			for (unsigned int v = 0; v < g->values; v++)
				values[v] += g->amounts[i * g->values + v];
	}
}

int series_take(struct series_sample *s, unsigned int row, const struct series_heirs *heirs)
{
	struct gifts g = { .key_size = s->table.key_size, .values = s->table.values };
	__u64 values[SERIES_VALUES_MAX] = {};
	int r = collect_gifts(s, &g, row, heirs);
	bool counts = g.count > 0, back;

	if (!r)
		r = take(s, row, &g, values);
	if (r == -E2BIG)
		return put_back(s, row, values);
	if (r)
		return r;
	note_gifts(s, row, &g);
	back = counts && !is_zero(values, s->table.values);
	s->rows[row].is_taken = !back;
	if (back && !g.gives)
		add(values, series_values(&s->table, row), s->table.values);
	else
		delete_kept(s, row);
	return back ? put_back(s, row, values) : 0;
}
