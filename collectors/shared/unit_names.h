/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The systemd units and scopes that have a cgroup now. */
#ifndef MESHTAP_UNIT_NAMES_H
#define MESHTAP_UNIT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct unit_names {
	char **names; /* owned, sorted */
	size_t count, capacity;
};

/* Walks the cgroup2 tree below root. Returns 0 or -errno; a directory that vanishes is no error. */
int unit_names_read(struct unit_names *ret, const char *root);
void unit_names_free(struct unit_names *n);
bool unit_names_have(const struct unit_names *n, const char *unit);

#endif
