/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which entry a unit, prefix and port belong to: the most specific one. */
#ifndef MESHTAP_WORKLOADS_RULES_H
#define MESHTAP_WORKLOADS_RULES_H

#include "workloads_endpoints.h"

/* A text of key unit. */
struct unit_pattern {
	const char *text;
	size_t literals;
	bool has_wildcards;
	__u32 chained; /* of the first with its literal prefix: how many others there are */
	__u32 next;    /* pattern with wildcards and the same bytes before the first; 0: none */
};

/* Numbers of patterns that are none. */
enum {
	PATTERN_NONE, /* workloads that give no unit */
	PATTERN_SERVICE,
	PATTERN_FIRST,
};

/* One of the combinations that an entry gives. */
struct rule {
	__u32 pattern; /* its number */
	__u32 prefix;  /* its number in the endpoint_table; 0: any */
	__u32 entry;   /* index */
	__u16 port;    /* 0: any */
	__u16 service; /* index of entry->services; of a workload without meaning */
};

struct rules {
	struct unit_pattern *patterns;
	size_t n_patterns;
	struct number_map by_text;     /* patterns by their hash */
	struct number_map by_prefix;   /* of those with wildcards the first with a literal prefix */
	size_t longest_literal_prefix; /* of these */
	struct rule *items;
	size_t n;
	struct number_map by_key;
};

/* es are checked and have ids. Returns 0, -EINVAL with *error, or -ENOMEM. */
int rules_build(struct rules *ret, const struct entries *es, const struct endpoint_table *t,
		struct entries_error *error);
void rules_free(struct rules *r);

/* NULL: none matches. unit: NULL or "" when it is not known. */
const struct rule *rules_find(const struct rules *r, const struct endpoint_table *t,
			      const char *unit, struct endpoint at);
const struct rule *rules_find_service(const struct rules *r, const struct endpoint_table *t,
				      struct endpoint at);

#endif
