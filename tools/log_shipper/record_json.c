/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "record_json.h"

#include "record_plain.h"
#include "record_time.h"

#include <limits.h>

static struct head_text text_of(const char *s)
{
	return (struct head_text){ s, strlen(s) };
}

static void set_integer(struct field *f, struct json_object *value)
{
	uint64_t n = json_object_get_uint64(value);

	f->kind = FIELD_INTEGER;
	f->integer = json_object_get_int64(value);
	if (f->integer == INT64_MAX && n > INT64_MAX) {
		f->kind = FIELD_DOUBLE; /* OTLP has no unsigned numbers */
		f->number = n;
	}
}

static void set_value(struct field *f, struct arena *a, struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_boolean:
		f->kind = FIELD_BOOL;
		f->integer = json_object_get_boolean(value);
		break;
	case json_type_int:
		set_integer(f, value);
		break;
	case json_type_double:
		f->kind = FIELD_DOUBLE;
		f->number = json_object_get_double(value);
		break;
	case json_type_string:
		f->kind = FIELD_TEXT;
		f->text = (struct head_text){ json_object_get_string(value),
					      json_object_get_string_len(value) };
		f->text = arena_utf8(a, f->text);
		break;
	default:
		f->kind = FIELD_TEXT;
		f->text = text_of(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
		f->text = arena_utf8(a, f->text);
	}
}

static void add_members(struct record *r, struct arena *a, struct json_object *object)
{
	json_object_object_foreach(object, key, value)
	{
		struct field *f = &r->fields[r->count];

		if (!value || r->count == FIELDS_MAX)
			continue;
		f->key = arena_utf8(a, text_of(key));
		set_value(f, a, value);
		if (f->kind == FIELD_TEXT && !strcmp(key, "start_time"))
			r->time_ns = record_time(f->text);
		r->count++;
	}
}

bool record_read_json(struct record *r, struct arena *a, struct json_tokener *tokener,
		      struct json_object **object)
{
	*object = NULL;
	if (record_read_plain(r))
		return true;
	r->count = 0;
	r->time_ns = 0;
	json_tokener_reset(tokener);
	*object = json_tokener_parse_ex(tokener, r->line.data, r->line.length);
	/* an object ends with its brace, so nothing is left to wait for */
	if (json_tokener_get_error(tokener) != json_tokener_success ||
	    json_tokener_get_parse_end(tokener) != r->line.length ||
	    !json_object_is_type(*object, json_type_object))
		return false;
	add_members(r, a, *object);
	return true;
}
