/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* OTLP in protobuf: ExportLogsServiceRequest. */
#include "batch.h"
#include "proto_message.h"

#include "opentelemetry/proto/collector/logs/v1/logs_service.pb-c.h"

typedef Opentelemetry__Proto__Common__V1__AnyValue AnyValue;
typedef Opentelemetry__Proto__Common__V1__KeyValue KeyValue;
typedef Opentelemetry__Proto__Common__V1__InstrumentationScope Scope;
typedef Opentelemetry__Proto__Resource__V1__Resource Resource;
typedef Opentelemetry__Proto__Logs__V1__LogRecord LogRecord;

/* Numbers of the fields around the records. */
enum {
	REQUEST_RESOURCE_LOGS = 1,
	RESOURCE_LOGS_RESOURCE = 1,
	RESOURCE_LOGS_SCOPE_LOGS = 2,
	SCOPE_LOGS_SCOPE = 1,
	SCOPE_LOGS_LOG_RECORDS = 2,
};

struct attribute {
	KeyValue pair;
	AnyValue value;
};

static void init_attribute(struct attribute *a, const char *key, size_t length)
{
	opentelemetry__proto__common__v1__key_value__init(&a->pair);
	opentelemetry__proto__common__v1__any_value__init(&a->value);
	a->pair.key = message_string(key, length);
	a->pair.value = &a->value;
}

static void set_string(AnyValue *v, const char *s, size_t length)
{
	v->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_STRING_VALUE;
	v->string_value = message_string(s, length);
}

static void set_value(AnyValue *v, const struct field *f)
{
	switch (f->kind) {
	case FIELD_TEXT:
		set_string(v, f->text.data, f->text.length);
		break;
	case FIELD_INTEGER:
		v->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_INT_VALUE;
		v->int_value = f->integer;
		break;
	case FIELD_DOUBLE:
		v->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_DOUBLE_VALUE;
		v->double_value = f->number;
		break;
	case FIELD_BOOL:
		v->value_case = OPENTELEMETRY__PROTO__COMMON__V1__ANY_VALUE__VALUE_BOOL_VALUE;
		v->bool_value = f->integer;
		break;
	}
}

void otlp_add(struct batch *b, const struct record *r)
{
	static struct attribute attributes[FIELDS_MAX];
	static KeyValue *pairs[FIELDS_MAX];
	LogRecord record = OPENTELEMETRY__PROTO__LOGS__V1__LOG_RECORD__INIT;
	AnyValue body;

	for (unsigned int i = 0; i < r->count; i++) {
		const struct field *f = &r->fields[i];

		init_attribute(&attributes[i], f->key.data, f->key.length);
		set_value(&attributes[i].value, f);
		pairs[i] = &attributes[i].pair;
	}
	opentelemetry__proto__common__v1__any_value__init(&body);
	set_string(&body, r->line.data, r->line.length);
	record.time_unix_nano = r->time_ns;
	record.observed_time_unix_nano = r->observed_ns;
	record.body = &body;
	record.n_attributes = r->count;
	record.attributes = pairs;
	message_add(&b->body, SCOPE_LOGS_LOG_RECORDS, &record.base);
}

/* Appends the message's field RESOURCE_LOGS_RESOURCE. */
static void add_resource(struct buffer *to, const struct origin *origin)
{
	const struct {
		const char *key, *value;
	} texts[] = {
		{ "service.name", origin->service_name },
		{ "host.name", origin->host_name },
		{ "log_name", origin->log_name },
	};
	struct attribute attributes[3];
	KeyValue *pairs[3];
	Resource resource = OPENTELEMETRY__PROTO__RESOURCE__V1__RESOURCE__INIT;

	for (int i = 0; i < 3; i++) {
		init_attribute(&attributes[i], texts[i].key, strlen(texts[i].key));
		set_string(&attributes[i].value, texts[i].value, strlen(texts[i].value));
		pairs[i] = &attributes[i].pair;
	}
	resource.n_attributes = 3;
	resource.attributes = pairs;
	message_add(to, RESOURCE_LOGS_RESOURCE, &resource.base);
}

void otlp_finish(struct batch *b)
{
	Scope scope = OPENTELEMETRY__PROTO__COMMON__V1__INSTRUMENTATION_SCOPE__INIT;
	struct buffer part = { 0 };

	scope.name = message_string("meshtap", strlen("meshtap"));
	scope.version = message_string(MESHTAP_VERSION, strlen(MESHTAP_VERSION));
	message_add(&part, SCOPE_LOGS_SCOPE, &scope.base);
	buffer_insert(&b->body, 0, part.data, part.length);
	message_wrap(&b->body, 0, RESOURCE_LOGS_SCOPE_LOGS);
	part.length = 0;
	add_resource(&part, b->origin);
	buffer_insert(&b->body, 0, part.data, part.length);
	message_wrap(&b->body, 0, REQUEST_RESOURCE_LOGS);
	b->body.failed |= part.failed;
	buffer_free(&part);
}
