/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What meshtap.ini says of a collector's metrics and their labels, in the manner of Istio's
 * Telemetry API. Source: meshtap.ini(5).
 */
#ifndef MESHTAP_SETTINGS_SERIES_H
#define MESHTAP_SETTINGS_SERIES_H

#include "labels.h"

#define SERIES_WORDS_MAX  1024
#define SERIES_EXPIRY_MAX 31536000

struct settings;
struct settings_key;
struct source_error;

struct series_settings {
	struct label_tags tags;
	unsigned int expiry; /* seconds until a vanished unit's series go; 0: never */
	/* sources: words, as they stand in the file */
	char disabled_metrics[SERIES_WORDS_MAX + 1];
	char remove_tags[SERIES_WORDS_MAX + 1];
	char add_tags[SERIES_WORDS_MAX + 1];
};

bool settings_series_disables(const struct series_settings *s, const char *metric);

/* Look at a source when the file is read; fill tags. Return 0, or -EINVAL with *error. */
int settings_series_check_disabled(struct settings *s, const struct settings_key *key,
				   struct source_error *error);
int settings_series_check_remove(struct settings *s, const struct settings_key *key,
				 struct source_error *error);
int settings_series_check_add(struct settings *s, const struct settings_key *key,
			      struct source_error *error);

#endif
