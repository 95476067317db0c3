/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Operators of which one record does not show all (telemetry specification 2.2 to 2.4). */
#include "log_format_prints.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#define TEXT(t) ((struct head_text){ t, sizeof(t) - 1 })

static void test_flags(void)
{
	static const char *const should[] = {
		[EXCHANGE_DC] = "DC DownstreamConnectionTermination downstream_remote_disconnect",
		[EXCHANGE_UC] = "UC UpstreamConnectionTermination "
				"upstream_reset_before_response_started{connection_termination}",
		[EXCHANGE_UPE] = "UPE UpstreamProtocolError "
				 "upstream_reset_after_response_started{protocol_error}",
	};
	static const char source[] =
		"%RESPONSE_FLAGS% %RESPONSE_FLAGS_LONG% %RESPONSE_CODE_DETAILS%";
	struct access_record r = http_record(true), failed = tcp_record(true, ECONNREFUSED);

	for (r.flag = EXCHANGE_DC; r.flag <= EXCHANGE_UPE; r.flag++)
		CHECK_STRING(of(source, r), should[r.flag]);
	r.flag = EXCHANGE_UR + 1;
	CHECK_STRING(of(source, r), "- - via_upstream");
	CHECK_STRING(of(source, failed), "UF UpstreamConnectionFailure -");
	CHECK_STRING(of("%UPSTREAM_TRANSPORT_FAILURE_REASON%", failed),
		     "delayed_connect_error:_Connection_refused");
	failed.error = ETIMEDOUT;
	CHECK_STRING(of("%UPSTREAM_TRANSPORT_FAILURE_REASON%", failed), "connection_timeout");
	failed.is_open = true;
	CHECK_STRING(of("%ACCESS_LOG_TYPE% %TCP_RTT% %TCP_RETRANSMITS%", failed),
		     "TcpPeriodic - -");
}

/* An interim response is no start of one; what is not known is not said. */
static void test_flags_http2(void)
{
	static const struct {
		int flag, status;
		bool unknown;
		unsigned int reset_code;
		const char *line;
	} cases[] = {
		{ EXCHANGE_DR, 0, false, 8, "0 DR DownstreamRemoteReset http2.remote_reset" },
		{ EXCHANGE_DR, 200, false, 7, "200 DR DownstreamRemoteReset http2.remote_refuse" },
		{ EXCHANGE_DR, 0, true, 8, "- DR DownstreamRemoteReset http2.remote_reset" },
		{ EXCHANGE_UR, 0, false, 7,
		  "0 UR UpstreamRemoteReset "
		  "upstream_reset_before_response_started{remote_reset}" },
		{ EXCHANGE_UR, 100, false, 2,
		  "100 UR UpstreamRemoteReset "
		  "upstream_reset_before_response_started{remote_reset}" },
		{ EXCHANGE_UR, 200, false, 2,
		  "200 UR UpstreamRemoteReset upstream_reset_after_response_started{remote_reset}" },
		{ EXCHANGE_UR, 0, true, 2, "- UR UpstreamRemoteReset -" },
		{ EXCHANGE_UC, 0, false, 0,
		  "0 UC UpstreamConnectionTermination "
		  "upstream_reset_before_response_started{connection_termination}" },
		{ EXCHANGE_UC, 404, false, 0,
		  "404 UC UpstreamConnectionTermination "
		  "upstream_reset_after_response_started{connection_termination}" },
		{ EXCHANGE_UC, 0, true, 0, "- UC UpstreamConnectionTermination -" },
		{ EXCHANGE_DC, 0, true, 0,
		  "- DC DownstreamConnectionTermination downstream_remote_disconnect" },
	};
	struct access_record r = http_record(true);

	r.is_http2 = true;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		r.flag = cases[i].flag;
		r.status = cases[i].status;
		r.status_unknown = cases[i].unknown;
		r.reset_code = cases[i].reset_code;
		CHECK_STRING(of("%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_FLAGS_LONG% "
				"%RESPONSE_CODE_DETAILS%",
				r),
			     cases[i].line);
	}
}

static const char *grpc(const char *source, const char *type, const char *header,
			const char *in_trailer, unsigned int status)
{
	char heads[3][128];
	struct access_record r = http_record(true);

	CHECK(compile(LOG_FORMAT_TEXT, source));
	snprintf(heads[0], sizeof(heads[0]), "POST / HTTP/1.1\r\ncontent-type: %s\r\n\r\n", type);
	snprintf(heads[1], sizeof(heads[1]), "HTTP/1.1 200 OK\r\n%s\r\n\r\n", header);
	snprintf(heads[2], sizeof(heads[2]), "T\r\n%s\r\n\r\n", in_trailer);
	r.status = status;
	return render_heads(&r, heads[0], heads[1], heads[2]);
}

