/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The access log as JSON (telemetry specification 2.2). */
#include "log_format_records.h"
#include "log_format_json.h"

#include <errno.h>

static const char *checked(const char *json)
{
	CHECK(is_json_line(json, strlen(json)));
	return json;
}

static void test_default_http(void)
{
	struct access_record r = http_record(true);

	CHECK(compile(LOG_FORMAT_JSON, NO_SOURCE));
	CHECK_STRING(
		checked(render_heads(&r,
				     "POST /a?b=c HTTP/1.1\r\nHost: api:8080\r\n"
				     "User-Agent: curl \"8\"\\\r\nX-Forwarded-For:\r\n"
				     "X-Request-Id: id-1\r\n\r\n",
				     "HTTP/1.1 200 OK\r\nX-Envoy-Upstream-Service-Time: 7\r\n\r\n",
				     NULL)),
		"{\"authority\":\"api:8080\",\"bytes_received\":3,\"bytes_sent\":42,"
		"\"connection_termination_details\":null,"
		"\"downstream_local_address\":\"10.0.0.20:8080\","
		"\"downstream_remote_address\":\"10.0.0.10:38416\",\"duration\":12,"
		"\"method\":\"POST\",\"path\":\"/a?b=c\",\"protocol\":\"HTTP/1.1\","
		"\"request_id\":\"id-1\",\"requested_server_name\":null,\"response_code\":200,"
		"\"response_code_details\":\"via_upstream\",\"response_flags\":\"-\","
		"\"route_name\":null,\"start_time\":\"2025-08-04T09:34:57.500Z\","
		"\"upstream_cluster\":\"PassthroughCluster\",\"upstream_host\":\"10.0.0.20:8080\","
		"\"upstream_local_address\":\"10.0.0.10:38416\",\"upstream_service_time\":\"7\","
		"\"upstream_transport_failure_reason\":null,\"user_agent\":\"curl \\\"8\\\"\\\\\","
		"\"x_forwarded_for\":\"\"}");
}

#define TCP(server_name, flags, reason)                                                            \
	"{\"authority\":null,\"bytes_received\":844,\"bytes_sent\":5214,"                          \
	"\"connection_termination_details\":null,"                                                 \
	"\"downstream_local_address\":\"10.0.0.20:8080\","                                         \
	"\"downstream_remote_address\":\"10.0.0.10:38416\",\"duration\":95,"                       \
	"\"method\":null,\"path\":null,\"protocol\":null,\"request_id\":null,"                     \
	"\"requested_server_name\":" server_name ",\"response_code\":0,"                           \
	"\"response_code_details\":null,\"response_flags\":\"" flags "\",\"route_name\":null,"     \
	"\"start_time\":\"2025-08-04T09:34:57.500Z\","                                             \
	"\"upstream_cluster\":\"PassthroughCluster\",\"upstream_host\":\"10.0.0.20:8080\","        \
	"\"upstream_local_address\":\"10.0.0.10:38416\",\"upstream_service_time\":null,"           \
	"\"upstream_transport_failure_reason\":" reason ",\"user_agent\":null,"                    \
	"\"x_forwarded_for\":null}"

static void test_default_tcp(void)
{
	struct access_record r = tcp_record(true, 0);
	struct access_record refused = tcp_record(true, ECONNREFUSED);

	r.server_name = (struct head_text){ "www.example.org", 15 };
	CHECK_STRING(checked(render(&r)), TCP("\"www.example.org\"", "-", "null"));
	CHECK_STRING(checked(render(&refused)),
		     TCP("null", "UF", "\"delayed_connect_error:_Connection_refused\""));
}

static const char *of(const char *source, struct access_record r)
{
	CHECK(compile(LOG_FORMAT_JSON, source));
	return format.err ? format.error.text : checked(render(&r));
}

static void test_custom(void)
{
	struct access_record r = http_record(true);

	r.unit = (struct head_text){ "a.service", 9 };
	CHECK_STRING(of("b: %UNIT%\n\n  \n\tA b\t:  %PEER_UNIT%  \r\nab: x\na:%DURATION%", r),
		     "{\"A b\":null,\"a\":12,\"ab\":\"x\",\"b\":\"a.service\"}");
	CHECK_STRING(
		of("a: %DURATION% ms\nb: %UNIT%%PEER_UNIT%\nc:\nd: %%%PID%\ne: a:b", r),
		"{\"a\":\"12 ms\",\"b\":\"a.service-\",\"c\":\"\",\"d\":\"%-\",\"e\":\"a:b\"}");
	CHECK_STRING(of("q\"\\\t\x01\xc3\xa4: \"\\\t\x01\xc3\xa4\n", r),
		     "{\"q\\\"\\\\\\t\\u0001\xc3\xa4\":\"\\\"\\\\\\t\\u0001\xc3\xa4\"}");
	CHECK_STRING(of("p: %UPSTREAM_REMOTE_PORT%\ng: %GRPC_STATUS_NUMBER%\n"
			"n: %COMMON_DURATION(DS_TX_BEG:DS_RX_END:ms)%\ns: %RESP(:STATUS)%",
			r),
		     "{\"g\":null,\"n\":-4,\"p\":8080,\"s\":\"200\"}");
}

