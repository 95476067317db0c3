// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "series_table.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_FIRST 1024 /* grows when one hash bucket holds more */
#define BATCH_MAX   65536
#define ROWS_FIRST  256

__u64 series_hash(const void *bytes, size_t size)
{
	const char *at = bytes;
	__u64 h = 0xcbf29ce484222325ULL ^ size, word;

	for (; size; at += sizeof(word), size -= size < sizeof(word) ? size : sizeof(word)) {
		word = 0;
		memcpy(&word, at, size < sizeof(word) ? size : sizeof(word));
		h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 29;
	}
	return h ? h : 1;
}

static size_t row_size(const struct series_table *t)
{
	return t->key_size + t->values * sizeof(__u64);
}

const void *series_key(const struct series_table *t, unsigned int row)
{
	return t->rows + row * row_size(t);
}

__u64 *series_values(const struct series_table *t, unsigned int row)
{
	return (__u64 *)(t->rows + row * row_size(t) + t->key_size);
}

/* Where the key is, or the free slot where it belongs; slots are at most half full. */
static unsigned int *slot_of(const struct series_table *t, const void *key)
{
	unsigned int i = series_hash(key, t->key_size) & (t->slots_count - 1);

	while (t->slots[i] && memcmp(series_key(t, t->slots[i] - 1), key, t->key_size))
		i = (i + 1) & (t->slots_count - 1);
	return &t->slots[i];
}

int series_table_find(const struct series_table *t, const void *key)
{
	return t->slots_count ? (int)*slot_of(t, key) - 1 : -1;
}

static int grow(struct series_table *t)
{
	unsigned int capacity = t->capacity ? 2 * t->capacity : ROWS_FIRST;
	unsigned int *slots;
	char *rows;

	if (t->count < t->capacity)
		return 0;
	rows = reallocarray(t->rows, capacity, row_size(t));
	if (!rows)
		return -ENOMEM;
	t->rows = rows;
	slots = calloc(2 * (size_t)capacity, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(t->slots);
	t->slots = slots;
	t->slots_count = 2 * capacity;
	t->capacity = capacity;
	for (unsigned int i = 0; i < t->count; i++)
		*slot_of(t, series_key(t, i)) = i + 1;
	return 0;
}

int series_table_add(struct series_table *t, const void *key, const __u64 *values)
{
	__u64 own[SERIES_KEY_MAX / sizeof(__u64)];
	struct series_parties *parties = (struct series_parties *)own;
	unsigned int *slot;
	__u64 *sums;

	memcpy(own, key, t->key_size);
	parties->shard = 0;
	if (grow(t))
		return -ENOMEM;
	slot = slot_of(t, own);
	if (!*slot) {
		*slot = ++t->count;
		memcpy(t->rows + (*slot - 1) * row_size(t), own, t->key_size);
		memset(series_values(t, *slot - 1), 0, t->values * sizeof(*sums));
	}
	sums = series_values(t, *slot - 1);
	for (unsigned int v = 0; v < t->values; v++)
		sums[v] += values[v];
	return 0;
}

static int read_batches(struct series_table *t, int fd, char *keys, __u64 *values,
			unsigned int size)
{
	__u32 position = 0, n;
	int first = 1, end = 0, r = 0;

	while (!r && !end) {
		n = size;
		if (bpf_map_lookup_batch(fd, first ? NULL : &position, &position, keys, values, &n,
					 NULL)) {
			if (errno != ENOENT)
				return -errno;
			end = 1;
		}
		first = 0;
		for (__u32 i = 0; !r && i < n; i++)
			r = series_table_add(t, keys + i * t->key_size, values + i * t->values);
	}
	return r;
}

static int read_all(struct series_table *t, int fd, unsigned int size)
{
	char *keys = calloc(size, t->key_size);
	__u64 *values = calloc(size, t->values * sizeof(*values));
	int r = -ENOMEM;

	if (keys && values)
		r = read_batches(t, fd, keys, values, size);
	free(keys);
	free(values);
	return r;
}

int series_table_read(struct series_table *ret, int fd, unsigned int key_size, unsigned int values)
{
	struct series_table t = { .key_size = key_size, .values = values };
	int r = -ENOSPC;

	if (key_size > SERIES_KEY_MAX || key_size < sizeof(struct series_parties) ||
	    values > SERIES_VALUES_MAX)
		return -EINVAL;
	for (unsigned int size = BATCH_FIRST; r == -ENOSPC && size <= BATCH_MAX; size *= 4) {
		t.count = 0;
		if (t.slots)
			memset(t.slots, 0, t.slots_count * sizeof(*t.slots));
		r = read_all(&t, fd, size);
	}
	if (r) {
		series_table_free(&t);
		return r;
	}
	*ret = t;
	return 0;
}

void series_table_free(struct series_table *t)
{
	free(t->rows);
	free(t->slots);
	*t = (struct series_table){};
}
