/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The part of every series' key that says who talks to whom, and where what finds no room goes. */
#ifndef MESHTAP_SERIES_H
#define MESHTAP_SERIES_H

#include "endpoint.h"
#include "workload.h"

enum reporter {
	REPORTER_NONE, /* not known: a connection older than the collector, before either end spoke
			*/
	REPORTER_SOURCE,
	REPORTER_DESTINATION,
};

struct series_parties {
	__u64 local_workload;  /* id in the workloads map */
	__u64 peer_workload;   /* id, or WORKLOAD_NONE: unknown */
	struct endpoint local; /* of the local address, and the port if it is the server's */
	struct endpoint peer;
	__u32 reporter;
	__u32 shard; /* CPU modulo SERIES_SHARDS: spreads atomic adds; readers sum the shards */
};

#define SERIES_SHARDS 8

/* A shard that no CPU uses: user space's own share of a series. */
#define SERIES_SHARD_OWN SERIES_SHARDS

/* Entries beside max_series * SERIES_SHARDS: one series for each reporter. They are there before
 * anything is counted, so there is always room for what is summed in them. */
#define SERIES_OVERFLOW_ENTRIES (2 * (SERIES_SHARDS + 1))

/* Makes *p the overflow series' key, of the same reporter and shard. */
static inline void series_overflow(struct series_parties *p)
{
	p->local_workload = SERIES_OVERFLOW;
	p->peer_workload = SERIES_OVERFLOW;
	p->local = (struct endpoint){};
	p->peer = (struct endpoint){};
}

#endif
