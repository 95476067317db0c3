/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Exchanges that have no line, or not all of it: each is counted, and nothing is left of them. */
#include "check.h"
#include "log_programs.h"
#include "log_setup.h"
#include "fake_net.h"
#include "log_steps.h"

#define ASK    "GET /a HTTP/1.1\r\nX-Id: 1\r\n\r\n"
#define ANSWER "HTTP/1.1 %u OK\r\nX-Of: 1\r\nContent-Length: 0\r\n\r\n"

static const char *const request_names[] = { "x-id" }, *const response_names[] = { "x-of" };

static char text[1 << 16];

static void want(void)
{
	log_want(HEAD_REQUEST, request_names, 1);
	log_want(HEAD_RESPONSE, response_names, 1);
}

static void answer(__u32 status)
{
	char head[128];

	snprintf(head, sizeof(head), ANSWER, status);
	out(head);
}

static const char *long_request(__u32 length)
{
	snprintf(text, sizeof(text), "GET /a HTTP/1.1\r\nX-Id: %0*u\r\n\r\n", (int)length, 1);
	return text;
}

/* Without room for all of a head nothing of it is known, which the collector says. */
static void test_heads_full(void)
{
	start(0);
	in(ASK);
	answer(200);
	user_map_named("heads")->full = 1;
	in(ASK);
	answer(201);
	user_map_named("heads")->full = 0;
	in_segments(long_request(3000), 1000);
	in(ASK);
	CHECK(log_pieces() == 6);
	answer(202);
	answer(203);
	in_bytes(long_request(3000), 1000);
	user_map_named("heads")->full = 1;
	in(text + 1000);
	CHECK(!log_pieces());
	user_map_named("heads")->full = 0;
	answer(204);
	CHECK(finish() && journal.count == 5 && !log_untold());
	for (__u32 i = 0; i < 5; i++) {
		CHECK(journal.lines[i].record.status == 200 + i);
		CHECK_STRING(journal.lines[i].path, i == 1 || i == 4 ? "-" : "/a");
		CHECK_STRING(value(i, 1, 0), i == 1 ? "-" : "1");
	}
	CHECK(journal.writer.damaged_heads == 3);
}

/* room: records. A line is whole or counted. */
static void test_ring_full(__u32 room, __u32 lines)
{
	start(0);
	in_segments(long_request(3000), 1448);
	user_ring.room = room;
	answer(200);
	user_ring.room = USER_RECORDS;
	CHECK(!log_pieces());
	in(ASK);
	answer(201);
	CHECK(finish() && journal.count == lines + 1);
	CHECK(log_state_get()->dropped == !lines && log_untold() == !lines);
	CHECK(journal.lines[lines].record.status == 201);
	CHECK_STRING(value(lines, 0, 0), "1");
	CHECK_STRING(value(lines, 1, 0), "1");
	CHECK(!journal.writer.damaged_heads);
}

static void test_filter(void)
{
	struct log_filter f = log_open_filter();

	start(0);
	memset(f.status, 0, sizeof(f.status));
	f.status[EXCHANGE_OK][404 / 64] |= 1ull << 404 % 64;
	f.status[EXCHANGE_UC][0] |= 1;
	log_set_filter(&f);
	for (__u32 status = 400; status < 410; status++) {
		in(ASK);
		answer(status);
	}
	in(long_request(3000));
	fake_segment(&near, 1, near.ours + went, "", 0, TCP_FLAG_FIN);
	CHECK(finish() && journal.count == 2 && log_state_get()->filtered == 9);
	CHECK(journal.lines[0].record.status == 404);
	CHECK(journal.lines[1].record.flag == EXCHANGE_UC);
	CHECK(strlen(value(1, 0, 0)) == LOG_VALUE - 1);
}

static void test_sampling(void)
{
	struct log_filter f = log_open_filter();

	start(0);
	f.sampling = 1ull << 31;
	log_set_filter(&f);
	for (__u32 i = 0; i < 8; i++) {
		user_random = i << 29;
		in(ASK);
		answer(200 + i);
	}
	CHECK(finish() && journal.count == 4 && log_state_get()->sampled_out == 4);
	for (__u32 i = 0; i < 4; i++)
		CHECK(journal.lines[i].record.status == 200 + i);
}

