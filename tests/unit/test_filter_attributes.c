/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every attribute of a filter, of HTTP and of TCP, as the manual says. */
#include <errno.h>

#include "check.h"
#include "filter_records.h"

static struct log_needs needs;

static bool passes(const char *source, const struct access_record *r)
{
	struct source_error error = {};
	struct filter *f = NULL;
	int err = filter_compile(&f, source, &needs, &error);
	bool ret = !err && filter_passes(f, r);

	if (err)
		printf("%s\n%*s %s\n", source, (int)error.column, "^", error.text);
	filter_free(&f);
	return ret;
}

#define PASSES(source, r)                                                                          \
	do {                                                                                       \
		CHECK(passes(source, &(r).record));                                                \
		if (!passes(source, &(r).record))                                                  \
			printf("  %s\n", source);                                                  \
	} while (0)

static void test_http(void)
{
	static const char *const sources[] = {
		"request.path == '/api/users?id=1#top'",
		"request.url_path == '/api/users'",
		"request.query == 'id=1'",
		"request.host == 'api:8080'",
		"request.scheme == 'http'",
		"request.method == 'POST'",
		"request.useragent == 'curl/8' && request.headers['User-Agent'] == 'curl/8'",
		"request.referer == 'http://a/'",
		"request.id == 'id-1' && request.headers[\"X-Request-Id\"] == 'id-1'",
		"request.protocol == 'HTTP/1.1'",
		"request.time == timestamp('2025-08-04T09:34:57.5Z')",
		"request.duration == duration('12.999999ms')",
		"request.size == 3 && request.total_size == 103",
		"response.code == 200",
		"response.code_details == 'via_upstream'",
		"response.flags == 0",
		"!has(response.grpc_status)",
		"response.headers['x-a'] == 'b' && response.headers.server == 'nginx'",
		"response.trailers['grpc-status'] == '5'",
		"response.size == 42 && response.total_size == 242",
		"source.address == '10.0.0.10:38416' && source.port == 38416",
		"destination.address == '10.0.0.20:8080' && destination.port == 8080",
		"upstream.address == '10.0.0.20:8080' && upstream.port == 8080",
		"upstream.local_address == '10.0.0.10:38416'",
		"connection.mtls == false",
		"connection.requested_server_name == 'a.example'",
		"connection.id == 7u",
		"meshtap.unit == 'a.service' && meshtap.peer_unit == 'b.service'",
		"meshtap.comm == 'curl' && meshtap.pid == 42",
		"meshtap.reporter == 'source'",
		"request['path'].startsWith('/api') && request.headers[r'host'] == 'api:8080'",
		"'X-Request-Id' in request.headers && !('x-none' in request.headers)",
		"'grpc-status' in response.trailers && !('grpc-status' in response.headers)",
		"has(request.headers) && has(response.headers) && has(response.trailers)",
		"has(request.headers.host) && has(request.headers['x-request-id'])",
		"!has(request.headers['x-none']) && has(request.id) && has(request.path)",
		"request.headers['empty'] == '' && has(request.headers['empty'])",
	};
	struct filter_record r;

	record_http(&r);
	record_header(&r, &needs, HEAD_REQUEST, "host", "api:8080");
	record_header(&r, &needs, HEAD_REQUEST, "user-agent", "curl/8");
	record_header(&r, &needs, HEAD_REQUEST, "referer", "http://a/");
	record_header(&r, &needs, HEAD_REQUEST, "x-request-id", "id-1");
	record_header(&r, &needs, HEAD_REQUEST, "empty", "");
	record_header(&r, &needs, HEAD_RESPONSE, "x-a", "b");
	record_header(&r, &needs, HEAD_RESPONSE, "server", "nginx");
	record_header(&r, &needs, HEAD_TRAILER, "grpc-status", "5");
	r.record.server_name = text_of("a.example");
	r.record.unit = text_of("a.service");
	r.record.peer_unit = text_of("b.service");
	r.record.comm = text_of("curl");
	r.record.pid = 42;
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++)
		PASSES(sources[i], r);
}

/* Absent is an error, so that neither a comparison nor its negation passes. */
static void check_absent(const char *const *names, size_t count, struct filter_record *r)
{
	char source[128];

	for (size_t i = 0; i < count; i++) {
		snprintf(source, sizeof(source), "!has(%s)", names[i]);
		PASSES(source, *r);
		snprintf(source, sizeof(source), "%s == null", names[i]);
		CHECK(!passes(source, &r->record));
		snprintf(source, sizeof(source), "%s != null", names[i]);
		CHECK(!passes(source, &r->record));
	}
}

