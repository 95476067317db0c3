// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "series_heirs.h"

#include <errno.h>
#include <stdlib.h>

static int by_hash(const void *a, const void *b)
{
	const struct series_heir *p = a, *q = b;

	if (p->hash != q->hash)
		return p->hash < q->hash ? -1 : 1;
	return p->is_stale - q->is_stale;
}

int series_heirs_find(struct series_heirs *ret, const struct series_sample *s)
{
	struct series_heirs h = { .all = calloc(s->table.count + 1, sizeof(*h.all)) };
	__u64 present[SERIES_VALUES_MAX];

	if (!h.all)
		return -ENOMEM;
	for (unsigned int i = 0; i < s->table.count; i++) {
		const struct series_row *r = &s->rows[i];

		if (r->hash && series_sample_present(s, i, present))
			h.all[h.count++] = (struct series_heir){ r->hash, i, r->is_stale };
	}
	qsort(h.all, h.count, sizeof(*h.all), by_hash);
	*ret = h;
	return 0;
}

void series_heirs_free(struct series_heirs *h)
{
	free(h->all);
	*h = (struct series_heirs){};
}

static size_t first_of(const struct series_heirs *h, __u64 hash)
{
	size_t low = 0, high = h->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (h->all[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int series_heirs_other(const struct series_heirs *h, const struct series_sample *s,
		       unsigned int row, __u64 hash)
{
	for (size_t i = first_of(h, hash); i < h->count && h->all[i].hash == hash; i++)
		if (h->all[i].row != row && !s->rows[h->all[i].row].is_taken)
			return h->all[i].row;
	return -1;
}

static bool who_stays_has_it(const struct series_sample *s, const struct series_heirs *h,
			     __u64 hash)
{
	for (size_t i = first_of(h, hash); i < h->count && h->all[i].hash == hash; i++)
		if (!s->rows[h->all[i].row].is_stale)
			return true;
	return false;
}

static bool who_stays_left_it(const struct series_sample *s, __u64 hash)
{
	for (unsigned int i = 0; i < s->shares.count; i++) {
		int owner = series_table_find(&s->table, series_key(&s->shares, i));

		if (owner >= 0 && !s->rows[owner].is_stale &&
		    series_sample_share_hash(s, i) == hash)
			return true;
	}
	return false;
}

static bool is_stuck(const struct series_sample *s, const struct series_heirs *heirs, __u64 hash)
{
	return !who_stays_has_it(s, heirs, hash) && who_stays_left_it(s, hash);
}

static bool can_go(const struct series_sample *s, unsigned int row,
		   const struct series_heirs *heirs)
{
	const struct series_row *r = &s->rows[row];
	unsigned int labels = 1;

	if (!r->hash)
		return true;
	if (is_stuck(s, heirs, r->hash))
		return false;
	for (int share = r->shares; share >= 0; share = s->next_share[share], labels++)
		if (is_stuck(s, heirs, series_sample_share_hash(s, share)))
			return false;
	return labels <= SERIES_NAMES_MAX;
}

void series_heirs_check(struct series_sample *s, const struct series_heirs *heirs)
{
	bool changed = s->shares.count > 0;

	while (changed) { /* who stays may keep others */
		changed = false;
		for (unsigned int i = 0; i < s->table.count; i++) {
			if (!s->rows[i].is_stale || can_go(s, i, heirs))
				continue;
			s->rows[i].is_stale = false;
			changed = true;
		}
	}
}
