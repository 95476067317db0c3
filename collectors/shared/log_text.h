/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Text form: printable ASCII but `"` and `\` as it is, all else of a peer \xHH, so that no byte of
 * its ends a field or the line; in a field without quotes a blank too. Missing: -
 */
#ifndef MESHTAP_LOG_TEXT_H
#define MESHTAP_LOG_TEXT_H

#include "log_format_template.h"

/* Bytes of a line at most, without its newline. */
size_t log_text_max(const struct log_template *t, size_t max_field);

/* Writes to ret, which has so many bytes; returns the end. */
char *log_text_write(const struct log_template *t, char *ret, const struct access_record *r,
		     size_t max_field, unsigned long long *cut);

#endif
