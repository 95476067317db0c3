/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lines of HTTP/2, of records fed by hand: what is known of a request, and what is not. */
#include "stream_steps.h"

static void test_default_text(void)
{
	TEXT(NULL, NULL);
	ASK(1, GET("/a?b=c"), { "user-agent", "curl/8" }, { "x-request-id", "id-1" });
	ANSWER(1, OK, { "x-envoy-upstream-service-time", "4" });
	CHECK_STRING(end(1), "[2025-08-04T09:34:57.500Z] \"GET /a?b=c HTTP/2\" 200 - via_upstream "
			     "- \"-\" 3 42 12 4 \"-\" \"curl/8\" \"id-1\" \"api:8080\" "
			     "\"10.0.0.20:8080\" PassthroughCluster 10.0.0.10:38416 "
			     "10.0.0.20:8080 10.0.0.10:38416 - -");
	ASK(3, GET("/a"), { "x-envoy-original-path", "/was" });
	CHECK_STRING(ended(3, EXCHANGE_DC, 0),
		     "[2025-08-04T09:34:57.500Z] \"GET /was HTTP/2\" 0 DC "
		     "downstream_remote_disconnect - \"-\" 3 42 12 - \"-\" \"-\" \"-\" "
		     "\"api:8080\" \"10.0.0.20:8080\" PassthroughCluster 10.0.0.10:38416 "
		     "10.0.0.20:8080 10.0.0.10:38416 - -");
}

static void test_default_json(void)
{
	start(LOG_FORMAT_JSON, NULL, NULL);
	ASK(1, GET("/a"));
	ANSWER(1, OK, { "x-envoy-upstream-service-time", "4" });
	CHECK_STRING(end(1),
		     "{\"authority\":\"api:8080\",\"bytes_received\":3,\"bytes_sent\":42,"
		     "\"connection_termination_details\":null,"
		     "\"downstream_local_address\":\"10.0.0.20:8080\","
		     "\"downstream_remote_address\":\"10.0.0.10:38416\",\"duration\":12,"
		     "\"method\":\"GET\",\"path\":\"/a\",\"protocol\":\"HTTP/2\","
		     "\"request_id\":null,\"requested_server_name\":null,\"response_code\":200,"
		     "\"response_code_details\":\"via_upstream\",\"response_flags\":\"-\","
		     "\"route_name\":null,\"start_time\":\"2025-08-04T09:34:57.500Z\","
		     "\"upstream_cluster\":\"PassthroughCluster\","
		     "\"upstream_host\":\"10.0.0.20:8080\","
		     "\"upstream_local_address\":\"10.0.0.10:38416\","
		     "\"upstream_service_time\":\"4\","
		     "\"upstream_transport_failure_reason\":null,\"user_agent\":null,"
		     "\"x_forwarded_for\":null}");
}

/* Ids, bytes and times of the record; sizes of heads are not known decompressed. */
static void test_amounts(void)
{
	char line[128];

	TEXT("%CONNECTION_ID% %BYTES_RECEIVED% %BYTES_SENT% %UPSTREAM_WIRE_BYTES_SENT% "
	     "%UPSTREAM_WIRE_BYTES_RECEIVED% %DOWNSTREAM_HEADER_BYTES_RECEIVED% "
	     "%DOWNSTREAM_HEADER_BYTES_SENT% %DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED% "
	     "%UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED% %DURATION% %REQUEST_DURATION% "
	     "%RESPONSE_DURATION% %RESPONSE_TX_DURATION% %UPSTREAM_PROTOCOL%",
	     NULL);
	ASK(1, GET("/"));
	ANSWER(1, OK);
	CHECK_STRING(end(1), "2748 3 42 103 242 90 180 - - 12 2 7 5 HTTP/2");
	TEXT("%STREAM_ID%", NULL);
	ASK(1, GET("/"), { "x-request-id", "id" });
	ASK(31, GET("/"));
	CHECK_STRING(end(1), "id");
	snprintf(line, sizeof(line), "%s", end(31));
	CHECK(strlen(line) == 15);
	CHECK_STRING(line + 8, "-abc-31");
}

static void test_pseudo_headers(void)
{
	TEXT("%REQ(:METHOD)% %REQ(:SCHEME)% %REQ(:AUTHORITY)% %REQ(HOST)% %REQ(:PATH)% "
	     "%REQ_WITHOUT_QUERY(:PATH)% %RESP(:STATUS)%",
	     NULL);
	ASK(1, { ":method", "PUT" }, { ":scheme", "https" }, { ":authority", "a" },
	    { ":path", "/p?q" });
	ANSWER(1, { ":status", "404" });
	CHECK_STRING(end(1), "PUT https a a /p?q /p 404");
	ASK(3, { ":method", "GET" }, { ":scheme", "http" }, { ":path", "?q" }, { "host", "h" });
	CHECK_STRING(end(3), "GET http h h ?q - -");
	ASK(5, GET("*"), { "host", "other" });
	CHECK_STRING(end(5), "GET http api:8080 other * * -");
}

