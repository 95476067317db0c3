/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "als_entry.h"

#include "als_message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static struct entry entry;

static bool set_start_time(const struct field *f)
{
	const struct record *r = entry.record;

	(void)f;
	if (!r->time_ns)
		return false;
	entry.start_time.seconds = r->time_ns / 1000000000;
	entry.start_time.nanos = r->time_ns % 1000000000;
	entry.common.start_time = &entry.start_time;
	return true;
}

static bool set_duration(const struct field *f)
{
	if (f->kind != FIELD_INTEGER)
		return false;
	entry.duration.seconds = f->integer / 1000;
	entry.duration.nanos = f->integer % 1000 * 1000000;
	entry.common.duration = &entry.duration;
	return true;
}

static bool set_text(ProtobufCBinaryData *to, const struct field *f)
{
	if (f->kind != FIELD_TEXT)
		return false;
	*to = message_string(f->text.data, f->text.length);
	return true;
}

static bool set_size(uint64_t *to, const struct field *f)
{
	if (f->kind != FIELD_INTEGER || f->integer < 0)
		return false;
	*to = f->integer;
	return true;
}

static bool set_received(const struct field *f)
{
	return set_size(entry.is_http ? &entry.request.request_body_bytes
				      : &entry.connection.received_bytes,
			f);
}

static bool set_sent(const struct field *f)
{
	return set_size(entry.is_http ? &entry.response.response_body_bytes
				      : &entry.connection.sent_bytes,
			f);
}

static bool set_flags(const struct field *f)
{
	if (f->kind != FIELD_TEXT || !als_flags_set(&entry.flags, &entry.unauthorized, f->text))
		return false;
	entry.common.response_flags = &entry.flags;
	return true;
}

/* A connection has none, and its lines say 0. */
static bool set_response_code(const struct field *f)
{
	if (f->kind != FIELD_INTEGER || f->integer < 0 || f->integer > UINT32_MAX)
		return false;
	if (!entry.is_http)
		return !f->integer;
	entry.response_code.value = f->integer;
	entry.response.response_code = &entry.response_code;
	return true;
}

/* A method that Envoy has no number for is a header. */
static bool set_method(const struct field *f)
{
	static const char *const methods[] = { "GET",	  "HEAD",    "POST",  "PUT",  "DELETE",
					       "CONNECT", "OPTIONS", "TRACE", "PATCH" };

	if (!entry.is_http || f->kind != FIELD_TEXT)
		return false;
	for (unsigned int i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (head_text_is(f->text, methods[i])) {
			entry.request.request_method = i + 1;
			return true;
		}
	}
	als_pair_set(&entry.request_header, ":method", f->text);
	entry.request.n_request_headers = 1;
	return true;
}

static bool set_protocol(const struct field *f)
{
	static const char *const versions[] = { "HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/3" };

	for (unsigned int i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		if (f->kind == FIELD_TEXT && head_text_is(f->text, versions[i])) {
			entry.http.protocol_version = i + 1;
			return true;
		}
	}
	return false;
}

static bool set_service_time(const struct field *f)
{
	if (!entry.is_http || f->kind != FIELD_TEXT)
		return false;
	als_pair_set(&entry.response_header, "x-envoy-upstream-service-time", f->text);
	entry.response.n_response_headers = 1;
	return true;
}

static bool set_server_name(const struct field *f)
{
	if (!set_text(&entry.tls.tls_sni_hostname, f))
		return false;
	entry.common.tls_properties = &entry.tls;
	return true;
}

static bool set_address(Address **to, struct address *address, const struct field *f)
{
	if (f->kind != FIELD_TEXT || !als_address_set(address, f->text))
		return false;
	*to = &address->message;
	return true;
}

#define COMMON_TEXT(name)                                                                          \
	static bool set_##name(const struct field *f)                                              \
	{                                                                                          \
		return set_text(&entry.common.name, f);                                            \
	}
#define HTTP_TEXT(part, name)                                                                      \
	static bool set_##name(const struct field *f)                                              \
	{                                                                                          \
		return entry.is_http && set_text(&entry.part.name, f);                             \
	}
#define ADDRESS(name)                                                                              \
	static bool set_##name(const struct field *f)                                              \
	{                                                                                          \
		return set_address(&entry.common.name, &entry.name, f);                            \
	}

