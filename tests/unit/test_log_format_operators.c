/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every operator (telemetry specification 2.2). */
#include "log_format_prints.h"

struct expected {
	const char *source, *http, *tcp;
};

static const struct expected messages[] = {
	{ "%REQ(:METHOD)% %REQ(:path)% %REQ(:AUTHORITY)% %REQ(:SCHEME)%",
	  "POST /a?b=c api:8080 http", "- - - -" },
	{ "%REQ(X-A)% \"%REQ(X-A)%\" \"%REQ(X-A)% \" \"\"%REQ(X-A)%\"\"",
	  "one\\x20two \"one two\" \"one\\x20two \" \"\"one\\x20two\"\"",
	  "- \"-\" \"- \" \"\"-\"\"" },
	{ "%REQ(X-NO?X-A):3% %REQ(X-A?X-NO):3% %REQ(X-A):99% %REQUEST_HEADER(X-A):0%",
	  "one one one\\x20two -", "- - - -" },
	{ "%REQ(X-Empty?X-A)% \"%REQ(X-Empty)%\"", "- \"\"", "- \"-\"" },
	{ "%RESP(:STATUS)% %RESP(SERVER)% %RESPONSE_HEADER(server)% %RESP(X-A)%", "200 s s -",
	  "- - - -" },
	{ "%TRAILER(X-T)% %RESPONSE_TRAILER(x-no?x-t)%", "t t", "- -" },
	{ "%REQ_WITHOUT_QUERY(:PATH)% %PATH% %PATH(NQ)% %PATH(WQ:PATH)% %PATH(NQ:ORIG)% %PATH:2%",
	  "/a /a?b=c /a /a?b=c - /a", "- - - - - -" },
	{ "%PROTOCOL% %UPSTREAM_PROTOCOL%", "HTTP/1.1 HTTP/1.1", "- -" },
	{ "%GRPC_STATUS% %GRPC_STATUS(CAMEL_STRING)% %GRPC_STATUS(SNAKE_STRING)% "
	  "%GRPC_STATUS(NUMBER)% %GRPC_STATUS_NUMBER%",
	  "NotFound NotFound NOT_FOUND 5 5", "- - - - -" },
	{ "100%%%%%PROTOCOL%%%", "100%%HTTP/1.1%", "100%%-%" },
	{ "plain", "plain", "plain" },
	{ "%PROTOCOL%\t%REQ(:METHOD)%", "HTTP/1.1\tPOST", "-\t-" },
};

static const struct expected outcomes[] = {
	{ "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_FLAGS_LONG%", "200 - -", "0 - -" },
	{ "%RESPONSE_CODE_DETAILS% %RESPONSE_CODE_DETAILS(ALLOW_WHITESPACES)%",
	  "via_upstream via_upstream", "- -" },
	{ "%CONNECTION_TERMINATION_DETAILS% %DOWNSTREAM_TRANSPORT_FAILURE_REASON% %ROUTE_NAME% "
	  "%ROUNDTRIP_DURATION% %UPSTREAM_TRANSPORT_FAILURE_REASON%",
	  "- - - - -", "- - - - -" },
	{ "%ACCESS_LOG_TYPE% %REPORTER%", "DownstreamEnd source", "TcpConnectionEnd source" },
};

static const struct expected amounts[] = {
	{ "%BYTES_RECEIVED% %BYTES_SENT%", "3 42", "844 5214" },
	{ "%DOWNSTREAM_WIRE_BYTES_RECEIVED% %DOWNSTREAM_WIRE_BYTES_SENT% "
	  "%UPSTREAM_WIRE_BYTES_RECEIVED% %UPSTREAM_WIRE_BYTES_SENT%",
	  "103 242 242 103", "844 5214 5214 844" },
	{ "%DOWNSTREAM_HEADER_BYTES_RECEIVED% %DOWNSTREAM_HEADER_BYTES_SENT% "
	  "%UPSTREAM_HEADER_BYTES_RECEIVED% %UPSTREAM_HEADER_BYTES_SENT%",
	  "100 200 200 100", "0 0 0 0" },
	{ "%DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED% "
	  "%DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT% "
	  "%UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED% "
	  "%UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT%",
	  "100 200 200 100", "0 0 0 0" },
	{ "%DURATION% %REQUEST_DURATION% %REQUEST_TX_DURATION% %RESPONSE_DURATION% "
	  "%RESPONSE_TX_DURATION%",
	  "12 2 2 7 5", "95 - - - -" },
	{ "%COMMON_DURATION(DS_RX_BEG:DS_TX_END:us)% %COMMON_DURATION(US_TX_END:US_RX_BEG:ns)% "
	  "%COMMON_DURATION(DS_TX_BEG:DS_RX_END:ms)% %COMMON_DURATION(US_TX_BEG:US_RX_END:ms)% "
	  "%COMMON_DURATION(DS_CX_BEG:DS_CX_END:ms)%",
	  "12999 4500100 -4 12 -", "- - - - 95" },
	{ "%START_TIME%", "2025-08-04T09:34:57.500Z", "2025-08-04T09:34:57.500Z" },
	{ "%START_TIME(%s.%3f|%f|%1f|%9f)% %START_TIME(%Y/%m/%d %H:%M:%E6S%z %Z %%)%",
	  "1754300097.500|500000000|5|500000000 2025/08/04 09:34:57.500000+0000 UTC %",
	  "1754300097.500|500000000|5|500000000 2025/08/04 09:34:57.500000+0000 UTC %" },
	{ "%START_TIME(%-d.%b %y)% %START_TIME_LOCAL%", "4.Aug 25 2025-08-04T11:34:57.500+0200",
	  "4.Aug 25 2025-08-04T11:34:57.500+0200" },
};

