/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What becomes of HTTP/2's records: series and their labels. */
#include "requests_streams.h"

static void test_call(void)
{
	static const char base[] =
		"{reporter=\"destination\",source_workload=\"client.service\","
		"source_canonical_service=\"client.service\",source_canonical_revision=\"latest\","
		"source_workload_namespace=\"unknown\",source_principal=\"unknown\","
		"source_app=\"unknown\",source_version=\"unknown\",source_cluster=\"unknown\","
		"destination_workload=\"server.service\",destination_workload_namespace=\"\","
		"destination_principal=\"unknown\",destination_app=\"\",destination_version=\"\","
		"destination_service=\"server.service\","
		"destination_canonical_service=\"server.service\","
		"destination_canonical_revision=\"\","
		"destination_service_name=\"server.service\","
		"destination_service_namespace=\"\",destination_cluster=\"\"";
	static const char rest[] = ",request_protocol=\"grpc\",response_code=\"200\","
				   "grpc_response_status=\"0\",response_flags=\"-\","
				   "connection_security_policy=\"none\"} 1\n";
	char line[2048], *text;

	world_begin(100);
	call_of(GRPC, OK, STATUS);
	text = rendered();
	snprintf(line, sizeof(line), "\n" REQUESTS "%s%s", base, rest);
	CHECK(strstr(text, line) != NULL);
	snprintf(line, sizeof(line), "\nistio_request_messages_total%s} 1\n", base);
	CHECK(strstr(text, line) != NULL);
	snprintf(line, sizeof(line), "\nistio_response_messages_total%s} 2\n", base);
	CHECK(strstr(text, line) != NULL);
	free(text);
	CHECK(value("istio_request_duration_milliseconds_sum", "") == 11);
	CHECK(value("istio_request_duration_milliseconds_bucket", "le=\"10\"") == 0);
	CHECK(value("istio_request_duration_milliseconds_bucket", "le=\"1000\"") == 1);
	CHECK(value("istio_request_bytes_sum", "") == 10);
	CHECK(value("istio_request_bytes_bucket", "le=\"0.5\"") == 0);
	CHECK(value("istio_request_bytes_bucket", "le=\"10\"") == 1);
	CHECK(value("istio_response_bytes_bucket", "le=\"1000\"") == 0);
	CHECK(value("istio_response_bytes_bucket", "le=\"+Inf\"") == 1);
	CHECK(ring_consumer == ring_producer);
	world_end();
}

/* Message counters have one line, whatever the calls' statuses, and HTTP's metrics have none of it.
 */
static void test_messages(void)
{
	world_begin(100);
	for (int i = 0; i < 10; i++) {
		call_of(GRPC, OK, i % 2 ? "grpc-status: 5\n" : STATUS);
		call_of(GET, ":status: 200\n", "");
	}
	CHECK(count_lines("istio_request_messages_total") == 1);
	CHECK(value("istio_request_messages_total", "") == 10);
	CHECK(value("istio_response_messages_total", "") == 20);
	CHECK(value(REQUESTS, "") == 20);
	CHECK(value(REQUESTS, "request_protocol=\"grpc\"") == 10);
	CHECK(value(REQUESTS, "grpc_response_status=\"5\"") == 5);
	CHECK(value(REQUESTS, "request_protocol=\"http\",response_code=\"200\","
			      "grpc_response_status=\"\"") == 10);
	strcpy(process_settings.series.disabled_metrics, "istio_response_messages_total");
	CHECK(value("istio_request_messages_total", "") == 10);
	CHECK(value("istio_response_messages_total", "") == 0);
	world_end();
}

static void check_type(const char *type, const char *protocol)
{
	char head[256], label[64];

	world_begin(100);
	snprintf(head, sizeof(head), GET "content-type: %s\n", type);
	call_of(head, ":status: 200\n", "");
	snprintf(label, sizeof(label), "request_protocol=\"%s\"", protocol);
	CHECK(value(REQUESTS, label) == 1 && value(REQUESTS, "") == 1);
	world_end();
}

