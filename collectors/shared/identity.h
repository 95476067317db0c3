/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names for the workload ids in the kernel's maps. */
#ifndef MESHTAP_IDENTITY_H
#define MESHTAP_IDENTITY_H

#include "labels.h"

/*
 * The name of a workload id, from a collector's `workloads` map. "" for WORKLOAD_NONE, "unknown"
 * for WORKLOAD_OVERFLOW and where the map has none. The string is owned by a cache; it stays valid
 * while fewer than WORKLOAD_NAMES_MAX other names are asked for. NULL: out of memory.
 */
#define WORKLOAD_NAMES_MAX 8192
const char *workload_name(int workloads_fd, unsigned long long id);
void workload_names_free(void);

/* Sets reporter, overflow and both parties of *ret. Returns 0 or -ENOMEM. */
int identity_parties(struct label_source *ret, const struct series_parties *parties,
		     int workloads_fd);

#endif
