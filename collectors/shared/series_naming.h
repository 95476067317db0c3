/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Labels of the rows of a sample, by the configuration. */
#ifndef MESHTAP_SERIES_NAMING_H
#define MESHTAP_SERIES_NAMING_H

#include "labels.h"
#include "series_sample.h"

struct series_naming {
	const struct workloads *workloads; /* borrowed */
	const struct label_tags *tags;	   /* borrowed */
	unsigned int reporters; /* settings.reporters: series of others are not exported */
	struct prom_text text;	/* owned: series_naming_free() */
};

/*
 * Sets the row's labels, and its default ones where the sample asks for them. The source's reporter
 * and parties are made of the row's key, the rest is the caller's. Returns 0 or -errno.
 */
int series_naming_row(struct series_naming *n, struct series_sample *s, unsigned int row,
		      struct label_source source);

/* All rows, of keys that are struct series_parties, with the labels of TCP's metrics. */
int series_naming_tcp(struct series_naming *n, struct series_sample *s);

void series_naming_free(struct series_naming *n);

#endif
