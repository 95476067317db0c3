/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lines against the format of the telemetry specification, 2.1 to 2.4. */
#include "access_line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "check.h"

#define MS 1000000ull

static char line[ACCESS_LINE_MAX + 1];

static struct tuple ipv4(void)
{
	struct tuple t = { .local_port = htons(38416), .remote_port = htons(8080) };

	t.local_addr[2] = t.remote_addr[2] = htonl(0xffff);
	t.local_addr[3] = htonl(0x0a00000a);
	t.remote_addr[3] = htonl(0x0a000014);
	return t;
}

static struct exchange ok(void)
{
	return (struct exchange){
		.started_ns = 1500 * MS,
		.ended_ns = 1512 * MS + 999999,
		.request_body = 3,
		.response_body = 42,
		.status = 200,
		.minor = 1,
	};
}

static void keep(struct http_head *ret, enum head_side side, const char *head)
{
	*ret = (struct http_head){ .response = side == HEAD_RESPONSE };
	if (head)
		http_head_append(ret, &access_line_wanted[side],
				 (struct head_text){ head, strlen(head) });
}

static const char *http(const char *request, const char *response, const struct exchange *x,
			bool is_client)
{
	struct tuple t = ipv4();
	struct access_end end = { &t, is_client, 1754300096ll * 1000000000 };
	struct exchange_heads heads = {};
	struct http_head kept[HEAD_SIDES];
	size_t n;

	keep(&kept[HEAD_REQUEST], HEAD_REQUEST, request);
	keep(&kept[HEAD_RESPONSE], HEAD_RESPONSE, response);
	for (int i = 0; i < HEAD_SIDES; i++)
		heads.side[i] = (struct head_text){ kept[i].text, kept[i].length };
	n = access_line_http(line, &end, x, &heads);
	for (int i = 0; i < HEAD_SIDES; i++)
		http_head_free(&kept[i]);
	CHECK(n && n < sizeof(line) && line[n - 1] == '\n');
	line[n - 1] = '\0';
	CHECK(strlen(line) == n - 1 && !strchr(line, '\n'));
	return line;
}

#define CLIENT                                                                                     \
	"\"10.0.0.20:8080\" PassthroughCluster 10.0.0.10:38416 10.0.0.20:8080 10.0.0.10:38416 - -"
#define SERVER "\"10.0.0.10:38416\" inbound|38416|| - 10.0.0.10:38416 10.0.0.20:8080 - -"
#define START  "[2025-08-04T09:34:57.500Z] "
#define OK     "200 - via_upstream - \"-\" 3 42 12 "

static void test_exchange(void)
{
	struct exchange x = ok();

	CHECK_STRING(http("POST /a?b=c HTTP/1.1\r\nHost: api:8080\r\nUSER-AGENT:\tcurl/8 \r\n"
			  "X-Forwarded-For: 1.2.3.4, 5.6.7.8\r\nx-forwarded-for: 9.9.9.9\r\n"
			  "X-Request-Id: id-1\r\n\r\nHost: body",
			  "HTTP/1.1 200 OK\r\nX-Envoy-Upstream-Service-Time: 7\r\n\r\n", &x, true),
		     START "\"POST /a?b=c HTTP/1.1\" " OK
			   "7 \"1.2.3.4, 5.6.7.8\" \"curl/8\" \"id-1\" \"api:8080\" " CLIENT);
	CHECK_STRING(http("\r\nGET / HTTP/1.1\nHost:h\n\n", NULL, &x, false),
		     START "\"GET / HTTP/1.1\" " OK "- \"-\" \"-\" \"-\" \"h\" " SERVER);
	CHECK_STRING(http(NULL, NULL, &x, true),
		     START "\"- - HTTP/1.1\" " OK "- \"-\" \"-\" \"-\" \"-\" " CLIENT);
	x.minor = 0;
	x.ended_ns = x.started_ns - 1;
	CHECK_STRING(
		http("GET / HTTP/1.0\r\nX-ENVOY-ORIGINAL-PATH: /orig\r\nHost: \r\n\r\n", NULL, &x,
		     true),
		START
		"\"GET /orig HTTP/1.0\" 200 - via_upstream - \"-\" 3 42 0 - \"-\" \"-\" \"-\" \"\" " CLIENT);
}