/* Nothing is kept for who does not report. */
static void test_reporters(void)
{
	for (int client = 0; client < 2; client++)
		for (__u32 wanted = 0; wanted < 4; wanted++) {
			int reports = wanted >> !client & 1;

			start(client);
			log_set_number(&reporters, wanted);
			if (client) {
				out(ASK);
				CHECK(log_pieces() == (__u64)reports);
				in("HTTP/1.1 200 OK\r\nX-Of: 1\r\n\r\nbody");
			} else {
				in(ASK);
				CHECK(log_pieces() == (__u64)reports);
				out("HTTP/1.1 200 OK\r\nX-Of: 1\r\n\r\nbody");
			}
			CHECK(finish() && journal.count == (__u32)reports && !log_untold());
		}
}

static void test_process(void)
{
	for (int client = 0; client < 2; client++) {
		start(client);
		if (client)
			out(ASK);
		else
			in(ASK);
		CHECK(finish() && journal.count == 1);
		CHECK(journal.lines[0].record.pid == (client ? 11 : 22));
		CHECK_STRING(journal.lines[0].comm, client ? "caller" : "listener");
	}
}

static void test_untracked(void)
{
	start(1);
	fake_closed(&near);
	prepare(1);
	user_map_named("connections")->full = 1;
	fake_established(&near);
	out(ASK);
	CHECK(finish() && !journal.count && sink_health()->untracked == 1);
}

/* error 0: the application gave up. data: in the SYN. */
static void test_refused(int error, int data)
{
	char syn[1400] = "";

	for (int i = 0; i < data; i++)
		strcat(syn, ASK);
	prepare(1);
	if (data)
		fake_segment(&near, 1, near.ours - 1, syn, strlen(syn), TCP_FLAG_SYN);
	fake_sock(near.tp)->sk_err = error;
	CHECK(finish() && journal.count == (error != 0));
	CHECK(!error ||
	      (journal.lines[0].record.error == error && journal.lines[0].record.pid == 11));
}

/* What the programs missed is declared, its heads are forgotten, and what follows is found. */
static void test_lost(int client)
{
	start(client);
	for (int i = 0; i < 3; i++)
		if (client)
			out(ASK);
		else
			in(ASK);
	CHECK(log_pieces() == 3);
	sink_take_windows(1);
	in("unseen");
	sink_take_windows(0);
	in("seen");
	CHECK(!log_pieces());
	CHECK(finish() && !journal.count && log_untold() >= 3);
}

/* A request that is in its head when the stream is lost, and goes on. */
static void test_lost_amid(void)
{
	for (__u32 cut = 1; cut < sizeof(ASK) - 1; cut++) {
		start(1);
		out(ASK);
		in("HTTP/1.1 200 OK\r\nX-Of: 1\r\nContent-Length: 0\r\n\r\n");
		out_bytes(ASK, cut);
		sink_take_windows(1);
		in("HTTP/1.1 103 Hints\r\nX-Of: 1\r\n");
		sink_take_windows(0);
		in("X-Of: 2\r\n\r\n");
		out(ASK + cut);
		out(ASK);
		CHECK(finish() && journal.count == 1 && log_untold() >= 1);
	}
}

static void test_older(void)
{
	log_reset();
	came = went = 0;
	fake_init(&near, 0, 0, 1000, 2000);
	near.unseen = 1;
	fake_established(&near);
	near.tp->bytes_received = near.tp->bytes_sent = 100;
	near.tp->inet_conn.icsk_ack.lrcvtime = bpf_jiffies64(); /* the client spoke last */
	fake_attach(&near);
	in("rest of a body");
	answer(200);
	user_now += 1000000000;
	in(ASK);
	CHECK(log_pieces() == 1);
	answer(201);
	CHECK(finish() && journal.count == 1 && journal.lines[0].record.status == 201);
	CHECK_STRING(value(0, 0, 0), "1");
	CHECK_STRING(value(0, 1, 0), "1");
}

static void test_wake_up(void)
{
	start(0);
	in(ASK);
	answer(200);
	CHECK(user_ring.count == 2 && !user_ring.wakeups);
	log_state_get()->is_asleep = 1;
	in(ASK);
	answer(200);
	CHECK(user_ring.count == 4 && user_ring.wakeups);
	CHECK(finish() && journal.count == 2);
}

int main(void)
{
	want();
	test_heads_full();
	for (__u32 room = 0; room < 10; room++)
		test_ring_full(room, room >= 7);
	test_filter();
	test_sampling();
	test_reporters();
	test_process();
	test_untracked();
	for (int data = 0; data < 40; data += 13) {
		test_refused(111, data);
		test_refused(0, data);
	}
	test_lost(0);
	test_lost(1);
	test_lost_amid();
	test_older();
	test_wake_up();
	log_reset();
	log_free();
	return check_end();
}
