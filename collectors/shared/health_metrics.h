/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A TCP collector's metrics about itself (bpf/health.h). */
#ifndef MESHTAP_HEALTH_METRICS_H
#define MESHTAP_HEALTH_METRICS_H

#include "health.h"
#include "prom_text.h"

#include <time.h>

struct health_metrics {
	__u64 counts[HEALTH_COUNTS];
	__u64 sockets_max;	 /* capacity of the sockets map */
	struct timespec started; /* CLOCK_MONOTONIC, when the sample began */
};

/* Reads the health map and the capacity of the sockets map. Returns 0 or -errno. */
int health_metrics_read(struct health_metrics *ret, int health_fd, int sockets_fd);

/* prefix: of the metrics' names, "meshtap_tcp_bytes". */
void health_metrics_write(const struct health_metrics *h, struct prom_text *t, const char *prefix);

#endif