static void test_content_types(void)
{
	check_type("application/grpc", "grpc");
	check_type("application/grpc+proto", "grpc");
	check_type("application/grpc+", "grpc");
	check_type("Application/GRPC", "http");
	check_type("application/grpc-web", "http");
	check_type("application/grpc;charset=utf-8", "http");
	check_type("application/grp", "http");
	check_type("text/plain", "http");
}

/* status: "" for the label of none. */
static void check_status(const char *response, const char *trailers, const char *status)
{
	char label[64];

	world_begin(100);
	call_of(GRPC, response, trailers);
	snprintf(label, sizeof(label), "grpc_response_status=\"%s\"", status);
	if (value(REQUESTS, label) != 1)
		printf("%s%snot %s\n", response, trailers, label);
	CHECK(value(REQUESTS, label) == 1 && value(REQUESTS, "") == 1);
	world_end();
}

static void test_grpc_statuses(void)
{
	static const char *const derived[][2] = {
		{ "400", "13" }, { "401", "16" }, { "403", "7" },  { "404", "12" }, { "429", "14" },
		{ "502", "14" }, { "503", "14" }, { "504", "14" }, { "500", "2" },  { "200", "2" },
	};
	char head[64];

	check_status(OK, "grpc-status: 16\n", "16");
	check_status(OK "grpc-status: 3\n", "grpc-status: 4\n", "4");
	check_status(OK "grpc-status: 3\n", "", "3");
	check_status(OK "grpc-status: 3\n", "x: y\n", "3");
	check_status(OK, "x: y\n", "2");
	check_status(OK, "grpc-status: 999\n", "999");
	check_status(OK, "grpc-status: 1000\n", "");
	check_status(OK, "grpc-status: -1\n", "");
	check_status("", "", "");
	for (size_t i = 0; i < sizeof(derived) / sizeof(derived[0]); i++) {
		snprintf(head, sizeof(head), ":status: %s\n", derived[i][0]);
		check_status(head, "", derived[i][1]);
	}
}

static void test_flags(void)
{
	world_begin(100);
	block(0, GRPC);
	stream_end(EXCHANGE_DR, 1, 0);
	block(0, GET);
	block(1, ":status: 200\n");
	stream_end(EXCHANGE_UR, 0, 0);
	CHECK(value(REQUESTS, "request_protocol=\"grpc\",response_code=\"0\","
			      "grpc_response_status=\"\",response_flags=\"DR\"") == 1);
	CHECK(value(REQUESTS, "response_code=\"200\",grpc_response_status=\"\","
			      "response_flags=\"UR\"") == 1);
	CHECK(value(REQUESTS, "") == 2);
	world_end();
}

/* What was lost, and what later blocks refer to, is declared; what is known again counts. */
static void test_unknown_heads(void)
{
	world_begin(100);
	loses_blocks = true;
	call_of(GRPC, OK, STATUS);
	loses_blocks = false;
	call_of(GRPC, OK, STATUS);
	CHECK(value(REQUESTS, "") == 0 && value("istio_request_messages_total", "") == 0);
	CHECK(ring_health.inexact[INEXACT_OLDER] == 2);
	CHECK(ring_health.unresolved > 0);
	connection_begin();
	call_of(GRPC, OK, STATUS);
	block(0, GET);
	block(1, "x: y\n"); /* no head of a response */
	stream_end(EXCHANGE_OK, 0, 0);
	CHECK(value(REQUESTS, "") == 1);
	CHECK(ring_health.inexact[INEXACT_OLDER] == 3);
	world_end();
}

/* A connection that was there before: what is still known of its calls. */
static void test_half_known_heads(void)
{
	world_begin(100);
	loses_blocks = true;
	call_of(GET "user-agent: x\n", ":status: 299\n", "grpc-status: 77\n");
	loses_blocks = false;
	call_of(GET "user-agent: x\n", ":status: 200\n", "");
	call_of(GET "user-agent: x\n", ":status: 299\n", "");
	CHECK(value(REQUESTS, "request_protocol=\"http\",response_code=\"200\"") == 1);
	CHECK(value(REQUESTS, "") == 1 && ring_health.inexact[INEXACT_OLDER] == 2);
	call_of(GRPC "user-agent: x\n", OK, "grpc-status: 77\n");
	call_of(GRPC "user-agent: x\n", OK, "grpc-status: 7\n");
	CHECK(value(REQUESTS, "request_protocol=\"grpc\",response_code=\"200\","
			      "grpc_response_status=\"\"") == 2); /* the name is not known */
	CHECK(value("istio_request_messages_total", "") == 2);
	CHECK(ring_health.inexact[INEXACT_OLDER] == 2 && ring_health.unresolved > 0);
	world_end();
}

