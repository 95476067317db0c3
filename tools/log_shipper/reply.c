/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "reply.h"

#include "settings_number.h"

#include "opentelemetry/proto/collector/logs/v1/logs_service.pb-c.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef Opentelemetry__Proto__Collector__Logs__V1__ExportLogsServiceResponse Response;

enum grpc_code {
	GRPC_OK,
	GRPC_CANCELLED,
	GRPC_DEADLINE_EXCEEDED = 4,
	GRPC_RESOURCE_EXHAUSTED = 8,
	GRPC_ABORTED = 10,
	GRPC_OUT_OF_RANGE,
	GRPC_UNAVAILABLE = 14,
	GRPC_DATA_LOSS
};

void reply_clear(struct reply *r)
{
	*r = (struct reply){ .grpc_status = -1 };
}

/* What does not fit is left out: no receiver has so much to say. */
void reply_add_body(struct reply *r, const void *bytes, size_t length)
{
	size_t room = sizeof(r->body) - r->length;

	if (length > room)
		length = room;
	memcpy(r->body + r->length, bytes, length);
	r->length += length;
}

/* Whether a header line has this name; what does not fit of its value is left out. */
static bool has_value(const char *line, size_t length, const char *name,
		      char value[REPLY_MESSAGE_MAX])
{
	size_t n = strlen(name);

	if (length <= n || strncasecmp(line, name, n) || line[n] != ':')
		return false;
	line += n + 1;
	length -= n + 1;
	while (length && *line == ' ') {
		line++;
		length--;
	}
	while (length && strchr("\r\n", line[length - 1]))
		length--;
	if (length >= REPLY_MESSAGE_MAX)
		length = REPLY_MESSAGE_MAX - 1;
	memcpy(value, line, length);
	value[length] = '\0';
	return true;
}

void reply_add_header(struct reply *r, const char *line, size_t length)
{
	char value[REPLY_MESSAGE_MAX];
	unsigned int status;

	if (has_value(line, length, "grpc-status", value))
		r->grpc_status = settings_number(&status, value, 0, INT_MAX) ? -1 : (int)status;
	else
		has_value(line, length, "grpc-message", r->message);
}

/* Whatever the receiver sent: one line of ASCII. */
static void append(char why[REPLY_MESSAGE_MAX], const void *bytes, size_t length)
{
	size_t at = strlen(why);

	for (size_t i = 0; i < length && at + 1 < REPLY_MESSAGE_MAX; i++) {
		unsigned char c = ((const unsigned char *)bytes)[i];

		why[at++] = c >= ' ' && c < 0x7f ? c : '?';
	}
	why[at] = '\0';
}

__attribute__((format(printf, 3, 4))) static void
decide(struct judgement *ret, enum verdict verdict, const char *format, ...)
{
	va_list args;

	*ret = (struct judgement){ .verdict = verdict };
	va_start(args, format);
	vsnprintf(ret->why, sizeof(ret->why), format, args);
	va_end(args);
}

static void partial_success(struct judgement *ret, long long rejected, const void *message,
			    size_t length)
{
	ret->rejected = rejected > 0 ? rejected : 0;
	append(ret->why, message, length);
}

static void read_protobuf(struct judgement *ret, const struct reply *r)
{
	Response *response =
		opentelemetry__proto__collector__logs__v1__export_logs_service_response__unpack(
			NULL, r->length, r->body);

	if (!response) {
		append(ret->why, "a response that is no OTLP", 26);
		return;
	}
	if (response->partial_success)
		partial_success(ret, response->partial_success->rejected_log_records,
				response->partial_success->error_message.data,
				response->partial_success->error_message.len);
	opentelemetry__proto__collector__logs__v1__export_logs_service_response__free_unpacked(
		response, NULL);
}

static void read_json(struct judgement *ret, const struct reply *r)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *response, *partial, *rejected = NULL, *message = NULL;
	const char *text;

	if (!tokener)
		return;
	response = json_tokener_parse_ex(tokener, (const char *)r->body, r->length);
	if (r->length && !json_object_is_type(response, json_type_object)) {
		append(ret->why, "a response that is no OTLP", 26);
	} else if (json_object_object_get_ex(response, "partialSuccess", &partial)) {
		json_object_object_get_ex(partial, "rejectedLogRecords", &rejected);
		json_object_object_get_ex(partial, "errorMessage", &message);
		text = message ? json_object_get_string(message) : "";
		partial_success(ret, json_object_get_int64(rejected), text, strlen(text));
	}
	json_object_put(response);
	json_tokener_free(tokener);
}

/* 2xx is accepted. What is neither success nor error (a redirection) is no answer of a receiver. */
static void judge_http(struct judgement *ret, const struct reply *r, enum shipper_protocol protocol)
{
	long status = r->http_status;

	if (status == 429 || status == 502 || status == 503 || status == 504) {
		decide(ret, VERDICT_RETRY, "HTTP status %ld", status);
	} else if (status >= 400) {
		decide(ret, VERDICT_REJECTED, "HTTP status %ld%s", status, r->length ? ": " : "");
		append(ret->why, r->body, r->length);
	} else if (status < 200 || status >= 300) {
		decide(ret, VERDICT_RETRY, "HTTP status %ld", status);
	} else {
		decide(ret, VERDICT_ACCEPTED, "%s", "");
		if (protocol == SHIPPER_HTTP_JSON)
			read_json(ret, r);
		else
			read_protobuf(ret, r);
	}
}

static bool is_retryable(int code)
{
	switch (code) {
	case GRPC_CANCELLED:
	case GRPC_DEADLINE_EXCEEDED:
	case GRPC_RESOURCE_EXHAUSTED:
	case GRPC_ABORTED:
	case GRPC_OUT_OF_RANGE:
	case GRPC_UNAVAILABLE:
	case GRPC_DATA_LOSS:
		return true;
	default:
		return false;
	}
}

static void judge_grpc(struct judgement *ret, const struct reply *r)
{
	if (r->http_status != 200 || r->grpc_status < 0) {
		/* a proxy's answer, or that of something else */
		decide(ret, VERDICT_RETRY, "HTTP status %ld without a gRPC status", r->http_status);
		return;
	}
	decide(ret,
	       r->grpc_status == GRPC_OK      ? VERDICT_ACCEPTED
	       : is_retryable(r->grpc_status) ? VERDICT_RETRY
					      : VERDICT_REJECTED,
	       "gRPC status %d%s", r->grpc_status, *r->message ? ": " : "");
	append(ret->why, r->message, strlen(r->message));
	if (ret->verdict == VERDICT_ACCEPTED)
		*ret->why = '\0';
}

void reply_judge(struct judgement *ret, const struct reply *r, enum shipper_protocol protocol)
{
	if (r->error)
		decide(ret, VERDICT_RETRY, "%s", r->error);
	else if (protocol == SHIPPER_ALS_GRPC)
		judge_grpc(ret, r);
	else
		judge_http(ret, r, protocol);
}
