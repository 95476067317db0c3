/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Patterns of unit names: * is any bytes, ? is one; there are no escapes and no classes. */
#ifndef MESHTAP_GLOB_MATCH_H
#define MESHTAP_GLOB_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#define GLOB_MAX 255 /* bytes of a pattern, as systemd limits unit names */

bool glob_matches(const char *pattern, const char *name);

/* Whether there is a name that both match. Neither is longer than GLOB_MAX. */
bool glob_overlaps(const char *a, const char *b);

/* Bytes that are no wildcards: of all, and before the first wildcard. */
size_t glob_literals(const char *pattern);
size_t glob_literal_prefix(const char *pattern);
bool glob_has_wildcards(const char *pattern);

#endif