static void test_grpc(void)
{
	static const struct {
		unsigned int http;
		const char *grpc;
	} derived[] = { { 200, "2" },  { 400, "13" }, { 401, "16" }, { 403, "7" },
			{ 404, "12" }, { 429, "14" }, { 502, "14" }, { 503, "14" },
			{ 504, "14" }, { 500, "2" },  { 0, "-" } };
	static const char n[] = "%GRPC_STATUS_NUMBER%",
			  all[] = "%GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)%";

	for (size_t i = 0; i < sizeof(derived) / sizeof(*derived); i++)
		CHECK_STRING(grpc(n, "application/grpc", "", "", derived[i].http), derived[i].grpc);
	CHECK_STRING(grpc(n, "application/grpc+proto", "grpc-status: 4", "", 200), "4");
	CHECK_STRING(grpc(n, "application/grpc", "grpc-status: 4", "grpc-status: 0", 200), "0");
	CHECK_STRING(grpc(n, "application/grpc-web", "grpc-status: 4", "", 200), "-");
	CHECK_STRING(grpc(n, "application/grpc;x", "grpc-status: 4", "", 200), "-");
	CHECK_STRING(grpc(n, "text/plain", "", "grpc-status: 4", 200), "-");
	CHECK_STRING(grpc(n, "application/grpc", "grpc-status: 4x", "", 200), "-1");
	CHECK_STRING(grpc(n, "application/grpc", "grpc-status: 99999999999", "", 200), "-1");
	CHECK_STRING(grpc(all, "application/grpc", "grpc-status: x", "", 200), "-1 -1");
	CHECK_STRING(grpc(all, "application/grpc", "grpc-status: 1", "", 200),
		     "Canceled CANCELLED");
	CHECK_STRING(grpc(all, "application/grpc", "grpc-status: 0", "", 200), "OK OK");
	CHECK_STRING(grpc(all, "application/grpc", "grpc-status: 16", "", 200),
		     "Unauthenticated UNAUTHENTICATED");
	CHECK_STRING(grpc(all, "application/grpc", "grpc-status: 17", "", 200), "17 17");
}

/* The boot's part of the id, from where the kernel says it. */
static void boot_id(char ret[9])
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	CHECK(f && fread(ret, 1, 8, f) == 8);
	ret[8] = '\0';
	if (f)
		fclose(f);
}

static void test_stream_id(void)
{
	struct access_record r = http_record(true);
	char boot[9], should[64];

	boot_id(boot);
	CHECK_STRING(http("%STREAM_ID%"), "id-1");
	snprintf(should, sizeof(should), "%s-abc-7", boot);
	CHECK_STRING(render_heads(&r, "GET / HTTP/1.1\r\n\r\n", NULL, NULL), should);
	CHECK_STRING(render_heads(&r, "GET / HTTP/1.1\r\nx-request-id:\r\n\r\n", NULL, NULL),
		     should);
	snprintf(should, sizeof(should), "%s-abc-0", boot);
	CHECK_STRING(tcp("%STREAM_ID%"), should);
}

static void test_host(void)
{
	struct access_record r = http_record(true);
	char name[256];

	r.unit = TEXT("a b.service");
	r.peer_unit = TEXT("db.service");
	r.comm = TEXT("ng\x01nx");
	r.pid = 4711;
	r.rtt_us = 250;
	r.retransmits = 3;
	CHECK_STRING(of("%UNIT% %PEER_UNIT% %COMM% %PID% %TCP_RTT% %TCP_RETRANSMITS%", r),
		     "a\\x20b.service db.service ng\\x01nx 4711 250 3");
	CHECK(!gethostname(name, sizeof(name)));
	CHECK_STRING(http("%HOSTNAME%"), name);
	r.server_name = TEXT("www.example.org");
	CHECK_STRING(of("%REQUESTED_SERVER_NAME% %UPSTREAM_SERVER_NAME%", r),
		     "www.example.org www.example.org");
}

/* What never came, and clocks at their ends. */
static void test_times(void)
{
	struct access_record r = http_record(true);

	r.request_ended_ns = r.response_started_ns = 0;
	CHECK_STRING(of("%REQUEST_DURATION% %REQUEST_TX_DURATION% %RESPONSE_DURATION% "
			"%RESPONSE_TX_DURATION% %COMMON_DURATION(DS_RX_BEG:DS_TX_END:ms)%",
			r),
		     "- - - - -");
	r.realtime_ns = 0;
	r.started_ns = 1;
	CHECK_STRING(of("%START_TIME% %START_TIME(%s %9f)%", r),
		     "1970-01-01T00:00:00.000Z 0 000000001");
	r.realtime_ns = -2;
	CHECK_STRING(of("%START_TIME% %START_TIME(%s %9f)%", r),
		     "1969-12-31T23:59:59.999Z -1 999999999");
	r.realtime_ns = INT64_MIN;
	CHECK_STRING(of("%START_TIME%", r), "1677-09-21T00:12:43.145Z");
}

/* The second is kept, the fraction is not. */
static void test_same_second(void)
{
	struct access_record r = http_record(true);

	CHECK_STRING(of("%START_TIME(%S.%2f)%", r), "57.50");
	for (int i = 0; i < 200; i++) {
		char should[16];

		r.started_ns = 1500 * MS + i * 10 * MS;
		snprintf(should, sizeof(should), "%02d.%02d", 57 + (50 + i) / 100, (50 + i) % 100);
		CHECK_STRING(render(&r), should);
	}
}

int main(void)
{
	test_flags();
	test_flags_http2();
	test_grpc();
	test_stream_id();
	test_host();
	test_times();
	test_same_second();
	log_format_free(&format.f);
	return check_end();
}
