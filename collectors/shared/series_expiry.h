/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Series of units that are gone leave the kernel's map: so it does not fill with transient units.
 * What they have counted goes to a series that has the same labels, if there is one, so that no
 * exported counter goes back; else it goes with its labels.
 */
#ifndef MESHTAP_SERIES_EXPIRY_H
#define MESHTAP_SERIES_EXPIRY_H

#include "series_sample.h"

/*
 * Notes which series are there and which have changed, and sets is_stale of those that are not
 * is_kept, have not changed for `expiry` seconds (0: none is), and an end of which is a unit
 * without a cgroup. The caller may set is_kept of more rows, then calls series_expire(). Returns
 * the number of stale rows, or -errno.
 */
int series_expiry_find(struct series_sample *s, unsigned int expiry);

/* The same at another time, CLOCK_BOOTTIME in seconds, with the cgroups below a directory. */
int series_expiry_find_at(struct series_sample *s, unsigned int expiry, __u64 now,
			  const char *cgroups);

/* Sets is_kept where a value of the map fd begins with the row's key. Returns 0 or -errno. */
int series_expiry_keep_used(struct series_sample *s, int fd);

/*
 * Takes the stale rows that are not kept out of the maps, after series_names_settle() and
 * series_sample_lines(), and then the names of units that no series has. A row that has counted
 * meanwhile stays. Nothing of the sample may be used afterwards but series_names_clean(). Returns 0
 * or -errno.
 */
int series_expire(struct series_sample *s);

/* series_expiry_find(), series_expire() and series_names_clean(), for who keeps no further rows. */
int series_expiry_run(struct series_sample *s, unsigned int expiry);

#endif
