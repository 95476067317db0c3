/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Envoy's format language (telemetry specification 2.1 to 2.4): a text with command operators, or
 * JSON with one such text a key. Compiled once. Whatever the peers send, a record is one line.
 * Where Envoy's operators leave a choice: no value is cut within an UTF-8 sequence, also not by
 * `:Z`; STREAM_ID is x-request-id where the request has one, else BOOT-CONNECTION-ORDINAL: the
 * first 8 digits of the kernel's boot_id, the connection in hex, the request (HTTP/2: the stream)
 * on it.
 */
#ifndef MESHTAP_LOG_FORMAT_H
#define MESHTAP_LOG_FORMAT_H

#include "access_record.h"
#include "log_needs.h"

#define LOG_FORMAT_MAX 8192 /* bytes of a source */

enum log_format_kind {
	LOG_FORMAT_TEXT,
	LOG_FORMAT_JSON,
};

struct log_format;

/*
 * source: of LOG_FORMAT_TEXT the line without its newline; of LOG_FORMAT_JSON lines "key: text".
 * NULL or "": Istio's default. max_field: bytes of a peer's value before it is cut. Adds to *needs.
 * Returns 0, -EINVAL with *error, or -ENOMEM.
 */
int log_format_compile(struct log_format **ret, enum log_format_kind kind, const char *source,
		       unsigned int max_field, struct log_needs *needs, struct source_error *error);
void log_format_free(struct log_format **f);

/* The longest line that can come of it, with its newline. */
size_t log_format_line_max(const struct log_format *f);

/* Writes the line with its newline to ret, which has log_format_line_max() bytes; returns its
 * length. Adds to *cut the fields that were cut to max_field; `...[+N]` marks them. A format is for
 * one thread: it keeps the text of the second that it wrote last. */
size_t log_format_write(const struct log_format *f, char *ret, const struct access_record *r,
			unsigned long long *cut);

#endif