COMMON_TEXT(upstream_cluster)
COMMON_TEXT(upstream_transport_failure_reason)
COMMON_TEXT(connection_termination_details)
COMMON_TEXT(route_name)
HTTP_TEXT(request, authority)
HTTP_TEXT(request, path)
HTTP_TEXT(request, user_agent)
HTTP_TEXT(request, forwarded_for)
HTTP_TEXT(request, request_id)
HTTP_TEXT(response, response_code_details)
ADDRESS(upstream_remote_address)
ADDRESS(upstream_local_address)
ADDRESS(downstream_remote_address)
ADDRESS(downstream_local_address)

/* Keys of Istio's default, sorted. set() returns false where the value does not fit. */
static const struct place {
	const char *key;
	bool (*set)(const struct field *f);
} places[] = {
	{ "authority", set_authority },
	{ "bytes_received", set_received },
	{ "bytes_sent", set_sent },
	{ "connection_termination_details", set_connection_termination_details },
	{ "downstream_local_address", set_downstream_local_address },
	{ "downstream_remote_address", set_downstream_remote_address },
	{ "duration", set_duration },
	{ "method", set_method },
	{ "path", set_path },
	{ "protocol", set_protocol },
	{ "request_id", set_request_id },
	{ "requested_server_name", set_server_name },
	{ "response_code", set_response_code },
	{ "response_code_details", set_response_code_details },
	{ "response_flags", set_flags },
	{ "route_name", set_route_name },
	{ "start_time", set_start_time },
	{ "upstream_cluster", set_upstream_cluster },
	{ "upstream_host", set_upstream_remote_address },
	{ "upstream_local_address", set_upstream_local_address },
	{ "upstream_service_time", set_service_time },
	{ "upstream_transport_failure_reason", set_upstream_transport_failure_reason },
	{ "user_agent", set_user_agent },
	{ "x_forwarded_for", set_forwarded_for },
};

/* A key may have any bytes, also NUL. */
static int compare_key(const void *key, const void *place)
{
	const struct head_text *k = key;
	const char *other = ((const struct place *)place)->key;
	size_t length = strlen(other);
	int order = memcmp(k->data, other, k->length < length ? k->length : length);

	return order ? order : (k->length > length) - (k->length < length);
}

/* A field that has no other place. */
static void add_tag(const struct field *f)
{
	unsigned int at = entry.common.n_custom_tags++;
	char *text = entry.numbers[at];
	struct head_text value = { text, 0 };

	if (f->kind == FIELD_TEXT)
		value = f->text;
	else if (f->kind == FIELD_INTEGER)
		value.length = snprintf(text, NUMBER_MAX, "%" PRId64, f->integer);
	else if (f->kind == FIELD_DOUBLE)
		value.length = snprintf(text, NUMBER_MAX, "%.17g", f->number);
	else
		value.length = snprintf(text, NUMBER_MAX, f->integer ? "true" : "false");
	als_pair_set(&entry.tags[at], NULL, value);
	entry.tag_pointers[at] = &entry.tags[at].message;
	entry.tags[at].message.key = message_string(f->key.data, f->key.length);
}

bool als_entry_is_http(const struct record *r)
{
	for (unsigned int i = 0; i < r->count; i++)
		if (head_text_is(r->fields[i].key, "protocol"))
			return true;
	return false;
}

static void add_fields(const struct record *r)
{
	const struct field line = { .key = { "line", strlen("line") },
				    .kind = FIELD_TEXT,
				    .text = r->line };

	for (unsigned int i = 0; i < r->count; i++) {
		const struct field *f = &r->fields[i];
		const struct place *place =
			bsearch(&f->key, places, sizeof(places) / sizeof(places[0]),
				sizeof(places[0]), compare_key);

		if (!place || !place->set(f))
			add_tag(f);
	}
	if (!r->count)
		add_tag(&line);
}

void als_entry_add(struct buffer *b, unsigned int number, const struct record *r, bool is_http)
{
	als_message_init(&entry);
	entry.record = r;
	entry.is_http = is_http;
	add_fields(r);
	message_add(b, number, is_http ? &entry.http.base : &entry.tcp.base);
}