static void test_targets(void)
{
	struct exchange x = ok();

	CHECK(strstr(http("CONNECT a:443 HTTP/1.1\r\n\r\n", NULL, &x, true),
		     "\"CONNECT - HTTP/1.1\""));
	CHECK(strstr(line, "\"-\" \"-\" \"-\" \"a:443\" "));
	CHECK(strstr(http("CONNECT a:443 HTTP/1.1\r\nHost: b\r\n\r\n", NULL, &x, true),
		     "\"-\" \"a:443\" "));
	CHECK(strstr(http("GET http://a/x?y HTTP/1.1\r\nHost: b\r\n\r\n", NULL, &x, true),
		     "\"GET /x?y HTTP/1.1\""));
	CHECK(strstr(line, "\"-\" \"a\" "));
	CHECK(strstr(http("GET http://a?y HTTP/1.1\r\n\r\n", NULL, &x, true),
		     "\"GET /?y HTTP/1.1\""));
	CHECK(strstr(http("GET http://a HTTP/1.1\r\n\r\n", NULL, &x, true), "\"GET / HTTP/1.1\""));
	CHECK(strstr(http("GET /x?u=http://b/ HTTP/1.1\r\n\r\n", NULL, &x, true),
		     "\"GET /x?u=http://b/ HTTP/1.1\""));
	CHECK(strstr(http("OPTIONS * HTTP/1.1\r\n\r\n", NULL, &x, true), "\"OPTIONS * HTTP/1.1\""));
	CHECK(strstr(http("GET /a b HTTP/1.1\r\n\r\n", NULL, &x, true),
		     "\"GET /a\\x20b HTTP/1.1\""));
	CHECK(strstr(http("GET /", NULL, &x, true), "\"GET / HTTP/1.1\"")); /* cut */
	CHECK(strstr(http("GET", NULL, &x, true), "\"GET - HTTP/1.1\""));
	CHECK(strstr(http("", NULL, &x, true), "\"- - HTTP/1.1\""));
}

static void test_flags(void)
{
	static const char *const should[] = {
		" 0 DC downstream_remote_disconnect - \"-\" ",
		" 0 UC upstream_reset_before_response_started{connection_termination} - \"-\" ",
		" 0 UPE upstream_reset_after_response_started{protocol_error} - \"-\" ",
	};
	struct exchange x = ok();

	x.status = 0;
	for (x.flag = EXCHANGE_DC; x.flag <= EXCHANGE_UPE; x.flag++)
		CHECK(strstr(http("GET / HTTP/1.1\r\n\r\n", NULL, &x, true), should[x.flag - 1]));
}

