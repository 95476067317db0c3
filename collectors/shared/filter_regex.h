/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Regular expressions of matches(): PCRE2 in place of CEL's RE2, on bytes, found anywhere. Without
 * just-in-time compilation, as the services have no memory that is writable and executable. A peer
 * chooses what is searched, so a search ends after a bounded number of steps.
 */
#ifndef MESHTAP_FILTER_REGEX_H
#define MESHTAP_FILTER_REGEX_H

#include "filter_value.h"
#include "log_needs.h"

struct filter_regex;

/* column: of the pattern, for *error. Returns 0, -EINVAL with *error, or -ENOMEM. */
int filter_regex_compile(struct filter_regex **ret, struct head_text pattern, unsigned int column,
			 struct source_error *error);
void filter_regex_free(struct filter_regex **r);

/* A bool, or an error when it took too long. */
struct filter_value filter_regex_search(struct filter_regex *r, struct head_text subject);

#endif
