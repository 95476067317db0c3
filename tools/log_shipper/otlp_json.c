/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* OTLP in JSON: ExportLogsServiceRequest, 64-bit integers as strings. */
#include "batch.h"

#include "log_json_escape.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static void add_text(struct buffer *b, const char *s, size_t length)
{
	char *to = buffer_reserve(b, length * LOG_JSON_WIDE + 2);

	if (!to)
		return;
	*to = '"';
	to = log_json_escape(to + 1, (struct head_text){ s, length });
	*to++ = '"';
	b->length = to - b->data;
}

static void add_string_value(struct buffer *b, const char *s, size_t length)
{
	buffer_add_string(b, "{\"stringValue\":");
	add_text(b, s, length);
	buffer_add_string(b, "}");
}

static void add_double(struct buffer *b, double number)
{
	char text[64];

	if (isfinite(number))
		snprintf(text, sizeof(text), "{\"doubleValue\":%.17g}", number);
	else
		snprintf(text, sizeof(text), "{\"doubleValue\":\"%s\"}",
			 isnan(number) ? "NaN"
			 : number > 0  ? "Infinity"
				       : "-Infinity");
	buffer_add_string(b, text);
}

static void add_value(struct buffer *b, const struct field *f)
{
	char text[64];

	switch (f->kind) {
	case FIELD_TEXT:
		add_string_value(b, f->text.data, f->text.length);
		break;
	case FIELD_INTEGER:
		snprintf(text, sizeof(text), "{\"intValue\":\"%" PRId64 "\"}", f->integer);
		buffer_add_string(b, text);
		break;
	case FIELD_DOUBLE:
		add_double(b, f->number);
		break;
	case FIELD_BOOL:
		buffer_add_string(b, f->integer ? "{\"boolValue\":true}" : "{\"boolValue\":false}");
		break;
	}
}

void otlp_json_add(struct batch *batch, const struct record *r)
{
	struct buffer *b = &batch->body;
	char times[128];

	snprintf(times, sizeof(times),
		 "%s{\"timeUnixNano\":\"%" PRIu64 "\",\"observedTimeUnixNano\":\"%" PRIu64
		 "\",\"body\":",
		 batch->records ? "," : "", r->time_ns, r->observed_ns);
	buffer_add_string(b, times);
	add_string_value(b, r->line.data, r->line.length);
	buffer_add_string(b, ",\"attributes\":[");
	for (unsigned int i = 0; i < r->count; i++) {
		buffer_add_string(b, i ? ",{\"key\":" : "{\"key\":");
		add_text(b, r->fields[i].key.data, r->fields[i].key.length);
		buffer_add_string(b, ",\"value\":");
		add_value(b, &r->fields[i]);
		buffer_add_string(b, "}");
	}
	buffer_add_string(b, "]}");
}

static void add_attribute(struct buffer *b, const char *before, const char *value)
{
	buffer_add_string(b, before);
	add_string_value(b, value, strlen(value));
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
