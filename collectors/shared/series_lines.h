/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Series as they are exported: by labels, whatever number of keys has them. */
#ifndef MESHTAP_SERIES_LINES_H
#define MESHTAP_SERIES_LINES_H

#include "prom_text.h"
#include "series_table.h"

struct series_line {
	char *labels; /* owned, escaped, without braces */
	__u64 values[];
};

struct series_lines {
	unsigned int values; /* of each line; set it first */
	unsigned int count, capacity;
	struct series_line **lines; /* owned */
};

/* labels: becomes the lines' own, also on failure. Returns 0 or -ENOMEM. */
int series_lines_add(struct series_lines *l, char *labels, const __u64 *values);

/* Sorts, and sums lines of equal labels into one. */
void series_lines_merge(struct series_lines *l);

/* Writes one metric: the lines' values[index]. */
void series_lines_write(const struct series_lines *l, struct prom_text *t, const char *name,
			const char *type, const char *help, unsigned int index);

void series_lines_free(struct series_lines *l);

#endif
