/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rows of a map of counters: a key and n values of 64 bits each. The shards of a series are one
 * row. Keys begin with struct series_parties, and are compared as bytes.
 */
#ifndef MESHTAP_SERIES_TABLE_H
#define MESHTAP_SERIES_TABLE_H

#include <stddef.h>

#include "series.h"

#define SERIES_KEY_MAX	  64
#define SERIES_VALUES_MAX 72

struct series_table {
	unsigned int key_size; /* bytes, a multiple of 8 */
	unsigned int values;   /* of each row */
	unsigned int count;
	unsigned int capacity;
	char *rows;	     /* owned: key, values, key, values, … */
	unsigned int *slots; /* owned: where keys are, by hash; row + 1, 0: free */
	unsigned int slots_count;
};

/*
 * Reads the whole map, and sums rows whose keys differ in their shard only. While others count,
 * each value is one that was there at some moment of the call. Returns 0 or -errno.
 */
int series_table_read(struct series_table *ret, int fd, unsigned int key_size, unsigned int values);
void series_table_free(struct series_table *t);

/* Valid until the table changes. The key's shard is 0. */
const void *series_key(const struct series_table *t, unsigned int row);
__u64 *series_values(const struct series_table *t, unsigned int row);

/* The row of this key (shard 0), or -1. */
int series_table_find(const struct series_table *t, const void *key);

/* Adds to the row of this key, whatever its shard, or makes one. Returns 0 or -ENOMEM. */
int series_table_add(struct series_table *t, const void *key, const __u64 *values);

/* A hash of bytes that is not 0. */
__u64 series_hash(const void *bytes, size_t size);

#endif
