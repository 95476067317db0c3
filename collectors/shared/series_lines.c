// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "series_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int grow(struct series_lines *l)
{
	unsigned int capacity = l->capacity ? 2 * l->capacity : 64;
	struct series_line **lines;

	if (l->count < l->capacity)
		return 0;
	lines = reallocarray(l->lines, capacity, sizeof(struct series_line *));
	if (!lines)
		return -ENOMEM;
	l->lines = lines;
	l->capacity = capacity;
	return 0;
}

int series_lines_add(struct series_lines *l, char *labels, const __u64 *values)
{
	struct series_line *line = malloc(sizeof(*line) + l->values * sizeof(*values));

	if (!line || grow(l)) {
		free(line);
		free(labels);
		return -ENOMEM;
	}
	line->labels = labels;
	memcpy(line->values, values, l->values * sizeof(*values));
	l->lines[l->count++] = line;
	return 0;
}

static int by_labels(const void *a, const void *b)
{
	return strcmp((*(struct series_line *const *)a)->labels,
		      (*(struct series_line *const *)b)->labels);
}

static void line_free(struct series_line *line)
{
	free(line->labels);
	free(line);
}

void series_lines_merge(struct series_lines *l)
{
	unsigned int kept = 0;

	if (!l->count)
		return;
	qsort(l->lines, l->count, sizeof(struct series_line *), by_labels);
	for (unsigned int i = 1; i < l->count; i++) {
		struct series_line *to = l->lines[kept], *from = l->lines[i];

		if (strcmp(to->labels, from->labels)) {
			l->lines[++kept] = from;
			continue;
		}
		for (unsigned int v = 0; v < l->values; v++)
			to->values[v] += from->values[v];
		line_free(from);
	}
	l->count = kept + 1;
}

void series_lines_write(const struct series_lines *l, struct prom_text *t, const char *name,
			const char *type, const char *help, unsigned int index)
{
	prom_family(t, name, type, help);
	for (unsigned int i = 0; i < l->count; i++)
		prom_sample(t, name, l->lines[i]->labels, l->lines[i]->values[index]);
}

void series_lines_free(struct series_lines *l)
{
	for (unsigned int i = 0; i < l->count; i++)
		line_free(l->lines[i]);
	free(l->lines);
	*l = (struct series_lines){};
}