static void test_cut(void)
{
	struct access_record r = http_record(true);

	CHECK(compile_cut(LOG_FORMAT_JSON, "a: %UNIT%\nb: <%UNIT%>", 3));
	r.unit = (struct head_text){ "\"\xc3\xa4z", 4 };
	CHECK_STRING(checked(render(&r)),
		     "{\"a\":\"\\\"\xc3\xa4...[+1]\",\"b\":\"<\\\"\xc3\xa4...[+1]>\"}");
	CHECK(format.cut == 2);
	CHECK(compile_cut(LOG_FORMAT_JSON, "a: %UNIT%", 2));
	CHECK_STRING(checked(render(&r)), "{\"a\":\"\\\"...[+3]\"}");
}

static const struct {
	const char *bytes, *json;
} strings[] = {
	{ "\b\f\n\r\t\x01\x1f\x7f", "\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f" },
	{ "/\"\\ <>&", "/\\\"\\\\ <>&" },
	{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ "\xe2\x80\xa8", "\xe2\x80\xa8" },	     /* U+2028 */
	{ "\xc0\xaf", "\\ufffd\\ufffd" },	     /* overlong */
	{ "\xe0\x9f\xbf", "\\ufffd\\ufffd\\ufffd" }, /* overlong */
	{ "\xf0\x8f\xbf\xbf", "\\ufffd\\ufffd\\ufffd\\ufffd" },
	{ "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd" }, /* surrogate */
	{ "\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80" },
	{ "\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd" }, /* beyond U+10FFFF */
	{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
	{ "\xf5\x80\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd" },
	{ "\x80"
	  "a\xc3",
	  "\\ufffda\\ufffd" },
	{ "\xe2\x82"
	  "a",
	  "\\ufffd\\ufffda" },
	{ "\xff\xfe", "\\ufffd\\ufffd" },
};

static void test_strings(void)
{
	struct access_record r = http_record(true);

	CHECK(compile(LOG_FORMAT_JSON, "a: %UNIT%"));
	for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++) {
		char should[128];

		r.unit = (struct head_text){ strings[i].bytes, strlen(strings[i].bytes) };
		snprintf(should, sizeof(should), "{\"a\":\"%s\"}", strings[i].json);
		CHECK_STRING(checked(render(&r)), should);
	}
	r.unit = (struct head_text){ "a\0b", 3 };
	CHECK_STRING(checked(render(&r)), "{\"a\":\"a\\u0000b\"}");
}

/* Any three bytes, in a buffer that ends with them. */
static void test_any_bytes(void)
{
	struct access_record r = http_record(true);
	__u32 random = 1;

	CHECK(compile_cut(LOG_FORMAT_JSON, "a: %UNIT%\nb: %COMM%:", 3));
	for (int run = 0; run < 20000; run++) {
		size_t n = run % 6;
		char *bytes = malloc(n + !n);

		if (!bytes)
			break;
		for (size_t i = 0; i < n; i++) {
			random = random * 1664525 + 1013904223;
			bytes[i] = random >> 24 | (random >> 20 & 1) << 7;
		}
		r.unit = r.comm = (struct head_text){ bytes, n };
		checked(render(&r));
		free(bytes);
	}
}

static const struct {
	const char *source;
	unsigned int column;
	const char *text;
} refused[] = {
	{ "a: x\nb", 6, "key: text" },
	{ "a: x\n  : y", 8, "a key is empty" },
	{ "a: x\nb: y\n a : z", 12, "the key is there already" },
	{ "a: x\nb: %FOO%", 9, "unknown operator %FOO%" },
	{ "a: x\nb: 1 %REQ%\nc: %FOO%", 11, "%REQ(...)% needs a header name" },
	{ "a: %PID\nb: %", 4, "%PID: unterminated" },
	{ "a: %REQ(x\nb: )%", 4, "%REQ(: unterminated" },
	{ "\n \n", 1, "no key" },
	{ "a: \xff", 4, "UTF-8" },
};

static void test_refused(void)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		CHECK(!compile(LOG_FORMAT_JSON, refused[i].source));
		CHECK(format.err == -EINVAL && format.error.column == refused[i].column);
		if (!strstr(format.error.text, refused[i].text))
			CHECK_STRING(format.error.text, refused[i].text);
	}
}

/* No line is longer than what was said. */
static void test_line_max(void)
{
	static char bytes[HEAD_TEXT_MAX];
	struct access_record r = http_record(true);

	r.unit = r.comm = r.server_name = (struct head_text){ bytes, sizeof(bytes) };
	r.received = r.sent = r.connection = ~0ull;
	for (unsigned int max_field = 0; max_field < 400; max_field += 13) {
		CHECK(compile_cut(LOG_FORMAT_JSON,
				  "a: %UNIT%\nb: %COMM%%UNIT%\nc: %REQUESTED_SERVER_NAME%\n"
				  "d: %BYTES_SENT%\ne: %BYTES_RECEIVED%%CONNECTION_ID%",
				  max_field));
		checked(render(&r));
	}
	CHECK(compile_cut(LOG_FORMAT_JSON, "a: %UNIT%", -1));
	CHECK(strlen(checked(render(&r))) == 8 + 6 * HEAD_TEXT_MAX);
}

int main(void)
{
	test_default_http();
	test_default_tcp();
	test_custom();
	test_cut();
	test_strings();
	test_any_bytes();
	test_refused();
	test_line_max();
	log_format_free(&format.f);
	return check_end();
}
