/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What this process counts of the ring's records: in the kernel's series map, in a shard that no
 * CPU uses, so that it outlives the process. Records are given back to the kernel only when what
 * they make is there; a journal in a pinned map makes that one step, for whoever is killed.
 */
#ifndef MESHTAP_HTTP_REQUESTS_COUNTS_H
#define MESHTAP_HTTP_REQUESTS_COUNTS_H

#include "http_requests.h"
#include "ring.h"
#include "series_table.h"

struct counts {
	int series;		      /* the map, borrowed, as are the next two, which are mapped */
	struct requests_state *state; /* of the records' kernel side */
	struct http_health *health;
	/* Not yet in the map: */
	unsigned int changed[REQUESTS_JOURNAL]; /* rows of cache */
	unsigned int changed_count;
	__u64 overflow; /* for health */
	__u64 unresolved;
	__u64 inexact[INEXACT_REASONS];
	struct series_table cache; /* of series in the map's own shard; counts_forget() frees it */
};

/* The series of a key with shard 0, to be added to until the next call; that of what finds no room
 * where it has none. NULL: not even there; then the caller declares. */
struct http_series *counts_series(struct counts *c, const struct http_series_key *key);

/* No room for what another record may need: commit first. */
static inline bool counts_is_full(const struct counts *c)
{
	return c->changed_count + 2 > REQUESTS_JOURNAL;
}

/* All records before the position have been counted: makes it last, and gives them back to the
 * kernel. Returns 0, or -errno: then counts_finish() before the next record. */
int counts_commit(struct counts *c, struct ring *ring, unsigned long position);

/* Completes what was begun, if anything was: by counts_commit(), also in a process before. Returns
 * 0 or -errno. */
int counts_finish(struct counts *c, struct ring *ring);

/* After others have changed the map. Nothing may be uncommitted. */
void counts_forget(struct counts *c);

#endif