static void test_methods(void)
{
	world_begin(100);
	process_end();
	process_settings.series.tags.added[process_settings.series.tags.added_count++] =
		LABEL_REQUEST_METHOD;
	process_begin();
	call_of(GET, ":status: 204\n", "");
	call_of(GRPC, OK, STATUS);
	call_of(":method: PURGE\n:scheme: http\n:path: /\n", ":status: 200\n", "");
	CHECK(value(REQUESTS, "response_code=\"204\"") == 1);
	CHECK(value(REQUESTS, "request_method=\"GET\"") == 1);
	CHECK(value(REQUESTS, "request_method=\"POST\"") == 1);
	CHECK(value(REQUESTS, "request_method=\"other\"") == 1);
	CHECK(value("istio_request_messages_total",
		    "destination_cluster=\"\",request_method=\"POST\"}") == 1);
	world_end();
}

static void configure(const char *hosts)
{
	char text[256];

	snprintf(text, sizeof(text), "[service a]\naddress = 192.0.2.1\nport = 1\nhosts = %s\n",
		 hosts);
	write_file("w.ini", text);
	CHECK(call(true) == -1);
	CHECK_STRING(output, "");
	process.streams.workloads = workloads; /* as SIGHUP does */
	process.metrics.workloads = workloads;
}

static void test_hosts(void)
{
	world_begin(100);
	process_settings.series.tags.added[process_settings.series.tags.added_count++] =
		LABEL_REQUEST_HOST;
	configure("a.example");
	call_of(GET, ":status: 200\n", "");
	call_of(":method: GET\n:authority: A.example:1\n", ":status: 200\n", "");
	call_of(":method: GET\nhost: a.example\n", ":status: 200\n", "");
	call_of(":method: GET\n:authority: b.example\nhost: a.example\n", ":status: 200\n", "");
	call_of(":method: GET\n", ":status: 200\n", "");
	CHECK(value(REQUESTS, "request_host=\"a.example\"") == 3);
	CHECK(value(REQUESTS, "request_host=\"unknown\"") == 2);
	configure("b.example");
	call_of(":method: GET\n:authority: b.example\n", ":status: 200\n", "");
	call_of(GET, ":status: 200\n", "");
	CHECK(value(REQUESTS, "request_host=\"b.example\"") == 1);
	CHECK(value(REQUESTS, "request_host=\"a.example\"") == 3);
	CHECK(value(REQUESTS, "request_host=\"unknown\"") == 3);
	world_end();
	unlink(path_of("w.ini"));
	CHECK(call(false) == -1);
}

/* Records of any size and kind, and blocks that are cut. */
static void test_hostile_records(void)
{
	struct record_block b = { .header = { RECORD_BLOCK, 1, 1 }, .length = 1 };
	struct record_request r = { .header = { RECORD_STREAM, 1, 1 } };
	struct record_header gone = { RECORD_GONE, 0, 1 };

	world_begin(100);
	for (__u32 size = 0; size < sizeof(b); size++)
		ring_put(&b, size);
	ring_put(&b, sizeof(b));
	for (__u32 size = 0; size < sizeof(r); size += 4)
		ring_put(&r, size);
	ring_put(&gone, sizeof(gone));
	gone.type = 77;
	ring_put(&gone, sizeof(gone));
	CHECK(value(REQUESTS, "") == 0 && ring_consumer == ring_producer);
	CHECK(!ring_health.inexact[INEXACT_OLDER]);
	world_end();
}

int main(void)
{
	worlds_begin();
	test_call();
	test_messages();
	test_content_types();
	test_grpc_statuses();
	test_flags();
	test_unknown_heads();
	test_half_known_heads();
	test_methods();
	test_hosts();
	test_hostile_records();
	worlds_end();
	return check_end();
}
