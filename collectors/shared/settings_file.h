/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* meshtap.ini and workloads.ini, read strictly. Used by settings.c only. */
#ifndef MESHTAP_SETTINGS_FILE_H
#define MESHTAP_SETTINGS_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "settings.h"

#define INTERVAL_MAX 86400

/*
 * Both print what is wrong, one line, to stderr. An absent file is an error when it is required.
 * Return -1 to go on, else the exit code.
 */
int settings_file_read(struct settings *ret, const struct collector *collector, const char *path,
		       bool required);
int workloads_file_check(const struct collector *collector, const char *path, bool required);

/* What meshtap.ini may say. set() returns 0, or -EINVAL when value is not what is expected. */
struct settings_key {
	const char *section;
	const char *name;
	int (*set)(struct settings *s, const struct settings_key *key, const char *value);
	size_t offset; /* in struct settings */
	unsigned int min, max;
	const char *expected;
};

extern const struct settings_key settings_keys[];
extern const unsigned int settings_keys_count;

/* Decimal digits only, within the range. Returns 0 or -EINVAL. */
int settings_number(unsigned int *ret, const char *text, unsigned int min, unsigned int max);

#endif
