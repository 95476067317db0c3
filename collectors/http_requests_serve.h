/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What meshtap-http-requests does all day: records of HTTP/2, signals, metrics. */
#ifndef MESHTAP_HTTP_REQUESTS_SERVE_H
#define MESHTAP_HTTP_REQUESTS_SERVE_H

#include "http_requests_metrics.h"
#include "http_requests_streams.h"
#include "service.h"

#define NAME "meshtap-http-requests"

struct requests {
	struct metrics metrics;
	struct streams streams;
	struct ring ring;
	struct requests_state *state; /* mapped, of the kernel */
	struct service service;
	struct workloads **workloads; /* main's */
	unsigned long long records;
};

/* Opens the pinned maps, and completes what a process that was killed had begun. metrics.settings
 * and workloads are set. Returns 0 or -errno. */
int serve_open(struct requests *q, const struct pins *pins);

/* Until SIGTERM. Returns 0, or the -errno of the last file. */
int serve(struct requests *q);

#endif
