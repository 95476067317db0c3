/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The .prom file of meshtap-http-requests. */
#ifndef MESHTAP_HTTP_REQUESTS_METRICS_H
#define MESHTAP_HTTP_REQUESTS_METRICS_H

#include "endpoint_maps.h"
#include "http_requests.h"
#include "http_service.h"
#include "series_sample.h"
#include "settings.h"

struct metrics {
	const struct settings *settings;   /* borrowed, as are the names */
	const struct workloads *workloads; /* may be replaced between two files */
	struct http_maps maps;
	struct series_maps series;
	struct endpoint_maps endpoints; /* what the kernel knows of the names */
};

/* Opens the pinned maps. Returns 0 or -errno. */
int metrics_open(struct metrics *m, const struct pins *pins);

/* Makes one file, or writes it to standard output; lets series of units expire that are gone.
 * Returns 0 or -errno. */
int metrics_write(const struct metrics *m);

#endif
