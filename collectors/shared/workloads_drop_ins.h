/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The files beside workloads.ini. Used by workloads.c only. */
#ifndef MESHTAP_WORKLOADS_DROP_INS_H
#define MESHTAP_WORKLOADS_DROP_INS_H

#include <limits.h>

#include "workloads_entry.h"

/* workloads.d in the directory of path. */
void drop_ins_dir(char ret[PATH_MAX], const char *path);

/* Appends the paths of dir's *.ini to *ret, in the order of their bytes; hidden ones are none. A
 * directory that is not there has none. Returns 0 or -errno. */
int drop_ins_list(struct text_list *ret, const char *dir);

#endif
