/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rows of a collector's `series` map, summed to what is exported: shards of one series, and
 * different workload ids that lead to the same labels, are one series in the exposition.
 */
#ifndef MESHTAP_SERIES_TABLE_H
#define MESHTAP_SERIES_TABLE_H

#include "prom_file.h"
#include "series.h"

#define SERIES_VALUES_MAX 4

struct series_row {
	struct series_parties parties;
	__u64 values[SERIES_VALUES_MAX];
	char *labels; /* owned; NULL until series_table_label() */
};

struct series_table {
	struct series_row *rows; /* owned */
	unsigned int count;
	unsigned int values; /* used of each row's */
};

/* Reads a map of struct series_parties -> values * __u64 and sums the shards. Returns 0 or -errno.
 */
int series_table_read(struct series_table *ret, int series_fd, unsigned int values);

/* Gives each row its labels_tcp(), drops rows of other reporters (settings.reporters), sums equal
 * ones. */
int series_table_label(struct series_table *table, int workloads_fd, unsigned int reporters);

/* Writes one metric: the rows' values[index]. */
void series_table_write(const struct series_table *table, struct prom_text *t, const char *name,
			const char *type, const char *help, unsigned int index);

void series_table_free(struct series_table *table);

#endif
