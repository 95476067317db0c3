/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which connections a collector follows: what meshtap.ini says of ports and units. Source:
 * meshtap.ini(5). */
#ifndef MESHTAP_SETTINGS_SELECTION_H
#define MESHTAP_SETTINGS_SELECTION_H

#define SELECTION_WORDS_MAX 2048

struct selection;
struct settings;
struct settings_key;
struct source_error;

/* Words, as they stand in the file; "": none. */
struct selection_settings {
	char include_ports[SELECTION_WORDS_MAX + 1];
	char exclude_ports[SELECTION_WORDS_MAX + 1];
	char include_units[SELECTION_WORDS_MAX + 1];
	char exclude_units[SELECTION_WORDS_MAX + 1];
};

/* Look at a value when the file is read. Return 0, or -EINVAL with *error. */
int settings_selection_check_ports(struct settings *s, const struct settings_key *key,
				   struct source_error *error);
int settings_selection_check_units(struct settings *s, const struct settings_key *key,
				   struct source_error *error);

/* Makes of values that were looked at what the programs are given (bpf/selection.h). */
void settings_selection_make(const struct selection_settings *s, struct selection *ret);

#endif
