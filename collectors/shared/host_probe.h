/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Features that are found by trying bpf(). Used by host_features.c only. */
#ifndef MESHTAP_HOST_PROBE_H
#define MESHTAP_HOST_PROBE_H

#include "host_features.h"

/* Appends one feature for each kind of program and map that the collector has. Where bpf() itself
 * is refused the others are unknown. */
void host_probe(struct host_features *f, const struct host_needs *needs);

#endif
