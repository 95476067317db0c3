/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A text as node_exporter's textfile collector takes it. */
#ifndef MESHTAP_PROM_FILE_H
#define MESHTAP_PROM_FILE_H

#include "prom_text.h"

#include <limits.h>
#include <stdbool.h>

/* Cannot be copied: it points to itself. */
struct prom_file {
	struct prom_text text; /* what is to be in the file; not to be freed */
	bool is_stdout;
	int fd;
	char path[PATH_MAX];
	char temporary[PATH_MAX];
};

/*
 * Replaces DIR/NAME by what is appended to f->text until prom_file_end(): temporary file in DIR
 * whose name does not end in .prom, mode 0644, fsync, rename; unlinked on failure, so that the old
 * file stays whole. dir NULL: standard output. Return 0 or -errno; after a begin that fails there
 * is no end.
 */
int prom_file_begin(struct prom_file *f, const char *dir, const char *name);
int prom_file_end(struct prom_file *f);

#endif