#define CHECK_ABSENT(names, r) check_absent(names, sizeof(names) / sizeof(*(names)), r)

static void test_absent(void)
{
	static const char *const names[] = {
		"request.path",		  "request.url_path",
		"request.query",	  "request.host",
		"request.method",	  "request.useragent",
		"request.referer",	  "request.id",
		"request.headers['a']",	  "response.code",
		"response.grpc_status",	  "response.headers.a",
		"response.trailers['a']", "connection.requested_server_name",
		"meshtap.unit",		  "meshtap.peer_unit",
		"meshtap.comm",		  "meshtap.pid",
		"upstream.local_address",
	};
	struct filter_record r;

	record_basics(&r); /* no head is known */
	r.record.is_http = true;
	r.record.is_client = false;
	CHECK_ABSENT(names, &r);
	PASSES("!('host' in request.headers)", r);
	PASSES("request.protocol == 'HTTP/1.0'", r);
}

static void test_tcp(void)
{
	static const char *const names[] = {
		"request.path",		 "request.url_path",	 "request.query",
		"request.host",		 "request.scheme",	 "request.method",
		"request.useragent",	 "request.referer",	 "request.id",
		"request.protocol",	 "request.headers['a']", "response.code",
		"response.code_details", "response.grpc_status", "response.headers.a",
		"response.trailers.a",
	};
	struct filter_record r;

	record_basics(&r);
	CHECK_ABSENT(names, &r);
	PASSES("request.size == 3 && request.total_size == 103", r);
	PASSES("response.size == 42 && response.total_size == 242", r);
	PASSES("request.duration == duration('12.999999ms') && has(request.time)", r);
	PASSES("response.flags == 0 && !('a' in request.headers)", r);
	PASSES("!has(response.code) || response.code >= 400", r);
	CHECK(!passes("response.code >= 400", &r.record));
	CHECK(!passes("response.code < 400", &r.record));
	r.record.error = ECONNREFUSED;
	PASSES("response.flags == 0x20", r);
}

static void test_ends(void)
{
	struct filter_record r;

	record_http(&r);
	r.record.is_client = false;
	PASSES("source.address == '10.0.0.20:8080' && source.port == 8080", r);
	PASSES("destination.address == '10.0.0.10:38416' && destination.port == 38416", r);
	PASSES("upstream.address == destination.address && upstream.port == 38416", r);
	PASSES("meshtap.reporter == 'destination' && !has(upstream.local_address)", r);
	memset(r.tuple.remote_addr, 0, sizeof(r.tuple.remote_addr));
	r.tuple.remote_addr[0] = htonl(0x20010db8);
	r.tuple.remote_addr[3] = htonl(2);
	PASSES("source.address == '[2001:db8::2]:8080' && source.address < destination.address || "
	       "true",
	       r);
	r.record.ended_ns = r.record.started_ns - 1;
	PASSES("request.duration == duration('0')", r);
}

static void test_targets(void)
{
	struct filter_record r;

	record_http(&r);
	record_header(&r, &needs, HEAD_REQUEST, "host", "b");
	r.record.start.path = text_of("?y=1");
	r.record.start.authority = text_of("a");
	PASSES("request.path == '/?y=1' && request.url_path == '/' && request.query == 'y=1'", r);
	PASSES("request.host == 'a' && request.headers.host == 'b'", r);
	r.record.start.path = text_of("/x");
	PASSES("request.path == '/x' && request.url_path == '/x' && request.query == ''", r);
	r.record.start.path = text_of("/?");
	PASSES("request.url_path == '/' && request.query == ''", r);
}

static void test_outcomes(void)
{
	struct filter_record r;

	record_http(&r);
	r.record.flag = EXCHANGE_DC;
	PASSES("response.flags == 0x4000", r);
	PASSES("response.code_details == 'downstream_remote_disconnect'", r);
	r.record.flag = EXCHANGE_UC;
	PASSES("response.flags == 0x40", r);
	PASSES("response.code_details == "
	       "'upstream_reset_before_response_started{connection_termination}'",
	       r);
	r.record.flag = EXCHANGE_UPE;
	PASSES("response.flags == 0x800000", r);
	PASSES("response.code_details == 'upstream_reset_after_response_started{protocol_error}'",
	       r);
}

