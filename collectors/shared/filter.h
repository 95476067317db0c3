/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which records have a line: a subset of CEL over the attributes of Istio's filter.expression
 * (telemetry specification 3). Compiled once. An error, an absent attribute or a result that is no
 * boolean means: not logged.
 */
#ifndef MESHTAP_FILTER_H
#define MESHTAP_FILTER_H

#include "access_record.h"
#include "log_needs.h"

#define FILTER_MAX 4096 /* bytes of a source */

struct filter;

/*
 * source: NULL or "" is no filter, *ret is NULL, and all records pass. Adds to *needs, also when it
 * fails. Returns 0, -EINVAL with *error, or -ENOMEM.
 */
int filter_compile(struct filter **ret, const char *source, struct log_needs *needs,
		   struct source_error *error);
void filter_free(struct filter **f);

bool filter_passes(struct filter *f, const struct access_record *r);

/* Whether a record of HTTP/1 or TCP can pass of which only these are known: the kernel drops the
 * others, so that they cost nothing more. Of HTTP/2 it knows no status: its flags always can. */
bool filter_may_pass(struct filter *f, bool is_http, unsigned int status, enum exchange_flag flag);

#endif
