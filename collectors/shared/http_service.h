/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the two HTTP collectors do alike around their own maps: load, attach, health metrics, early
 * connections. */
#ifndef MESHTAP_HTTP_SERVICE_H
#define MESHTAP_HTTP_SERVICE_H

#include "pins.h"
#include "prom_text.h"
#include "workloads.h"

#include <stddef.h>
#include <time.h>

struct http_maps {
	int health;
	struct http_health *counters; /* of the health map, mapped for the process's life */
	int connections;
	int early_connections;
	int stashes;
	int stash_pieces;
};

/*
 * Makes the object's programs count: nothing when these very programs are pinned; else loads it,
 * attaches it to the root of cgroup v2 and to the tracepoint, pins it, and on a first load notes
 * the sockets that are there. Either way the maps then say what w says. The object must be opened
 * and configured; *generation is its .rodata's. Says on stderr when counters start anew. Returns 0
 * or -errno.
 */
int http_service_load(struct pins *pins, struct bpf_object *obj, const void *elf, size_t size,
		      const struct workloads *w, __u64 *generation, const char *name);

/* Opens the pinned maps. Returns 0 or -errno. */
int http_maps_open(struct http_maps *ret, const struct pins *pins);

/* Removes connections of which data was seen, but that were not established within a minute. */
void http_maps_sweep(const struct http_maps *maps);

/* Appends the health metrics. prefix: of their names, "meshtap_http_requests"; started:
 * CLOCK_MONOTONIC. */
void http_health_write(struct prom_text *t, const char *prefix, const struct http_maps *maps,
		       const struct timespec *started);

#endif