/* RFC 9113 8.5 and RFC 8441. */
static void test_connect(void)
{
	TEXT("%REQ(:METHOD)% %REQ(:PATH)% %REQ(:AUTHORITY)% %REQ(:SCHEME)% %RESPONSE_CODE%", NULL);
	ASK(1, { ":method", "CONNECT" }, { ":authority", "db:5432" });
	ANSWER(1, OK);
	CHECK_STRING(end(1), "CONNECT - db:5432 - 200");
	ASK(3, { ":method", "CONNECT" }, { ":protocol", "websocket" }, { ":scheme", "https" },
	    { ":path", "/chat" }, { ":authority", "web" });
	ANSWER(3, OK);
	CHECK_STRING(end(3), "CONNECT /chat web https 200");
}

static void test_resets(void)
{
	static const char format[] = "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%";

	TEXT(format, NULL);
	ASK(1, GET("/"));
	CHECK_STRING(ended(1, EXCHANGE_DR, 8), "0 DR http2.remote_reset");
	ASK(3, GET("/"));
	CHECK_STRING(ended(3, EXCHANGE_DR, 7), "0 DR http2.remote_refuse");
	ASK(5, GET("/"));
	CHECK_STRING(ended(5, EXCHANGE_UR, 7),
		     "0 UR upstream_reset_before_response_started{remote_reset}");
	ASK(7, GET("/"));
	ANSWER(7, OK);
	CHECK_STRING(ended(7, EXCHANGE_UR, 2),
		     "200 UR upstream_reset_after_response_started{remote_reset}");
	ASK(9, GET("/"));
	CHECK_STRING(ended(9, EXCHANGE_UC, 0),
		     "0 UC upstream_reset_before_response_started{connection_termination}");
	ASK(11, GET("/"));
	ANSWER(11, OK);
	CHECK_STRING(ended(11, EXCHANGE_UC, 0),
		     "200 UC upstream_reset_after_response_started{connection_termination}");
	ASK(13, GET("/"));
	ANSWER(13, OK);
	CHECK_STRING(ended(13, EXCHANGE_DC, 0), "200 DC downstream_remote_disconnect");
}

/* As with HTTP/1: what it says counts when nothing else came, what stands in it never does. */
static void test_interim(void)
{
	TEXT("%RESPONSE_CODE% %RESPONSE_FLAGS% %RESP(LINK)% %RESPONSE_CODE_DETAILS%", NULL);
	ASK(1, GET("/"));
	ANSWER(1, { ":status", "103" }, { "link", "early" });
	CHECK_STRING(ended(1, EXCHANGE_DC, 0), "103 DC - downstream_remote_disconnect");
	ASK(3, GET("/"));
	ANSWER(3, { ":status", "103" }, { "link", "early" });
	CHECK_STRING(ended(3, EXCHANGE_UR, 2),
		     "103 UR - upstream_reset_before_response_started{remote_reset}");
	ASK(5, GET("/"));
	ANSWER(5, { ":status", "100" });
	ANSWER(5, { ":status", "103" }, { "link", "early" });
	ANSWER(5, OK);
	CHECK_STRING(end(5), "200 - - via_upstream");
}

static const char grpc_format[] =
	"%RESPONSE_CODE% %GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)% "
	"%GRPC_STATUS(NUMBER)% %GRPC_STATUS_NUMBER% %TRAILER(GRPC-MESSAGE)%";

static void test_grpc(void)
{
	TEXT(grpc_format, NULL);
	ASK(1, CALL, GRPC);
	ANSWER(1, OK, GRPC);
	ANSWER(1, { "grpc-status", "5" }, { "grpc-message", "no%20such" });
	CHECK_STRING(end(1), "200 NotFound NOT_FOUND 5 5 no%20such");
	ASK(3, CALL, { "content-type", "application/grpc+proto" });
	ANSWER(3, OK, GRPC, { "grpc-status", "4" });
	ANSWER(3, { "grpc-status", "0" });
	CHECK_STRING(end(3), "200 OK OK 0 0 -");
	ASK(5, CALL, GRPC);
	ANSWER(5, OK, GRPC, { "grpc-status", "14" }, { "grpc-message", "head's" });
	CHECK_STRING(end(5), "200 Unavailable UNAVAILABLE 14 14 -"); /* trailers-only */
	ASK(7, CALL, GRPC);
	ANSWER(7, OK, GRPC);
	ANSWER(7, { "grpc-message", "no status" });
	CHECK_STRING(end(7), "200 Unknown UNKNOWN 2 2 no\\x20status");
}

static void test_grpc_derived(void)
{
	TEXT("%GRPC_STATUS_NUMBER%", NULL);
	ASK(1, CALL, GRPC);
	ANSWER(1, OK, GRPC);
	CHECK_STRING(end(1), "2");
	ASK(3, CALL, GRPC);
	ANSWER(3, { ":status", "503" });
	CHECK_STRING(end(3), "14");
	ASK(5, CALL, GRPC);
	CHECK_STRING(ended(5, EXCHANGE_DR, 8), "-");
	ASK(7, CALL, { "content-type", "application/grpc-web" });
	ANSWER(7, OK, { "grpc-status", "5" });
	CHECK_STRING(end(7), "-");
	ASK(9, GET("/"));
	ANSWER(9, OK, { "grpc-status", "5" });
	CHECK_STRING(end(9), "-");
}

