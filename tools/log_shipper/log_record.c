/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "log_record.h"

#include "arena.h"
#include "record_json.h"
#include "record_text.h"

#include <stdlib.h>

#define JSON_DEPTH 8 /* of a line; ours have one */
/* A line and its fields, should every byte of both become U+FFFD. */
#define ARENA_BYTES (8u * LINE_MAX_BYTES)

struct record_reader {
	bool is_default_text;
	struct json_tokener *tokener;
	struct json_object *object; /* of the record, or NULL */
	struct arena arena;
	struct record record;
};

struct record_reader *record_reader_new(bool is_default_text)
{
	struct record_reader *r = calloc(1, sizeof(*r)); /* untouched pages cost nothing */

	if (!r)
		return NULL;
	r->is_default_text = is_default_text;
	r->tokener = json_tokener_new_ex(JSON_DEPTH);
	if (r->tokener)
		json_tokener_set_flags(r->tokener, JSON_TOKENER_STRICT);
	r->arena.data = malloc(ARENA_BYTES);
	r->arena.capacity = ARENA_BYTES;
	if (r->tokener && r->arena.data)
		return r;
	record_reader_free(r);
	return NULL;
}

void record_reader_free(struct record_reader *r)
{
	if (!r)
		return;
	json_object_put(r->object);
	if (r->tokener)
		json_tokener_free(r->tokener);
	free(r->arena.data);
	free(r);
}

const struct record *record_read(struct record_reader *r, struct head_text line,
				 uint64_t observed_ns)
{
	struct record *record = &r->record;

	json_object_put(r->object);
	r->object = NULL;
	r->arena.used = 0;
	record->line = arena_utf8(&r->arena, line);
	record->observed_ns = observed_ns;
	record->time_ns = 0;
	record->count = 0;
	if (line.length && *line.data == '{')
		record_read_json(record, &r->arena, r->tokener, &r->object);
	else if (r->is_default_text)
		record_read_text(record, &r->arena);
	return record;
}
