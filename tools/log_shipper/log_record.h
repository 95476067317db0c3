/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A line of the log, and what can be read out of it. */
#ifndef MESHTAP_LOG_SHIPPER_RECORD_H
#define MESHTAP_LOG_SHIPPER_RECORD_H

#include "http_head.h"

#include <stdint.h>

#define FIELDS_MAX     2048 /* more than a json_fields of meshtap.ini can have */
#define LINE_MAX_BYTES (256u << 10)

enum field_kind {
	FIELD_TEXT, /* valid UTF-8 */
	FIELD_INTEGER,
	FIELD_DOUBLE,
	FIELD_BOOL,
};

struct field {
	struct head_text key; /* valid UTF-8 */
	enum field_kind kind;
	struct head_text text;
	int64_t integer; /* FIELD_BOOL: 0 or 1 */
	double number;
};

/* All text is borrowed from the line, or from the reader. */
struct record {
	struct head_text line; /* without its newline; valid UTF-8 */
	uint64_t time_ns;      /* when the request began, of the epoch; 0: not known */
	uint64_t observed_ns;  /* when the line was read */
	unsigned int count;    /* 0: the line is of no known format */
	struct field fields[FIELDS_MAX];
};

struct record_reader;

/* is_default_text: lines that are no JSON have Istio's default format; otherwise they have no
 * fields. Returns NULL without memory. */
struct record_reader *record_reader_new(bool is_default_text);
void record_reader_free(struct record_reader *r);

/* Reads one line of up to LINE_MAX_BYTES. The record is valid until the next call. */
const struct record *record_read(struct record_reader *r, struct head_text line,
				 uint64_t observed_ns);

#endif
