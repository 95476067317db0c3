// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "series_table.h"

#include "identity.h"
#include "workload.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_FIRST 1024 /* grows when one hash bucket holds more */
#define BATCH_MAX   65536

static int by_parties(const void *a, const void *b)
{
	const struct series_parties *p = &((const struct series_row *)a)->parties;
	const struct series_parties *q = &((const struct series_row *)b)->parties;

	if (p->local_workload != q->local_workload)
		return p->local_workload < q->local_workload ? -1 : 1;
	if (p->peer_workload != q->peer_workload)
		return p->peer_workload < q->peer_workload ? -1 : 1;
	return p->reporter < q->reporter ? -1 : p->reporter > q->reporter;
}

static int by_labels(const void *a, const void *b)
{
	return strcmp(((const struct series_row *)a)->labels,
		      ((const struct series_row *)b)->labels);
}

/* Sorts, and sums rows that compare equal into one. */
static void merge(struct series_table *table, int (*compare)(const void *, const void *))
{
	struct series_row *rows = table->rows;
	unsigned int kept = 0;

	if (!table->count)
		return;
	qsort(rows, table->count, sizeof(*rows), compare);
	for (unsigned int i = 1; i < table->count; i++) {
		if (compare(&rows[kept], &rows[i])) {
			rows[++kept] = rows[i];
			continue;
		}
		for (unsigned int v = 0; v < table->values; v++)
			rows[kept].values[v] += rows[i].values[v];
		free(rows[i].labels);
	}
	table->count = kept + 1;
}

static int append(struct series_table *table, const struct series_parties *keys,
		  const __u64 *values, unsigned int n)
{
	struct series_row *rows;

	if (!n)
		return 0;
	rows = reallocarray(table->rows, table->count + n, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	table->rows = rows;
	for (unsigned int i = 0; i < n; i++) {
		struct series_row *row = &rows[table->count++];

		memset(row, 0, sizeof(*row));
		row->parties = keys[i];
		memcpy(row->values, values + i * table->values, table->values * sizeof(*values));
	}
	return 0;
}

static int read_batches(struct series_table *table, int fd, void *keys, void *values,
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
		r = append(table, keys, values, n);
	}
	return r;
}

static int read_all(struct series_table *table, int fd, unsigned int size)
{
	struct series_parties *keys = calloc(size, sizeof(*keys));
	__u64 *values = calloc(size, table->values * sizeof(*values));
	int r = -ENOMEM;

	if (keys && values)
		r = read_batches(table, fd, keys, values, size);
	free(keys);
	free(values);
	return r;
}

int series_table_read(struct series_table *ret, int series_fd, unsigned int values)
{
	struct series_table table = { .values = values };
	int r = -ENOSPC;

	if (values > SERIES_VALUES_MAX)
		return -EINVAL;
	for (unsigned int size = BATCH_FIRST; r == -ENOSPC && size <= BATCH_MAX; size *= 4) {
		table.count = 0;
		r = read_all(&table, series_fd, size);
	}
	if (r) {
		series_table_free(&table);
		return r;
	}
	merge(&table, by_parties);
	*ret = table;
	return 0;
}

static int label(struct series_row *row, int workloads_fd)
{
	struct label_parties parties = { .reporter = row->parties.reporter };
	struct prom_text text = {};
	int r;

	parties.local = workload_name(workloads_fd, row->parties.local_workload);
	if (!parties.local)
		return -ENOMEM;
	if (row->parties.peer_workload != WORKLOAD_NONE) {
		parties.peer = workload_name(workloads_fd, row->parties.peer_workload);
		if (!parties.peer)
			return -ENOMEM;
	}
	r = labels_tcp(&text, &parties, "-");
	if (r) {
		prom_text_free(&text);
		return r;
	}
	row->labels = text.data;
	return 0;
}

int series_table_label(struct series_table *table, int workloads_fd, unsigned int reporters)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < table->count; i++) {
		__u32 reporter = table->rows[i].parties.reporter;
		int r;

		if (!(reporters &
		      (reporter == REPORTER_SOURCE ? REPORT_SOURCE : REPORT_DESTINATION)))
			continue;
		table->rows[kept] = table->rows[i];
		r = label(&table->rows[kept], workloads_fd);
		if (r) {
			table->count = kept;
			return r;
		}
		kept++;
	}
	table->count = kept;
	merge(table, by_labels);
	return 0;
}

void series_table_write(const struct series_table *table, struct prom_text *t, const char *name,
			const char *type, const char *help, unsigned int index)
{
	prom_family(t, name, type, help);
	for (unsigned int i = 0; i < table->count; i++)
		prom_sample(t, name, table->rows[i].labels, table->rows[i].values[index]);
}

void series_table_free(struct series_table *table)
{
	for (unsigned int i = 0; i < table->count; i++)
		free(table->rows[i].labels);
	free(table->rows);
	memset(table, 0, sizeof(*table));
}
