/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fills the kernel's tables of configured prefixes, ports (endpoint.h) and hosts (host.h). */
#ifndef MESHTAP_ENDPOINT_MAPS_H
#define MESHTAP_ENDPOINT_MAPS_H

#include "pins.h"
#include "workloads.h"

/* File descriptors. */
struct endpoint_maps {
	int endpoints;
	int prefixes;
	int ports;
	int hosts; /* -1: the collector tells none apart */
};

/* Those that are pinned, to be closed by endpoint_maps_close(). Returns 0 or -errno. */
int endpoint_maps_open(struct endpoint_maps *ret, const struct pins *pins);
void endpoint_maps_close(struct endpoint_maps *maps);

/*
 * Makes the maps say what w says. What is in both stays there all the time, so programs that run
 * meanwhile miss nothing of it. Returns 0 or -errno; -E2BIG: more than there is room for.
 */
int endpoint_maps_load(const struct endpoint_maps *maps, const struct workloads *w);

/* The same for an object's own maps, once it is loaded; and for those that are pinned. */
int endpoint_maps_load_object(const struct bpf_object *obj, const struct workloads *w);
int endpoint_maps_load_pinned(const struct pins *pins, const struct workloads *w);

#endif
