/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* OTLP in JSON: ExportLogsServiceRequest, 64-bit integers as strings. */
#include "batch.h"

#include "log_json_escape.h"
#include "log_text_number.h"

#include <math.h>
#include <stdio.h>

/* All that a record or a field can be besides its texts. */
#define AROUND_MAX 256

static char *put_bytes(char *to, const char *s, size_t length)
{
	return mempcpy(to, s, length);
}

#define PUT(to, literal) put_bytes(to, literal, sizeof(literal) - 1)

static size_t text_max(struct head_text t)
{
	return t.length * LOG_JSON_WIDE;
}

static size_t record_max(const struct record *r)
{
	size_t max = text_max(r->line) + AROUND_MAX;

	for (unsigned int i = 0; i < r->count; i++) {
		const struct field *f = &r->fields[i];

		max += text_max(f->key) + AROUND_MAX;
		if (f->kind == FIELD_TEXT)
			max += text_max(f->text);
	}
	return max;
}

static char *put_string_value(char *to, struct head_text t)
{
	to = PUT(to, "{\"stringValue\":\"");
	to = log_json_escape(to, t);
	return PUT(to, "\"}");
}

static char *put_integer_value(char *to, int64_t n)
{
	to = PUT(to, "{\"intValue\":\"");
	if (n < 0)
		*to++ = '-';
	to = put_decimal(to, n < 0 ? -(uint64_t)n : (uint64_t)n);
	return PUT(to, "\"}");
}

static char *put_double_value(char *to, double number)
{
	if (isfinite(number))
		return to + sprintf(to, "{\"doubleValue\":%.17g}", number);
	return to + sprintf(to, "{\"doubleValue\":\"%s\"}",
			    isnan(number) ? "NaN"
			    : number > 0  ? "Infinity"
					  : "-Infinity");
}

static char *put_value(char *to, const struct field *f)
{
	switch (f->kind) {
	case FIELD_TEXT:
		return put_string_value(to, f->text);
	case FIELD_INTEGER:
		return put_integer_value(to, f->integer);
	case FIELD_DOUBLE:
		return put_double_value(to, f->number);
	case FIELD_BOOL:
		return f->integer ? PUT(to, "{\"boolValue\":true}")
				  : PUT(to, "{\"boolValue\":false}");
	}
	return to;
}

static char *put_record(char *to, const struct record *r)
{
	to = PUT(to, "{\"timeUnixNano\":\"");
	to = put_decimal(to, r->time_ns);
	to = PUT(to, "\",\"observedTimeUnixNano\":\"");
	to = put_decimal(to, r->observed_ns);
	to = PUT(to, "\",\"body\":");
	to = put_string_value(to, r->line);
	to = PUT(to, ",\"attributes\":[");
	for (unsigned int i = 0; i < r->count; i++) {
		if (i)
			*to++ = ',';
		to = PUT(to, "{\"key\":\"");
		to = log_json_escape(to, r->fields[i].key);
		to = PUT(to, "\",\"value\":");
		to = put_value(to, &r->fields[i]);
		*to++ = '}';
	}
	return PUT(to, "]}");
}

/* Room is made once, for the longest that it may become. */
void otlp_json_add(struct batch *batch, const struct record *r)
{
	char *to = buffer_reserve(&batch->body, record_max(r));

	if (!to)
		return;
	if (batch->records)
		*to++ = ',';
	batch->body.length = put_record(to, r) - batch->body.data;
}

static void add_attribute(struct buffer *b, const char *before, const char *value)
{
	struct head_text t = { value, strlen(value) };
	char *to;

	buffer_add_string(b, before);
	to = buffer_reserve(b, text_max(t) + AROUND_MAX);
	if (to)
		b->length = put_string_value(to, t) - b->data;
}

void otlp_json_begin(struct batch *batch)
{
	const struct origin *origin = batch->origin;
	struct buffer *b = &batch->body;

	add_attribute(b,
		      "{\"resourceLogs\":[{\"resource\":{\"attributes\":["
		      "{\"key\":\"service.name\",\"value\":",
		      origin->service_name);
	add_attribute(b, "},{\"key\":\"host.name\",\"value\":", origin->host_name);
	add_attribute(b, "},{\"key\":\"log_name\",\"value\":", origin->log_name);
	buffer_add_string(
		b,
		"}]},\"scopeLogs\":[{\"scope\":{\"name\":\"meshtap\",\"version\":\"" MESHTAP_VERSION
		"\"},\"logRecords\":[");
}

void otlp_json_finish(struct batch *batch)
{
	buffer_add_string(&batch->body, "]}]}]}");
}
