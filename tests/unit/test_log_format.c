/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Istio's default text format, byte by byte (telemetry specification 2.1 to 2.4). */
#include "log_format_records.h"

#include <errno.h>
#include <time.h>

#define CLIENT                                                                                     \
	"\"10.0.0.20:8080\" PassthroughCluster 10.0.0.10:38416 10.0.0.20:8080 10.0.0.10:38416 - -"
#define SERVER "\"10.0.0.10:38416\" inbound|38416|| - 10.0.0.10:38416 10.0.0.20:8080 - -"
#define START  "[2025-08-04T09:34:57.500Z] "
#define OK     "200 - via_upstream - \"-\" 3 42 12 "

static const char *http(const char *request, const char *response, struct access_record r)
{
	return render_heads(&r, request, response, NULL);
}

static void test_exchange(void)
{
	struct access_record r = http_record(true);

	CHECK_STRING(http("POST /a?b=c HTTP/1.1\r\nHost: api:8080\r\nUSER-AGENT:\tcurl/8 \r\n"
			  "X-Forwarded-For: 1.2.3.4, 5.6.7.8\r\nx-forwarded-for: 9.9.9.9\r\n"
			  "X-Request-Id: id-1\r\n\r\nHost: body",
			  "HTTP/1.1 200 OK\r\nX-Envoy-Upstream-Service-Time: 7\r\n\r\n", r),
		     START "\"POST /a?b=c HTTP/1.1\" " OK
			   "7 \"1.2.3.4, 5.6.7.8\" \"curl/8\" \"id-1\" \"api:8080\" " CLIENT);
	CHECK_STRING(http("\r\nGET / HTTP/1.1\nHost:h\n\n", NULL, http_record(false)),
		     START "\"GET / HTTP/1.1\" " OK "- \"-\" \"-\" \"-\" \"h\" " SERVER);
	CHECK_STRING(http(NULL, NULL, r),
		     START "\"- - HTTP/1.1\" " OK "- \"-\" \"-\" \"-\" \"-\" " CLIENT);
	r.minor = 0;
	r.ended_ns = r.started_ns - 1;
	CHECK_STRING(
		http("GET / HTTP/1.0\r\nX-ENVOY-ORIGINAL-PATH: /orig\r\nHost: \r\n\r\n", NULL, r),
		START
		"\"GET /orig HTTP/1.0\" 200 - via_upstream - \"-\" 3 42 0 - \"-\" \"-\" \"-\" \"\" " CLIENT);
}

static void test_targets(void)
{
	struct access_record r = http_record(true);

	CHECK(strstr(http("CONNECT a:443 HTTP/1.1\r\n\r\n", NULL, r), "\"CONNECT - HTTP/1.1\""));
	CHECK(strstr(line, "\"-\" \"-\" \"-\" \"a:443\" "));
	CHECK(strstr(http("CONNECT a:443 HTTP/1.1\r\nHost: b\r\n\r\n", NULL, r),
		     "\"-\" \"a:443\" "));
	CHECK(strstr(http("GET http://a/x?y HTTP/1.1\r\nHost: b\r\n\r\n", NULL, r),
		     "\"GET /x?y HTTP/1.1\""));
	CHECK(strstr(line, "\"-\" \"a\" "));
	CHECK(strstr(http("GET http://a?y HTTP/1.1\r\n\r\n", NULL, r), "\"GET /?y HTTP/1.1\""));
	CHECK(strstr(http("GET / HTTP/1.1\r\nx-envoy-original-path: ?y\r\n\r\n", NULL, r),
		     "\"GET ?y HTTP/1.1\""));
	CHECK(strstr(http("GET http://a HTTP/1.1\r\n\r\n", NULL, r), "\"GET / HTTP/1.1\""));
	CHECK(strstr(http("GET /x?u=http://b/ HTTP/1.1\r\n\r\n", NULL, r),
		     "\"GET /x?u=http://b/ HTTP/1.1\""));
	CHECK(strstr(http("OPTIONS * HTTP/1.1\r\n\r\n", NULL, r), "\"OPTIONS * HTTP/1.1\""));
	CHECK(strstr(http("GET /a b HTTP/1.1\r\n\r\n", NULL, r), "\"GET /a\\x20b HTTP/1.1\""));
	CHECK(strstr(http("GET /", NULL, r), "\"GET / HTTP/1.1\"")); /* cut */
	CHECK(strstr(http("GET", NULL, r), "\"GET - HTTP/1.1\""));
	CHECK(strstr(http("", NULL, r), "\"- - HTTP/1.1\""));
}