/* Many streams at the same time, one head in pieces, one stream that ends without a line. */
static void test_streams(void)
{
	static const struct field request[] = { GET("/pieces"), { "x-id", "p" } };
	const struct record_header silent = { RECORD_STREAM, 3, CONNECTION };

	TEXT("%REQ(:PATH)% %REQ(X-ID)% %RESP(X-ID)%", NULL);
	ASK(1, GET("/1"), { "x-id", "1" });
	ASK(3, GET("/3"), { "x-id", "3" });
	ASK(5, GET("/5"), { "x-id", "5" });
	send_fields(7, 0, request, 5, 3);
	ANSWER(5, OK, { "x-id", "five" });
	ANSWER(1, OK, { "x-id", "one" });
	CHECK_STRING(end(5), "/5 5 five");
	CHECK_STRING(end(7), "/pieces p -");
	take(&silent, sizeof(silent));
	CHECK(near.lines == 2 && !near.state.sampled_out && !near.state.filtered);
	CHECK_STRING(end(1), "/1 1 one");
	CHECK_STRING(end(3), "- - -");
	near.blocks[1][0] = 1;
	CHECK_STRING(end(1), "- - -");
	CHECK(near.state.lines_given == 5 && near.writer.damaged_heads == 2);
}

static void test_filters(void)
{
	TEXT("%REQ(:PATH)%", "response.grpc_status != 0 || response.code >= 400");
	ASK(1, CALL, GRPC);
	ANSWER(1, OK, GRPC);
	ANSWER(1, { "grpc-status", "0" });
	CHECK_STRING(end(1), "");
	ASK(3, CALL, GRPC);
	ANSWER(3, OK, GRPC);
	ANSWER(3, { "grpc-status", "7" });
	CHECK_STRING(end(3), "/pkg.Api/Get");
	ASK(5, GET("/5"));
	ANSWER(5, { ":status", "404" });
	CHECK_STRING(end(5), "/5");
	ASK(7, GET("/7"));
	CHECK_STRING(ended(7, EXCHANGE_DR, 8), "");
	CHECK(near.state.filtered == 2 && near.state.lines_given == 2 && !near.state.sampled_out);
	TEXT("%REQ(:PATH)%", "request.protocol == 'HTTP/2' && request.host == 'api:8080' && "
			     "response.flags == 0x10000000 && request.scheme == 'http'");
	ASK(1, GET("/dr"));
	CHECK_STRING(ended(1, EXCHANGE_DR, 8), "/dr");
	ASK(3, GET("/ur"));
	CHECK_STRING(ended(3, EXCHANGE_UR, 8), "");
}

/* HPACK carries any byte (RFC 9113 8.2.1 forbids them to the peers). */
static void test_hostile(void)
{
	static const char forged[] = "a\r\n[2025] \"GET /forged\\ HTTP/2\" 200\n";

	TEXT("\"%REQ(USER-AGENT)%\" \"%REQ(:PATH)%\" %TRAILER(X)% %REQ(:METHOD)%", NULL);
	ASK(1, { ":method", "G\" T" }, { ":path", forged },
	    { "user-agent", "a" NUL "b\xff\xc3\xa9" });
	ANSWER(1, OK);
	ANSWER(1, { "x", "\r\n\"\\\x7f" });
	CHECK_STRING(end(1), "\"a\\x00b\\xFF\\xC3\\xA9\" \"a\\x0D\\x0A[2025] "
			     "\\x22GET /forged\\x5C HTTP/2\\x22 200\\x0A\" "
			     "\\x0D\\x0A\\x22\\x5C\\x7F G\\x22\\x20T");
	start(LOG_FORMAT_JSON, "a: %REQ(USER-AGENT)%\np: %REQ(:PATH)%", NULL);
	ASK(1, { ":method", "GET" }, { ":path", forged },
	    { "user-agent", "a" NUL "b\xff\xc3\xa9" });
	CHECK_STRING(end(1), "{\"a\":\"a\\u0000b\\ufffd\xc3\xa9\",\"p\":\"a\\r\\n[2025] "
			     "\\\"GET /forged\\\\ HTTP/2\\\" 200\\n\"}");
}

static void test_alternatives(void)
{
	TEXT("%REQ(X-A?X-B)% %RESP(X-A?X-B)% %TRAILER(X-A?X-B)%", NULL);
	ASK(1, GET("/"), { "x-a", "a" }, { "x-b", "b" });
	ANSWER(1, OK, { "x-b", "b" });
	ANSWER(1, { "x-b", "b" });
	CHECK_STRING(end(1), "a b b");
}

int main(void)
{
	test_default_text();
	test_default_json();
	test_amounts();
	test_pseudo_headers();
	test_connect();
	test_resets();
	test_interim();
	test_grpc();
	test_grpc_derived();
	test_streams();
	test_filters();
	test_hostile();
	test_alternatives();
	stop();
	return check_end();
}
