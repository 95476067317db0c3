/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libFuzzer: whatever lines the log has, each becomes one record in each protocol, whose messages
 * protobuf-c and json-c can read, in valid UTF-8, with the line as it was and all its fields; and
 * of JSON the fields are what json-c finds in it. The first input byte chooses the text format.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "als_entry.h"
#include "batch.h"

#include "envoy/service/accesslog/v3/als.pb-c.h"
#include "opentelemetry/proto/collector/logs/v1/logs_service.pb-c.h"

#include <json-c/json.h>

#define LINES_MAX 64
#define HTTP_LOGS ENVOY__SERVICE__ACCESSLOG__V3__STREAM_ACCESS_LOGS_MESSAGE__LOG_ENTRIES_HTTP_LOGS

typedef Opentelemetry__Proto__Collector__Logs__V1__ExportLogsServiceRequest Request;
typedef Opentelemetry__Proto__Logs__V1__LogRecord LogRecord;
typedef Envoy__Service__Accesslog__V3__StreamAccessLogsMessage Message;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct origin origin = { "shop", "web-1", "log" };

/* What the records were, for the batches to be compared with. */
static struct {
	struct head_text line; /* copied */
	unsigned int fields;
	uint64_t time_ns;
} truth[LINES_MAX];
static size_t count;

static void require(bool is_true)
{
	if (!is_true)
		abort();
}

static struct json_object *member(struct json_object *of, const char *key)
{
	struct json_object *value;

	require(json_object_object_get_ex(of, key, &value));
	return value;
}

static struct json_object *parse_strictly(const char *text, size_t length)
{
	struct json_tokener *t = json_tokener_new();
	struct json_object *object;

	json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(t, text, length);
	require(json_tokener_get_error(t) == json_tokener_success);
	json_tokener_free(t);
	return object;
}

static void check_json(const struct buffer *b)
{
	struct json_object *request = parse_strictly(b->data, b->length), *at;

	at = json_object_array_get_idx(member(request, "resourceLogs"), 0);
	at = json_object_array_get_idx(member(at, "scopeLogs"), 0);
	at = member(at, "logRecords");
	require(json_object_array_length(at) == count);
	for (size_t i = 0; i < count; i++) {
		struct json_object *record = json_object_array_get_idx(at, i);
		struct json_object *body = member(member(record, "body"), "stringValue");

		require((size_t)json_object_get_string_len(body) == truth[i].line.length &&
			!memcmp(json_object_get_string(body), truth[i].line.data,
				truth[i].line.length));
		require(json_object_array_length(member(record, "attributes")) == truth[i].fields);
		require(json_object_get_uint64(member(record, "timeUnixNano")) == truth[i].time_ns);
	}
	json_object_put(request);
}

static void check_protobuf(const struct buffer *b)
{
	Request *r = opentelemetry__proto__collector__logs__v1__export_logs_service_request__unpack(
		NULL, b->length, (const uint8_t *)b->data);

	require(r && r->n_resource_logs == 1 && r->resource_logs[0]->n_scope_logs == 1);
	require(r->resource_logs[0]->scope_logs[0]->n_log_records == count);
	for (size_t i = 0; i < count; i++) {
		LogRecord *record = r->resource_logs[0]->scope_logs[0]->log_records[i];

		require(record->body->string_value.len == truth[i].line.length &&
			!memcmp(record->body->string_value.data, truth[i].line.data,
				truth[i].line.length));
		require(record->n_attributes == truth[i].fields);
		require(record->time_unix_nano == truth[i].time_ns);
	}
	opentelemetry__proto__collector__logs__v1__export_logs_service_request__free_unpacked(r,
											      NULL);
}

