/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All values of the Host header that name a service. */
#ifndef MESHTAP_WORKLOADS_HOSTS_H
#define MESHTAP_WORKLOADS_HOSTS_H

#include "workloads_entry.h"
#include "workloads_map.h"

struct host_owner {
	const struct entry *entry;
	const char *configured; /* without a port that was added */
	size_t service;		/* index of entry->services */
};

struct host_table {
	struct workloads_host *hosts; /* texts are owned */
	struct host_owner *owners;    /* of each of them */
	size_t n;
	struct number_map indexes; /* by id */
};

/* Returns 0, -EINVAL with *error, or -ENOMEM. */
int host_table_build(struct host_table *ret, const struct entries *es, struct entries_error *error);
void host_table_free(struct host_table *t);

/* NULL: there is no such host. */
const struct host_owner *host_table_find(const struct host_table *t, __u32 id);

#endif