static const struct expected ends[] = {
	{ "%UPSTREAM_HOST% %UPSTREAM_REMOTE_ADDRESS% %UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% "
	  "%UPSTREAM_REMOTE_PORT%",
	  "10.0.0.20:8080 10.0.0.20:8080 10.0.0.20 8080",
	  "10.0.0.20:8080 10.0.0.20:8080 10.0.0.20 8080" },
	{ "%UPSTREAM_LOCAL_ADDRESS% %UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT% %UPSTREAM_LOCAL_PORT%",
	  "10.0.0.10:38416 10.0.0.10 38416", "10.0.0.10:38416 10.0.0.10 38416" },
	{ "%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT% "
	  "%DOWNSTREAM_LOCAL_PORT% %DOWNSTREAM_DIRECT_LOCAL_ADDRESS% "
	  "%DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_DIRECT_LOCAL_PORT%",
	  "10.0.0.20:8080 10.0.0.20 8080 10.0.0.20:8080 10.0.0.20 8080",
	  "10.0.0.20:8080 10.0.0.20 8080 10.0.0.20:8080 10.0.0.20 8080" },
	{ "%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% "
	  "%DOWNSTREAM_REMOTE_PORT% %DOWNSTREAM_DIRECT_REMOTE_ADDRESS% "
	  "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_DIRECT_REMOTE_PORT%",
	  "10.0.0.10:38416 10.0.0.10 38416 10.0.0.10:38416 10.0.0.10 38416",
	  "10.0.0.10:38416 10.0.0.10 38416 10.0.0.10:38416 10.0.0.10 38416" },
	{ "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(24)% %UPSTREAM_HOST%",
	  "10.0.0.0/24 10.0.0.20:8080", "10.0.0.0/24 10.0.0.20:8080" },
	{ "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(29)% "
	  "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(0)% "
	  "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(32)% "
	  "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(33)%",
	  "10.0.0.8/29 0.0.0.0/0 10.0.0.10/32 -", "10.0.0.8/29 0.0.0.0/0 10.0.0.10/32 -" },
	{ "%UPSTREAM_CLUSTER% %UPSTREAM_CLUSTER_RAW%", "PassthroughCluster PassthroughCluster",
	  "PassthroughCluster PassthroughCluster" },
	{ "%REQUESTED_SERVER_NAME% %REQUESTED_SERVER_NAME(SNI_ONLY)% %UPSTREAM_SERVER_NAME%",
	  "- - -", "- - -" },
	{ "%CONNECTION_ID% %UPSTREAM_CONNECTION_ID%", "2748 2748", "2748 2748" },
};

static const struct expected hosts[] = {
	{ "%UNIT% %PEER_UNIT% %COMM% %PID% %TCP_RTT% %TCP_RETRANSMITS%", "- - - - - 0",
	  "- - - - - 0" },
	{ "%ENVIRONMENT(MESHTAP_TEST)% %ENVIRONMENT(MESHTAP_TEST):3% %ENVIRONMENT(MESHTAP_NONE)%",
	  "a\\x20\\x22b a\\x20\\x22 -", "a\\x20\\x22b a\\x20\\x22 -" },
};

static void check_table(const struct expected *table, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		CHECK_STRING(http(table[i].source), table[i].http);
		CHECK_STRING(tcp(table[i].source), table[i].tcp);
	}
}

#define CHECK_TABLE(table) check_table(table, sizeof(table) / sizeof(*(table)))

static void test_server(void)
{
	CHECK_STRING(of("%UPSTREAM_HOST% %UPSTREAM_LOCAL_ADDRESS% %UPSTREAM_LOCAL_PORT% "
			"%UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_LOCAL_ADDRESS% "
			"%DOWNSTREAM_REMOTE_ADDRESS% %UPSTREAM_CLUSTER% %REPORTER%",
			http_record(false)),
		     "10.0.0.10:38416 - - - 10.0.0.10:38416 10.0.0.20:8080 inbound|38416|| "
		     "destination");
}

static void test_masks(void)
{
	struct access_record r = http_record(true);

	tuple.remote_addr[3] = htonl(0xffffffff);
	CHECK_STRING(of("%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(31)% "
			"%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(1)% "
			"%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(32)%",
			r),
		     "255.255.255.254/31 128.0.0.0/1 255.255.255.255/32");
}

static void test_ipv6(void)
{
	struct access_record r = http_record(true);

	tuple.remote_addr[0] = htonl(0x20010db8);
	tuple.remote_addr[1] = htonl(0x12345678);
	tuple.remote_addr[2] = htonl(0x9abcdef0);
	tuple.remote_addr[3] = htonl(0x12345678);
	CHECK_STRING(of("%UPSTREAM_HOST% %UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% "
			"%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(64)% "
			"%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(33)% "
			"%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(128)%",
			r),
		     "[2001:db8:1234:5678:9abc:def0:1234:5678]:8080 "
		     "2001:db8:1234:5678:9abc:def0:1234:5678 2001:db8:1234:5678::/64 "
		     "2001:db8::/33 2001:db8:1234:5678:9abc:def0:1234:5678/128");
}

int main(void)
{
	setenv("TZ", "UTC-2", 1);
	setenv("MESHTAP_TEST", "a \"b", 1);
	unsetenv("MESHTAP_NONE");
	CHECK_TABLE(messages);
	CHECK_TABLE(outcomes);
	CHECK_TABLE(amounts);
	CHECK_TABLE(ends);
	CHECK_TABLE(hosts);
	test_server();
	test_masks();
	test_ipv6();
	log_format_free(&format.f);
	return check_end();
}
