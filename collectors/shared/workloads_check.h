/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What entries may not say, by themselves or together. */
#ifndef MESHTAP_WORKLOADS_CHECK_H
#define MESHTAP_WORKLOADS_CHECK_H

#include "workloads_rules.h"

struct check {
	const struct entries *entries;
	const struct endpoint_table *endpoints;
	const struct rules *rules;
	struct entries_error *error;
};

/* Each entry by itself. Returns 0 or -EINVAL with *error. */
int check_entries(const struct entries *es, struct entries_error *error);

/* Rules of equal rank whose different patterns have a name in common. Returns 0, -EINVAL with
 * *error, or -ENOMEM. */
int check_patterns(const struct check *c);

/* Says that two rules of equal rank can match the same. Returns -EINVAL. */
int check_refuse_pair(const struct check *c, const struct rule *first, const struct rule *second);

#endif
