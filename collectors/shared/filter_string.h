/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* String literals of CEL: '…' and "…" with escapes, r'…' and r"…" without. */
#ifndef MESHTAP_FILTER_STRING_H
#define MESHTAP_FILTER_STRING_H

#include <stdbool.h>

struct filter_string {
	const char *at;	 /* in: its first byte; out: behind it, or where the error is */
	char *ret;	 /* in: where its value goes, which is no longer; out: behind that */
	const char *why; /* of an error */
};

bool filter_string_begins(const char *source);

/* Returns 0, or -EINVAL with s->why. */
int filter_string_take(struct filter_string *s);

#endif
