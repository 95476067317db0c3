/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes a series out of the kernel's map, and gives what it has counted to others of its labels. */
#ifndef MESHTAP_SERIES_TAKE_H
#define MESHTAP_SERIES_TAKE_H

#include "series_heirs.h"

/*
 * Removes a stale row from all maps, and sets is_taken; not if it has counted again. The labels
 * that it had, now or before, have an heir or no series any more. Returns 0 or -errno.
 */
int series_take(struct series_sample *s, unsigned int row, const struct series_heirs *heirs);

#endif
