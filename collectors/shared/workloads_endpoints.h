/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All prefixes and ports of the entries: what the kernel is told to know apart. */
#ifndef MESHTAP_WORKLOADS_ENDPOINTS_H
#define MESHTAP_WORKLOADS_ENDPOINTS_H

#include "workloads_entry.h"
#include "workloads_map.h"

/* Prefixes have numbers, from 1; 0: none. */
struct endpoint_table {
	struct workloads_prefix *prefixes; /* ascending */
	__u32 *parents;			   /* by number: the next shorter one that covers it */
	size_t n_prefixes;
	struct number_map numbers; /* of prefixes by id */
	__u16 *ports;		   /* ascending */
	size_t n_ports;
};

/* Sets the ids of the entries' prefixes too. Returns 0, -EINVAL with *error, or -ENOMEM. */
int endpoint_table_build(struct endpoint_table *ret, struct entries *es,
			 struct entries_error *error);
void endpoint_table_free(struct endpoint_table *t);

/* The number of the prefix with this id. */
__u32 endpoint_table_number(const struct endpoint_table *t, __u32 id);

#endif
