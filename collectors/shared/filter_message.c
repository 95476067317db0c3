// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* request. and response., with Envoy's meaning of each (telemetry specification 3). */
#include <string.h>

#include "filter_node.h"

#define TEXT(literal) filter_text((struct head_text){ literal, sizeof(literal) - 1 })

static struct filter_value get_path(struct filter *f, const struct access_record *r)
{
	struct head_text path = r->start.path;

	if (!access_record_lacks_slash(r))
		return filter_text(path);
	if (path.length > sizeof(f->path) - 1)
		path.length = sizeof(f->path) - 1;
	f->path[0] = '/';
	memcpy(f->path + 1, path.data, path.length);
	return filter_text((struct head_text){ f->path, path.length + 1 });
}

static struct filter_value get_url_path(struct filter *f, const struct access_record *r)
{
	struct head_text path = r->start.path;
	const char *query = path.length ? memchr(path.data, '?', path.length) : NULL;

	(void)f;
	if (!query)
		return filter_text(path);
	if (query == path.data)
		return TEXT("/");
	return filter_text((struct head_text){ path.data, query - path.data });
}

static struct filter_value get_query(struct filter *f, const struct access_record *r)
{
	struct head_text path = r->start.path;
	const char *query, *fragment, *end;

	(void)f;
	if (!path.data)
		return filter_error();
	query = memchr(path.data, '?', path.length);
	if (!query)
		return TEXT("");
	end = path.data + path.length;
	fragment = memchr(query, '#', end - query);
	if (fragment)
		end = fragment;
	return filter_text((struct head_text){ query + 1, end - query - 1 });
}

static int need_host(struct filter *f, struct log_needs *needs)
{
	int number = header_set_add(&needs->headers[HEAD_REQUEST], "host", 4);

	if (number < 0)
		return number;
	f->host = number;
	return 0;
}

static struct filter_value get_host(struct filter *f, const struct access_record *r)
{
	return filter_text(access_record_authority(r, f->host));
}

static struct filter_value get_scheme(struct filter *f, const struct access_record *r)
{
	(void)f;
	return r->is_http2 ? filter_text(r->scheme) : TEXT("http");
}

static struct filter_value get_method(struct filter *f, const struct access_record *r)
{
	(void)f;
	return filter_text(r->start.method);
}

static struct filter_value get_protocol(struct filter *f, const struct access_record *r)
{
	(void)f;
	if (r->is_http2)
		return TEXT("HTTP/2");
	return r->minor ? TEXT("HTTP/1.1") : TEXT("HTTP/1.0");
}

static struct filter_value get_time(struct filter *f, const struct access_record *r)
{
	(void)f;
	return (struct filter_value){ .kind = FILTER_TIMESTAMP,
				      .integer = r->started_ns + r->realtime_ns };
}

static struct filter_value get_duration(struct filter *f, const struct access_record *r)
{
	__u64 ns = r->ended_ns > r->started_ns ? r->ended_ns - r->started_ns : 0;

	(void)f;
	return (struct filter_value){ .kind = FILTER_DURATION, .integer = ns };
}

static struct filter_value get_request_size(struct filter *f, const struct access_record *r)
{
	(void)f;
	return filter_int(r->received);
}

static struct filter_value get_request_total(struct filter *f, const struct access_record *r)
{
	(void)f;
	return filter_int(r->request_wire);
}

static struct filter_value get_response_size(struct filter *f, const struct access_record *r)
{
	(void)f;
	return filter_int(r->sent);
}

static struct filter_value get_response_total(struct filter *f, const struct access_record *r)
{
	(void)f;
	return filter_int(r->response_wire);
}

static struct filter_value get_code(struct filter *f, const struct access_record *r)
{
	(void)f;
	return r->status ? filter_int(r->status) : filter_error();
}

static struct filter_value get_code_details(struct filter *f, const struct access_record *r)
{
	const char *details = access_record_details(r);

	(void)f;
	return filter_text((struct head_text){ details, details ? strlen(details) : 0 });
}

/* The bits of Envoy's StreamInfo response flags. */
static struct filter_value get_flags(struct filter *f, const struct access_record *r)
{
	static const __s64 http[] = {
		[EXCHANGE_DC] = 0x4000,	    [EXCHANGE_UC] = 0x40, [EXCHANGE_UPE] = 0x800000,
		[EXCHANGE_DR] = 0x10000000, [EXCHANGE_UR] = 0x10,
	};
	const __s64 uf = 0x20;

	(void)f;
	if (!r->is_http)
		return filter_int(r->error ? uf : 0);
	return filter_int(r->flag <= EXCHANGE_UR ? http[r->flag] : 0);
}

static int need_grpc_status(struct filter *f, struct log_needs *needs)
{
	return access_grpc_need(&f->grpc, needs);
}

/* What is none of gRPC's 17 codes is -1, as in Envoy. */
static struct filter_value get_grpc_status(struct filter *f, const struct access_record *r)
{
	int status;

	if (!access_grpc_status(&f->grpc, r, &status))
		return filter_error();
	return filter_int(status < GRPC_STATUSES ? status : GRPC_BAD);
}

#define HTTP  FILTER_HTTP_ONLY
#define KNOWN (FILTER_HTTP_ONLY | FILTER_KNOWN_HTTP)

const struct filter_attribute filter_message_attributes[] = {
	{ "request", "path", FILTER_STRING, HTTP, get_path, NULL },
	{ "request", "url_path", FILTER_STRING, HTTP, get_url_path, NULL },
	{ "request", "query", FILTER_STRING, HTTP, get_query, NULL },
	{ "request", "host", FILTER_STRING, HTTP, get_host, need_host },
	{ "request", "scheme", FILTER_STRING, KNOWN, get_scheme, NULL },
	{ "request", "method", FILTER_STRING, HTTP, get_method, NULL },
	{ "request", "protocol", FILTER_STRING, HTTP, get_protocol, NULL },
	{ "request", "time", FILTER_TIMESTAMP, 0, get_time, NULL },
	{ "request", "duration", FILTER_DURATION, 0, get_duration, NULL },
	{ "request", "size", FILTER_INT, 0, get_request_size, NULL },
	{ "request", "total_size", FILTER_INT, 0, get_request_total, NULL },
	{ "response", "code", FILTER_INT, KNOWN, get_code, NULL },
	{ "response", "code_details", FILTER_STRING, KNOWN, get_code_details, NULL },
	{ "response", "flags", FILTER_INT, FILTER_KNOWN_HTTP, get_flags, NULL },
	{ "response", "grpc_status", FILTER_INT, HTTP, get_grpc_status, need_grpc_status },
	{ "response", "size", FILTER_INT, 0, get_response_size, NULL },
	{ "response", "total_size", FILTER_INT, 0, get_response_total, NULL },
	{},
};
