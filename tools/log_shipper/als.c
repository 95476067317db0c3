/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Envoy's access log service: a stream of StreamAccessLogsMessage, each behind gRPC's five bytes,
 * the first with the identifier. A message has entries of one kind, HTTP or TCP; their order is
 * that of the log, so a message ends where the kind changes.
 */
#include "als_entry.h"
#include "batch.h"
#include "proto_message.h"

#include "envoy/service/accesslog/v3/als.pb-c.h"

typedef Envoy__Service__Accesslog__V3__StreamAccessLogsMessage Message;
typedef Envoy__Service__Accesslog__V3__StreamAccessLogsMessage__Identifier Identifier;
typedef Envoy__Config__Core__V3__Node Node;

/* Numbers of the fields around the entries. */
enum {
	MESSAGE_HTTP_LOGS = 2,
	MESSAGE_TCP_LOGS = 3,
	ENTRIES_LOG_ENTRY = 1,
};

static ProtobufCBinaryData string_of(const char *s)
{
	return message_string(s, strlen(s));
}

/* Appends the message with its identifier alone. */
static void add_identifier(struct buffer *b, const struct origin *origin)
{
	Message message = ENVOY__SERVICE__ACCESSLOG__V3__STREAM_ACCESS_LOGS_MESSAGE__INIT;
	Identifier identifier =
		ENVOY__SERVICE__ACCESSLOG__V3__STREAM_ACCESS_LOGS_MESSAGE__IDENTIFIER__INIT;
	Node node;

	envoy__config__core__v3__node__init(&node);
	node.id = string_of(origin->host_name);
	node.cluster = string_of(origin->service_name);
	node.user_agent_name = string_of("meshtap");
	node.user_agent_version_type_case =
		ENVOY__CONFIG__CORE__V3__NODE__USER_AGENT_VERSION_TYPE_USER_AGENT_VERSION;
	node.user_agent_version = string_of(MESHTAP_VERSION);
	identifier.node = &node;
	identifier.log_name = string_of(origin->log_name);
	message.identifier = &identifier;
	message_add_fields(b, &message.base);
}

/* gRPC's prefix: not compressed, and the length. */
static void frame(struct buffer *b, size_t at)
{
	size_t length = b->length - at;
	unsigned char prefix[] = { 0, length >> 24, length >> 16, length >> 8, length };

	buffer_insert(b, at, prefix, sizeof(prefix));
}

/* Puts a message around the entries of one kind. */
static void end_run(struct batch *b)
{
	struct buffer *body = &b->body;
	struct buffer identifier = { 0 };

	if (body->length == b->run_begin)
		return;
	message_wrap(body, b->run_begin, b->run_is_http ? MESSAGE_HTTP_LOGS : MESSAGE_TCP_LOGS);
	if (!b->run_begin) {
		add_identifier(&identifier, b->origin);
		buffer_insert(body, 0, identifier.data, identifier.length);
		body->failed |= identifier.failed;
		buffer_free(&identifier);
	}
	frame(body, b->run_begin);
	b->run_begin = body->length;
}

void als_add(struct batch *b, const struct record *r)
{
	bool is_http = als_entry_is_http(r);

	if (is_http != b->run_is_http)
		end_run(b);
	b->run_is_http = is_http;
	als_entry_add(&b->body, ENTRIES_LOG_ENTRY, r, is_http);
}

void als_finish(struct batch *b)
{
	end_run(b);
}