static void test_flags(void)
{
	static const char *const should[] = {
		" 0 DC downstream_remote_disconnect - \"-\" ",
		" 0 UC upstream_reset_before_response_started{connection_termination} - \"-\" ",
		" 0 UPE upstream_reset_after_response_started{protocol_error} - \"-\" ",
	};
	struct access_record r = http_record(true);

	r.status = 0;
	for (r.flag = EXCHANGE_DC; r.flag <= EXCHANGE_UPE; r.flag++)
		CHECK(strstr(http("GET / HTTP/1.1\r\n\r\n", NULL, r), should[r.flag - 1]));
}

static void test_hostile_bytes(void)
{
	static const char head[] =
		"GET /\"\\\x01\x7f\xc3\xa4 HTTP/1.1\r\nUser-Agent: a\" 200\r\x1b[0m\\\r\n"
		"Host : no\r\n Host: folded\r\nHostile: no\r\nX-Request-Id: a\tb\r\n\r\n";

	http(head, "HTTP/1.1 200 OK\nx-envoy-upstream-service-time: 1 \"2\n\n", http_record(true));
	CHECK(strstr(line, "\"GET /\\x22\\x5C\\x01\\x7F\\xC3\\xA4 HTTP/1.1\" "));
	CHECK(strstr(line,
		     " 12 1\\x20\\x222 \"-\" \"a\\x22 200\\x0D\\x1B[0m\\x5C\" \"a\\x09b\" \"-\" "));
}

/* What a field must be, from the definition: printable ASCII but `"` and `\` as it is. */
static void expect(char *ret, unsigned char c, bool quoted)
{
	if (c > 0x20 && c < 0x7f && c != '"' && c != '\\')
		sprintf(ret, "(%c)", c);
	else if (c == ' ' && quoted)
		strcpy(ret, "( )");
	else
		sprintf(ret, "(\\x%02X)", c);
}

/* Every byte but LF, which ends a line, in every field. */
static void test_every_byte(void)
{
	for (int c = 1; c < 256; c++) {
		char bare[16], quoted[16], head[256], should[512];

		if (c == '\n')
			continue;
		expect(bare, c, false);
		expect(quoted, c, true);
		snprintf(head, sizeof(head),
			 "GET /(%c) HTTP/1.1\r\nhost: (%c)\r\nuser-agent: (%c)\r\n"
			 "x-request-id: (%c)\r\nx-forwarded-for: (%c)\r\n\r\n",
			 c, c, c, c, c);
		snprintf(should, sizeof(should),
			 START "\"GET /%s HTTP/1.1\" " OK "- \"%s\" \"%s\" \"%s\" \"%s\" " CLIENT,
			 bare, quoted, quoted, quoted, quoted);
		CHECK_STRING(http(head, NULL, http_record(true)), should);
	}
}

/* Fields as a reader splits the line: quotes and blanks. */
static unsigned int count_fields(const char *s)
{
	unsigned int n = 1;
	bool in_quotes = false;

	for (; *s; s++) {
		CHECK(*s >= 0x20 && *s < 0x7f);
		in_quotes ^= *s == '"';
		n += *s == ' ' && !in_quotes;
	}
	CHECK(!in_quotes);
	return n;
}

/* Heads of any bytes, NUL among them, are one line of as many fields as ever. */
static void test_any_bytes(void)
{
	static const char request[] =
		"GET / HTTP/1.1\r\nhost: h\r\nuser-agent: a\r\nx-request-id: b\r\n"
		"x-forwarded-for: c\r\nx-envoy-original-path: /\r\n\r\n";
	static const char response[] =
		"HTTP/1.1 200 OK\r\nx-envoy-upstream-service-time: 7\r\n\r\n";
	unsigned int fields = count_fields(http(request, response, http_record(true)));
	__u32 random = 1;

	CHECK(fields == 22);
	for (int run = 0; run < 5000; run++) {
		struct access_record r = http_record(true);
		struct head_text heads[HEAD_SIDES] = {};
		char bytes[2][sizeof(request)];

		memcpy(bytes[0], request, sizeof(request));
		memcpy(bytes[1], response, sizeof(response));
		for (int i = 0; i < 12; i++) {
			size_t n = i & 1 ? sizeof(response) : sizeof(request);

			random = random * 1664525 + 1013904223;
			bytes[i & 1][(random >> 8) % n] =
				"\0\n\r\"\\\t \x1b\x7f\xc3\xff:"[(random >> 24) % 13];
		}
		heads[0] = (struct head_text){ bytes[0], sizeof(request) };
		heads[1] = (struct head_text){ bytes[1], sizeof(response) };
		set_heads(&r, heads);
		CHECK(count_fields(render(&r)) == fields);
	}
}