static void test_http2(void)
{
	struct filter_record r;

	record_http(&r);
	r.record.is_http2 = true;
	r.record.scheme = text_of("https");
	r.record.start.path = text_of("?a");
	PASSES("request.protocol == 'HTTP/2' && request.scheme == 'https'", r);
	PASSES("request.path == '?a' && response.code == 200", r);
	r.record.scheme = text_of(NULL);
	PASSES("!has(request.scheme)", r);
	r.record.flag = EXCHANGE_DR;
	PASSES("response.flags == 0x10000000", r);
	PASSES("response.code_details == 'http2.remote_reset'", r);
	r.record.flag = EXCHANGE_UR;
	PASSES("response.flags == 0x10", r);
	PASSES("response.code_details == 'upstream_reset_after_response_started{remote_reset}'", r);
	r.record.status = 0;
	r.record.status_unknown = true;
	PASSES("!has(response.code) && !has(response.code_details)", r);
}

static bool grpc(const char *type, unsigned int status, const char *header, const char *trailer,
		 int should)
{
	struct filter_record r;
	char source[64];

	record_http(&r);
	r.record.status = status;
	record_header(&r, &needs, HEAD_REQUEST, "content-type", type);
	record_header(&r, &needs, HEAD_RESPONSE, "grpc-status", header);
	record_header(&r, &needs, HEAD_TRAILER, "grpc-status", trailer);
	if (should == -2)
		return passes("!has(response.grpc_status)", &r.record);
	snprintf(source, sizeof(source), "response.grpc_status == %d", should);
	return passes(source, &r.record);
}

static void test_grpc_status(void)
{
	static const int derived[][2] = { { 200, 2 },  { 400, 13 }, { 401, 16 }, { 403, 7 },
					  { 404, 12 }, { 429, 14 }, { 502, 14 }, { 503, 14 },
					  { 504, 14 }, { 500, 2 } };

	CHECK(grpc("application/grpc", 200, NULL, "0", 0));
	CHECK(grpc("application/grpc", 200, "7", "16", 16));
	CHECK(grpc("application/grpc+proto", 200, "7", NULL, 7));
	CHECK(grpc("Application/GRPC", 200, "7", NULL, -2));
	CHECK(grpc("application/grpc", 200, "7", "17", -1));
	CHECK(grpc("application/grpc", 200, NULL, "", 2)); /* as if it were absent */
	CHECK(grpc("application/grpc", 200, NULL, "1x", -1));
	CHECK(grpc("application/grpc", 200, NULL, "99999999999999999999", -1));
	CHECK(grpc("application/grpc", 0, NULL, NULL, -2));
	CHECK(grpc("application/grpc-web", 200, "7", "7", -2));
	CHECK(grpc("text/html", 200, "7", "7", -2));
	CHECK(grpc(NULL, 200, "7", "7", -2));
	for (size_t i = 0; i < sizeof(derived) / sizeof(*derived); i++)
		CHECK(grpc("application/grpc", derived[i][0], NULL, NULL, derived[i][1]));
}

/* A filter asks for what it looks at, and nothing else. */
static void test_needs(void)
{
	struct log_needs n = {};
	struct source_error error;
	struct filter *f = NULL;

	CHECK(!filter_compile(&f, "request.path == '/' && response.code == 200", &n, &error));
	filter_free(&f);
	CHECK(!n.server_name && !n.unit && !n.headers[HEAD_REQUEST].count);
	CHECK(!filter_compile(&f, "connection.requested_server_name == 'a'", &n, &error));
	filter_free(&f);
	CHECK(n.server_name && !n.unit);
	CHECK(!filter_compile(&f, "meshtap.pid == 1 || meshtap.comm == 'a'", &n, &error));
	filter_free(&f);
	CHECK(!n.unit);
	CHECK(!filter_compile(&f, "meshtap.peer_unit == 'a'", &n, &error));
	filter_free(&f);
	CHECK(n.unit);
	CHECK(!filter_compile(&f, "'A' in response.headers && request.host == ''", &n, &error));
	filter_free(&f);
	CHECK(n.headers[HEAD_REQUEST].count == 1 && n.headers[HEAD_RESPONSE].count == 1);
	CHECK_STRING(n.headers[HEAD_REQUEST].names[0], "host");
	CHECK_STRING(n.headers[HEAD_RESPONSE].names[0], "a");
}

int main(void)
{
	test_http();
	test_absent();
	test_tcp();
	test_ends();
	test_targets();
	test_outcomes();
	test_http2();
	test_grpc_status();
	test_needs();
	return check_end();
}
