/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The settings of which the TCP collectors make their BPF objects. These are told nothing else, so
 * pins_known() is asked about all that matters: a setting that is to change the programs can only
 * do so from here.
 */
#ifndef MESHTAP_SETTINGS_PROGRAMS_H
#define MESHTAP_SETTINGS_PROGRAMS_H

#include "settings.h"

struct programs_settings {
	unsigned int max_connections;
	unsigned int max_series;
	struct selection_settings selection;
};

/* Equal settings are equal as bytes. */
void settings_programs(const struct settings *s, struct programs_settings *ret);

#endif
