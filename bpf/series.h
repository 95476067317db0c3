/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The part of every series' key that says who talks to whom, and the counters of what was not
 * counted. */
#ifndef MESHTAP_SERIES_H
#define MESHTAP_SERIES_H

#include <linux/types.h>

enum reporter {
	REPORTER_NONE, /* not known: a connection older than the collector, before either end spoke
			*/
	REPORTER_SOURCE,
	REPORTER_DESTINATION,
};

struct series_parties {
	__u64 local_workload; /* id in the workloads map */
	__u64 peer_workload;  /* id, or WORKLOAD_NONE: unknown */
	__u32 reporter;
	__u32 shard; /* CPU modulo SERIES_SHARDS: spreads atomic adds; readers sum the shards */
};

#define SERIES_SHARDS 8

#endif