static const char *tcp(int error)
{
	struct access_record r = tcp_record(true, error);

	return render(&r);
}

static void test_tcp(void)
{
	struct access_record r;

	CHECK_STRING(tcp(0),
		     START "\"- - -\" 0 - - - \"-\" 844 5214 95 - \"-\" \"-\" \"-\" \"-\" " CLIENT);
	CHECK_STRING(
		tcp(ECONNREFUSED), START
		"\"- - -\" 0 UF - - \"delayed_connect_error:_Connection_refused\" 844 5214 95 - "
		"\"-\" \"-\" \"-\" \"-\" " CLIENT);
	CHECK(strstr(tcp(ETIMEDOUT), " 0 UF - - \"connection_timeout\" "));
	CHECK(strstr(tcp(EHOSTUNREACH), "\"delayed_connect_error:_No_route_to_host\""));
	r = tcp_record(true, 0);
	tuple = (struct tuple){ .local_port = htons(1), .remote_port = htons(443) };
	tuple.local_addr[3] = htonl(1);
	tuple.remote_addr[0] = htonl(0x20010db8);
	tuple.remote_addr[3] = htonl(2);
	CHECK(strstr(
		render(&r),
		"\"[2001:db8::2]:443\" PassthroughCluster [::1]:1 [2001:db8::2]:443 [::1]:1 - -"));
	r.server_name = (struct head_text){ "www.example.org", 15 };
	CHECK(strstr(render(&r), " [::1]:1 www.example.org -"));
}

/* The longest heads, every byte escaped, are one line that fits. */
static void test_longest(void)
{
	char *request = malloc(HEAD_TEXT_MAX + 1), *response = malloc(HEAD_TEXT_MAX + 1);
	static const char r[] = "HTTP/1.1 200 OK\r\nx-envoy-upstream-service-time:a";

	CHECK(request && response && compile_cut(LOG_FORMAT_TEXT, NULL, HEAD_TEXT_MAX));
	if (!request || !response)
		return;
	memset(request, '\x01', HEAD_TEXT_MAX);
	memset(response, '"', HEAD_TEXT_MAX);
	memcpy(request, "G ", 2);
	memcpy(response, r, sizeof(r) - 1);
	request[HEAD_TEXT_MAX] = response[HEAD_TEXT_MAX] = '\0';
	memcpy(response + HEAD_TEXT_MAX - 1, "\n", 1);
	http(request, response, http_record(true));
	CHECK(strlen(line) > 7 * HEAD_TEXT_MAX);
	CHECK(strstr(line, CLIENT));
	free(request);
	free(response);
}

static void test_needs(void)
{
	CHECK(compile(LOG_FORMAT_TEXT, ""));
	CHECK(format.needs.headers[HEAD_REQUEST].count == 5);
	CHECK(format.needs.headers[HEAD_RESPONSE].count == 1);
	CHECK(format.needs.headers[HEAD_TRAILER].count == 0);
	CHECK(format.needs.server_name && !format.needs.unit);
	CHECK(compile(LOG_FORMAT_TEXT, "%PID% %UNIT%"));
	CHECK(!format.needs.server_name && format.needs.unit);
}

static void test_realtime(void)
{
	struct timespec mono, real;
	__s64 offset = access_record_realtime(), about;

	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_REALTIME, &real);
	about = (real.tv_sec - mono.tv_sec) * 1000000000ll + real.tv_nsec - mono.tv_nsec;
	CHECK(llabs(offset - about) < 1000000000ll);
}

int main(void)
{
	CHECK(compile(LOG_FORMAT_TEXT, NO_SOURCE));
	test_exchange();
	test_targets();
	test_flags();
	test_hostile_bytes();
	test_every_byte();
	test_any_bytes();
	test_tcp();
	test_longest();
	test_needs();
	test_realtime();
	log_format_free(&format.f);
	return check_end();
}
