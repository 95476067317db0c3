/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a restart, a kill, a full map and units that go do to the counts of HTTP/2's requests. */
#include "requests_streams.h"

/* A new process goes on where the last one was; what it read and had not counted is read again. */
static void test_restart(void)
{
	world_begin(100);
	call_of(GRPC, OK, STATUS);
	CHECK(value(REQUESTS, "") == 1);
	process_end();
	process_begin();
	connection_begin();
	call_of(GRPC, OK, STATUS);
	CHECK(value(REQUESTS, "") == 2 && value("istio_response_messages_total", "") == 4);
	fake_writes_left = 1;
	call_of(GRPC, OK, STATUS);
	CHECK(read_records(&process, ring_producer) == -EIO); /* killed before it was written */
	fake_writes_left = -1;
	process_end();
	process_begin();
	CHECK(ring_consumer == ring_producer);
	CHECK(value(REQUESTS, "") == 3 && value("istio_response_messages_total", "") == 6);
	world_end();
}

/* Killed after it was written, before the kernel got its records back. */
static void test_killed_late(void)
{
	unsigned long before;
	__u64 last;

	world_begin(100);
	call_of(GRPC, OK, STATUS);
	call_of(GET, "x: y\n", "");
	before = ring_consumer;
	CHECK(read_records(&process, ring_producer) == 0);
	last = ring_health.inexact[INEXACT_OLDER];
	CHECK(last == 1);
	ring_health.inexact[INEXACT_OLDER] = 0;
	ring_consumer = before;
	process_end();
	process_begin();
	CHECK(ring_consumer == ring_producer && ring_health.inexact[INEXACT_OLDER] == last);
	CHECK(value(REQUESTS, "") == 1 && value("istio_request_messages_total", "") == 1);
	world_end();
}

/* A map that cannot be written now is written later, and nothing is read meanwhile. */
static void test_failure(void)
{
	world_begin(100);
	call_of(GET, ":status: 200\n", "");
	CHECK(value(REQUESTS, "") == 1);
	call_of(GET, ":status: 200\n", "");
	fake_writes_left = 1;
	CHECK(drain(&process) == -EIO && drain(&process) == -EIO);
	fake_writes_left = -1;
	call_of(GET, ":status: 200\n", "");
	CHECK(value(REQUESTS, "") == 3);
	world_end();
}

/* More series than one step of the journal holds. */
static void test_many_series(void)
{
	char head[64];

	world_begin(2000);
	for (int i = 0; i < 900; i++) {
		snprintf(head, sizeof(head), ":status: %d\n", 100 + i);
		call_of(GET, head, "");
		if (i % 100 == 99)
			CHECK(drain(&process) == 0);
	}
	CHECK(value(REQUESTS, "") == 900 && value(REQUESTS, "response_code=\"999\"") == 1);
	CHECK(!ring_health.series_overflow);
	world_end();
}

static void test_overflow(void)
{
	world_begin(3); /* one, beside those of the overflow */
	call_of(GET, ":status: 200\n", "");
	call_of(GRPC, OK, STATUS);
	call_of(GET, ":status: 201\n", "");
	call_of(GET, ":status: 200\n", "");
	CHECK(value(REQUESTS, "") == 4);
	CHECK(value(REQUESTS, "response_code=\"200\"") == 2);
	CHECK(value(REQUESTS, "request_protocol=\"http\",response_code=\"unknown\"") == 2);
	CHECK(value("istio_request_messages_total", "destination_cluster=\"unknown\"}") == 1);
	CHECK(value("istio_response_messages_total", "") == 2);
	CHECK(ring_health.series_overflow == 2);
	world_end();
}

/* Without labels all is one line, what found no room too. */
static void test_no_labels(void)
{
	world_begin(4);
	process_settings.series.tags.removed = (1u << LABELS_STANDARD) - 1;
	call_of(GRPC, OK, STATUS);
	call_of(GRPC, OK, "grpc-status: 1\n");
	call_of(GET, ":status: 200\n", "");
	reporter = REPORTER_SOURCE;
	call_of(GRPC, OK, STATUS);
	CHECK(count_lines("istio_request_messages_total") == 1);
	CHECK(count_lines("istio_requests_total") == 1);
	CHECK(value("istio_requests_total", "") == 4);
	CHECK(value("istio_request_messages_total", "") == 3);
	CHECK(ring_health.series_overflow == 3);
	world_end();
}

static void expire_all(void)
{
	struct series_naming naming = { .reporters = process_settings.reporters };
	struct series_sample s;

	CHECK(series_sample_read(&s, &process.metrics.series, sizeof(struct http_series_key),
				 VALUES) == 0);
	CHECK(name_rows(&s, &naming) == 0);
	for (unsigned int i = 0; i < s.table.count; i++)
		s.rows[i].is_stale =
			((const struct series_parties *)series_key(&s.table, i))->local_workload ==
			SERVER_UNIT;
	CHECK(series_names_settle(&s) == 0 && series_expire(&s) == 0);
	series_sample_free(&s);
	series_naming_free(&naming);
}

/* What counts after its series has gone makes a new one. */
static void test_expiry(void)
{
	world_begin(100);
	call_of(GRPC, OK, STATUS);
	call_of(GRPC, OK, STATUS);
	CHECK(value(REQUESTS, "") == 2);
	expire_all();
	CHECK(value(REQUESTS, "") == 0 && value("istio_request_messages_total", "") == 0);
	unit_add(SERVER_UNIT, "server.service");
	call_of(GRPC, OK, STATUS);
	CHECK(value(REQUESTS, "destination_workload=\"server.service\"") == 1);
	CHECK(value("istio_request_messages_total", "") == 1);
	world_end();
}

int main(void)
{
	worlds_begin();
	test_restart();
	test_killed_late();
	test_failure();
	test_many_series();
	test_overflow();
	test_no_labels();
	test_expiry();
	worlds_end();
	return check_end();
}
