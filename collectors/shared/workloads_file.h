/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One file of workloads.ini's kind, read strictly. Used by workloads.c only. */
#ifndef MESHTAP_WORKLOADS_FILE_H
#define MESHTAP_WORKLOADS_FILE_H

#include "workloads_entry.h"
#include "workloads_map.h"

struct workloads_source {
	const char *collector; /* that errors are printed by */
	struct entries *entries;
	struct number_map known; /* names of sections, and values in lists, that were given */
	unsigned long long hash; /* of all lines that were read, but blanks at their ends */
};

/*
 * Appends to s->entries; path is borrowed by them. Prints what is wrong, one line, to stderr. An
 * absent file is an error when it is required. Returns -1 to go on, else the exit code.
 */
int workloads_file_read(struct workloads_source *s, const char *path, bool required);

#endif