static void test_hostile_bytes(void)
{
	static const char head[] =
		"GET /\"\\\x01\x7f\xc3\xa4 HTTP/1.1\r\nUser-Agent: a\" 200\r\x1b[0m\\\r\n"
		"Host : no\r\n Host: folded\r\nHostile: no\r\nX-Request-Id: a\tb\r\n\r\n";
	struct exchange x = ok();

	http(head, "HTTP/1.1 200 OK\nx-envoy-upstream-service-time: 1 \"2\n\n", &x, true);
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
	struct exchange x = ok();

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
		CHECK_STRING(http(head, NULL, &x, true), should);
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
	struct exchange x = ok();
	struct tuple t = ipv4();
	struct access_end end = { &t, true, 1754300096ll * 1000000000 };
	unsigned int fields = count_fields(http(request, response, &x, true));
	__u32 random = 1;

	CHECK(fields == 22);
	for (int run = 0; run < 5000; run++) {
		char heads[2][sizeof(request)];
		struct exchange_heads kept = {};
		size_t n;

		memcpy(heads[0], request, sizeof(request));
		memcpy(heads[1], response, sizeof(response));
		for (int i = 0; i < 12; i++) {
			random = random * 1664525 + 1013904223;
			n = i & 1 ? sizeof(response) : sizeof(request);
			heads[i & 1][(random >> 8) % n] =
				"\0\n\r\"\\\t \x1b\x7f\xc3\xff:"[(random >> 24) % 13];
		}
		kept.side[0] = (struct head_text){ heads[0], sizeof(request) };
		kept.side[1] = (struct head_text){ heads[1], sizeof(response) };
		n = access_line_http(line, &end, &x, &kept);
		CHECK(n > 1 && line[n - 1] == '\n');
		line[n - 1] = '\0';
		CHECK(strlen(line) == n - 1 && count_fields(line) == fields);
	}
}

static const char *tcp(const struct tuple *t, int error, bool is_client)
{
	struct access_end end = { t, is_client, 1754300096ll * 1000000000 };
	struct access_tcp x = { 1500 * MS, 1595 * MS, 844, 5214, error };
	size_t n = access_line_tcp(line, &end, &x);

	line[n - 1] = '\0';
	return line;
}

static void test_tcp(void)
{
	struct tuple t = ipv4();
	struct tuple v6 = { .local_port = htons(1), .remote_port = htons(443) };

	CHECK_STRING(tcp(&t, 0, true),
		     START "\"- - -\" 0 - - - \"-\" 844 5214 95 - \"-\" \"-\" \"-\" \"-\" " CLIENT);
	CHECK_STRING(
		tcp(&t, ECONNREFUSED, true), START
		"\"- - -\" 0 UF - - \"delayed_connect_error:_Connection_refused\" 844 5214 95 - "
		"\"-\" \"-\" \"-\" \"-\" " CLIENT);
	CHECK(strstr(tcp(&t, ETIMEDOUT, true), " 0 UF - - \"connection_timeout\" "));
	CHECK(strstr(tcp(&t, EHOSTUNREACH, true), "\"delayed_connect_error:_No_route_to_host\""));
	v6.local_addr[3] = htonl(1);
	v6.remote_addr[0] = htonl(0x20010db8);
	v6.remote_addr[3] = htonl(2);
	CHECK(strstr(
		tcp(&v6, 0, true),
		"\"[2001:db8::2]:443\" PassthroughCluster [::1]:1 [2001:db8::2]:443 [::1]:1 - -"));
}

/* The longest heads, every byte escaped, are one line that fits; fields beyond a head's size are
 * none. */
static void test_longest(void)
{
	char *request = malloc(HEAD_TEXT_MAX + 1), *response = malloc(HEAD_TEXT_MAX + 1);
	struct exchange x = ok();
	static const char r[] = "HTTP/1.1 200 OK\r\nx-envoy-upstream-service-time:a";

	CHECK(request && response);
	if (!request || !response)
		return;
	memset(request, '\x01', HEAD_TEXT_MAX);
	memset(response, '"', HEAD_TEXT_MAX);
	memcpy(request, "G ", 2);
	memcpy(response, r, sizeof(r) - 1);
	request[HEAD_TEXT_MAX] = response[HEAD_TEXT_MAX] = '\0';
	memcpy(response + HEAD_TEXT_MAX - 1, "\n", 1);
	http(request, response, &x, true);
	CHECK(strlen(line) > 7 * HEAD_TEXT_MAX);
	CHECK(strstr(line, CLIENT));
	free(request);
	free(response);
}

int main(void)
{
	test_exchange();
	test_targets();
	test_flags();
	test_hostile_bytes();
	test_every_byte();
	test_any_bytes();
	test_tcp();
	test_longest();
	return check_end();
}
