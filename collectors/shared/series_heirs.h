/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who gets what a series has counted that leaves the maps: one that has the same labels. */
#ifndef MESHTAP_SERIES_HEIRS_H
#define MESHTAP_SERIES_HEIRS_H

#include "series_sample.h"

/* Labels of one series, now and before, with which it can be taken out. */
#define SERIES_NAMES_MAX 16

/* Rows by their present labels, those that stay first. */
struct series_heir {
	__u64 hash;
	unsigned int row;
	bool is_stale;
};

struct series_heirs {
	struct series_heir *all; /* owned, sorted */
	size_t count;
};

/* Returns 0 or -ENOMEM. */
int series_heirs_find(struct series_heirs *ret, const struct series_sample *s);
void series_heirs_free(struct series_heirs *h);

/* Another row, not taken yet, that has these labels; -1: none. */
int series_heirs_other(const struct series_heirs *h, const struct series_sample *s,
		       unsigned int row, __u64 hash);

/*
 * Takes is_stale off rows that cannot go: one of their old names is exported, with what a series
 * that stays has left there, but no series has it now and could take what the row has left there.
 */
void series_heirs_check(struct series_sample *s, const struct series_heirs *heirs);

#endif
