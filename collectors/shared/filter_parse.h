/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The grammar of a filter: CEL's without arithmetic, messages, macros but has(), and bytes. */
#ifndef MESHTAP_FILTER_PARSE_H
#define MESHTAP_FILTER_PARSE_H

#include "filter_build.h"

/* Builds all of the source. f->text has room for it. Returns the number of the root, which is a
 * bool, -EINVAL with *error, or -ENOMEM. */
int filter_parse(struct filter_builder *b, const char *source);

#endif