/* Messages one behind the other, each behind gRPC's five bytes. */
static void check_als(const struct buffer *b)
{
	const uint8_t *at = (const uint8_t *)b->data, *end = at + b->length;
	size_t entries = 0;

	for (bool is_first = true; at < end; is_first = false) {
		size_t length;
		Message *m;

		require(end - at >= 5 && !at[0]);
		length = (size_t)at[1] << 24 | at[2] << 16 | at[3] << 8 | at[4];
		at += 5;
		require((size_t)(end - at) >= length);
		m = envoy__service__accesslog__v3__stream_access_logs_message__unpack(NULL, length,
										      at);
		require(m && !m->identifier == !is_first);
		if (m->log_entries_case == HTTP_LOGS)
			entries += m->http_logs->n_log_entry;
		else
			entries += m->tcp_logs->n_log_entry;
		envoy__service__accesslog__v3__stream_access_logs_message__free_unpacked(m, NULL);
		at += length;
	}
	require(entries == count);
}

static void check_field(const struct field *f, struct json_object *object)
{
	struct json_object *value;
	char key[256];

	if (f->key.length >= sizeof(key) || memchr(f->key.data, '\0', f->key.length))
		return;
	memcpy(key, f->key.data, f->key.length);
	key[f->key.length] = '\0';
	value = member(object, key);
	if (f->kind == FIELD_INTEGER)
		require(json_object_get_int64(value) == f->integer);
	if (f->kind == FIELD_BOOL)
		require(json_object_get_boolean(value) == f->integer);
	if (f->kind == FIELD_TEXT && json_object_is_type(value, json_type_string))
		require((size_t)json_object_get_string_len(value) == f->text.length);
}

/* The shipper is more lenient than json-c with bytes that should be escaped. Where json-c has fewer
 * members, one was repeated. */
static void check_fields(const struct record *r)
{
	struct json_tokener *t = json_tokener_new();
	struct json_object *object = json_tokener_parse_ex(t, r->line.data, r->line.length);
	unsigned int members = 0;

	if (json_object_is_type(object, json_type_object)) {
		json_object_object_foreach(object, key, value) members += key && value;
	}
	for (unsigned int i = 0; i < r->count && members == r->count; i++)
		check_field(&r->fields[i], object);
	json_object_put(object);
	json_tokener_free(t);
}

static void take_line(struct batch batches[3], struct record_reader *reader, struct head_text line)
{
	const struct record *r = record_read(reader, line, 1);
	char *copy = malloc(r->line.length + 1);

	memcpy(copy, r->line.data, r->line.length);
	truth[count].line = (struct head_text){ copy, r->line.length };
	truth[count].fields = r->count;
	truth[count++].time_ns = r->time_ns;
	if (line.length && *line.data == '{')
		check_fields(r);
	for (int i = 0; i < 3; i++)
		batch_add(&batches[i], r);
}

static void take_lines(struct batch batches[3], struct record_reader *reader, const uint8_t *data,
		       size_t size)
{
	while (size && count < LINES_MAX) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t length = end ? (size_t)(end - data) : size;

		if (length)
			take_line(batches, reader,
				  (struct head_text){ (const char *)data, length });
		data += end ? length + 1 : length;
		size -= end ? length + 1 : length;
	}
}

/* Kept, as they have megabytes. */
static struct record_reader *reader_of(bool is_default_text)
{
	static struct record_reader *readers[2];
	struct record_reader **r = &readers[is_default_text];

	if (!*r)
		*r = record_reader_new(is_default_text);
	return *r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct batch batches[] = {
		{ .protocol = SHIPPER_HTTP_PROTOBUF, .origin = &origin },
		{ .protocol = SHIPPER_HTTP_JSON, .origin = &origin },
		{ .protocol = SHIPPER_ALS_GRPC, .origin = &origin },
	};

	if (size < 2)
		return 0;
	for (int i = 0; i < 3; i++)
		batch_clear(&batches[i]);
	take_lines(batches, reader_of(data[0] & 1), data + 1, size - 1);
	for (int i = 0; i < 3; i++)
		require(!batch_finish(&batches[i]));
	if (count) {
		check_protobuf(&batches[0].body);
		check_json(&batches[1].body);
		check_als(&batches[2].body);
	}
	for (int i = 0; i < 3; i++)
		buffer_free(&batches[i].body);
	while (count)
		free((char *)truth[--count].line.data);
	return 0;
}
