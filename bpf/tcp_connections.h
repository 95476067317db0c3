/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What tcp_connections.bpf.c counts and tcp_connections.c reads. */
#ifndef MESHTAP_TCP_CONNECTIONS_H
#define MESHTAP_TCP_CONNECTIONS_H

#include "control.h"
#include "health.h"
#include "series.h"
#include "tcp_sockets.h"

/* The series map: struct series_parties -> counts. A connection uses one shard for its whole life.
 */
struct tcp_connections_counts {
	__u64 closed; /* first: a reader copies upwards and must not see a close before its opening
		       */
	__u64 opened;
	__u64 failed;
	__u64 adopted; /* open now, older than the collector: neither opened nor closed will count
			  it */
};

#endif
