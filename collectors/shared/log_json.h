/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * JSON form (RFC 8259): one object a line, keys sorted by their bytes, no blanks. A key whose text
 * is one operator has that operator's type, null where it is missing. Always valid UTF-8: a byte
 * that is none is \ufffd.
 */
#ifndef MESHTAP_LOG_JSON_H
#define MESHTAP_LOG_JSON_H

#include "log_format_template.h"
#include "log_json_escape.h"

/* s->whole: lines "key: text". One template for all of the object, whose literals hold its keys and
 * quotes. Returns 0, -EINVAL with *s->error, or -ENOMEM. */
int log_json_compile(struct log_template *ret, const struct log_source *s);

/* Bytes of a line at most, without its newline. */
size_t log_json_max(const struct log_template *t, size_t max_field);

/* Writes to ret, which has so many bytes; returns the end. */
char *log_json_write(const struct log_template *t, char *ret, const struct access_record *r,
		     size_t max_field, unsigned long long *cut);

#endif
