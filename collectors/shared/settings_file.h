/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* meshtap.ini, read strictly. Used by settings.c only. */
#ifndef MESHTAP_SETTINGS_FILE_H
#define MESHTAP_SETTINGS_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "settings.h"
#include "settings_number.h"

#define INTERVAL_MAX 86400

/*
 * Prints what is wrong, one line, to stderr. An absent file is an error when it is required.
 * Returns -1 to go on, else the exit code.
 */
int settings_file_read(struct settings *ret, const struct collector *collector, const char *path,
		       bool required);

/*
 * What meshtap.ini may say. set() returns 0, or -EINVAL when value is not what is expected. Two
 * keys of a section with the same offset say the same: only one of them may be given.
 *
 * A value that may be long, and have several lines, has no set(): it is char[max + 1], of min to
 * max bytes; check() looks at it when the whole file is read.
 */
struct settings_key {
	const char *section;
	const char *name;
	int (*set)(struct settings *s, const struct settings_key *key, const char *value);
	size_t offset; /* in struct settings */
	unsigned int min, max;
	const char *expected;
	int (*check)(struct settings *s, const struct settings_key *key,
		     struct source_error *error);
	char join; /* between the lines of a long value */
};

extern const struct settings_key settings_keys[];
extern const unsigned int settings_keys_count;

#define SETTINGS_KEYS_MAX 128

/* Keys with a long value, all sections together. */
#define LONG_VALUES 32

#endif
