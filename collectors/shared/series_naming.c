// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "series_naming.h"

#include <errno.h>
#include <string.h>

#include "identity.h"
#include "settings.h"

static bool is_reported(const struct series_naming *n, __u32 reporter)
{
	return (reporter == REPORTER_SOURCE && n->reporters & REPORT_SOURCE) ||
	       (reporter == REPORTER_DESTINATION && n->reporters & REPORT_DESTINATION);
}

static int write_labels(struct series_naming *n, char **ret, const struct label_source *source,
			const struct workloads *w, const struct label_tags *tags)
{
	int r;

	n->text.length = 0;
	r = labels_write(&n->text, source, w, tags);
	if (r)
		return r;
	*ret = strdup(n->text.data);
	return *ret ? 0 : -ENOMEM;
}

static bool has_tags(const struct label_tags *tags)
{
	return tags && (tags->removed || tags->added_count);
}

static bool counts_nothing(const struct series_sample *s, unsigned int row)
{
	const __u64 *values = series_values(&s->table, row);

	for (unsigned int v = 0; v < s->table.values; v++)
		if (values[v])
			return false;
	return true;
}

int series_naming_row(struct series_naming *n, struct series_sample *s, unsigned int row,
		      struct label_source source)
{
	const struct series_parties *parties = series_key(&s->table, row);
	int r;

	if (!is_reported(n, parties->reporter))
		return 0;
	r = identity_parties(&source, parties, s->maps->workloads);
	if (source.is_overflow && counts_nothing(s, row))
		return 0; /* it is always there */
	if (!r)
		r = write_labels(n, &s->rows[row].labels, &source, n->workloads, n->tags);
	if (!r && !s->in_force && (n->workloads || has_tags(n->tags)))
		r = write_labels(n, &s->rows[row].default_labels, &source, NULL, NULL);
	return r;
}

int series_naming_tcp(struct series_naming *n, struct series_sample *s)
{
	int r = 0;

	for (unsigned int i = 0; !r && i < s->table.count; i++)
		r = series_naming_row(n, s, i, (struct label_source){});
	return r;
}

void series_naming_free(struct series_naming *n)
{
	prom_text_free(&n->text);
}
