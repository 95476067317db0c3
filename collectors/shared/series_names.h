/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What series keep of their old names when workloads.ini, or the tags, change. */
#ifndef MESHTAP_SERIES_NAMES_H
#define MESHTAP_SERIES_NAMES_H

#include "series_sample.h"

/*
 * Compares each row's labels with those that it had in the sample before, and parts what it has
 * counted from them. A process that is killed in between, at any moment, leaves what the next one
 * completes. A row for which a map has no room has its old labels again: its new name comes later.
 * Returns 0 or -errno.
 */
int series_names_settle(struct series_sample *s);

/* After series_names_settle() and series_expire(): drops texts that no series has any more. */
int series_names_clean(const struct series_sample *s);

#endif
