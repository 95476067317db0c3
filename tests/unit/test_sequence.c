/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Single events on a connection that test_walk.c's networks do not bring: full maps, deep
 * pipelines, Fast Open, an end in the middle of a program.
 */
#include "check.h"
#include "walk_sink.h"
#include "fake_net.h"
#include "chance.h"
#include "talk.h"
#include "walk_check.h"

#define GET    "GET / HTTP/1.1\r\n\r\n"
#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define PLACES 40 /* where a program may be interrupted */

static struct fake_end end;
static __u32 came, went; /* bytes */

static void start(int client)
{
	sink_reset();
	came = went = 0;
	fake_init(&end, client, 0, 4000000000U, 4294967290U);
}

/* The next bytes, which TCP takes. */
static void in(const char *text)
{
	fake_segment(&end, 0, end.theirs + came, text, strlen(text), 0);
	came += strlen(text);
	end.tp->rcv_nxt = end.tp->rcv_wup = end.theirs + came;
}

static void out(const char *text)
{
	fake_segment(&end, 1, end.ours + went, text, strlen(text), 0);
	went += strlen(text);
	end.tp->snd_nxt = end.acked = end.ours + went;
}

static int is_one_answer(__u32 i)
{
	const struct sink_record *r = &sink.exchanges[i];

	return r->exchange.status == 200 && r->exchange.flag == EXCHANGE_OK &&
	       r->exchange.request_wire == sizeof(GET) - 1 &&
	       r->exchange.response_wire == sizeof(ANSWER) - 1 && r->exchange.response_body == 2;
}

/* More requests in flight than any connection remembers: those that are reported have their own
 * answers, the others are declared. */
static void test_pipeline(__u32 requests)
{
	char text[128];
	int right = 1;

	start(0);
	fake_established(&end);
	for (__u32 i = 0; i < requests; i++) {
		snprintf(text, sizeof(text), "GET /%03u HTTP/1.1\r\n\r\n", i);
		in(text);
	}
	for (__u32 i = 0; i < requests; i++) {
		snprintf(text, sizeof(text), "HTTP/1.1 %03u OK\r\nContent-Length: 0\r\n\r\n",
			 200 + i);
		out(text);
	}
	in(GET);
	out(ANSWER);
	fake_closed(&end);
	for (__u32 i = 0; i + 1 < sink.count; i++)
		right &= atoi(sink.exchanges[i].head[REQUEST].begin + 5) + 200 ==
			 sink.exchanges[i].exchange.status;
	CHECK(right);
	CHECK(sink.count + sink_inexact() == requests + 1);
	CHECK(sink.count >= 64 && is_one_answer(sink.count - 1));
	CHECK(check_closed());
}

static void test_no_connection(void)
{
	start(0);
	fake_established(&end);
	fake_closed(&end);
	start(0);
	user_map_named("connections")->full = 1;
	fake_established(&end);
	in(GET);
	out(ANSWER);
	fake_closed(&end);
	CHECK(!sink.count && !sink.tcp);
	CHECK(sink_health()->untracked == 1);
	CHECK(check_closed());
}

/* The second half of a request comes first. */
static void test_no_stash(const char *map)
{
	start(0);
	fake_established(&end);
	fake_segment(&end, 0, end.theirs + 5, &GET[5], sizeof(GET) - 6, 0);
	in(GET);
	out(ANSWER);
	fake_closed(&end);
	CHECK(sink.count == 1 && is_one_answer(0));
	start(0);
	user_map_named(map)->full = 1;
	fake_established(&end);
	fake_segment(&end, 0, end.theirs + 5, &GET[5], sizeof(GET) - 6, 0);
	fake_segment(&end, 0, end.theirs, GET, 5, 0);
	came = sizeof(GET) - 1;
	end.tp->rcv_nxt = end.theirs + came;
	out(ANSWER);
	in(GET);
	out(ANSWER);
	in(GET);
	out(ANSWER);
	fake_closed(&end);
	CHECK(sink_inexact() && sink.count + sink_inexact() <= 3);
	CHECK(sink.count && is_one_answer(sink.count - 1));
	CHECK(check_closed());
}

static void test_fast_open_server(void)
{
	start(0);
	fake_segment(&end, 0, end.theirs - 1, GET, sizeof(GET) - 1, TCP_FLAG_SYN);
	came = sizeof(GET) - 1;
	end.tp->rcv_nxt = end.theirs + came;
	end.changing = 1; /* it has a socket, which is not ESTABLISHED */
	out(ANSWER);
	end.changing = 0;
	fake_established(&end);
	in(GET);
	out(ANSWER);
	fake_closed(&end);
	CHECK(sink.count == 2 && is_one_answer(0) && is_one_answer(1));
	CHECK(!sink_inexact() && check_closed());
}

/* taken: the server took the SYN's data. */
static void test_fast_open_client(int taken)
{
	start(1);
	fake_segment(&end, 1, end.ours - 1, GET, sizeof(GET) - 1, TCP_FLAG_SYN);
	if (taken)
		went = sizeof(GET) - 1;
	end.tp->snd_nxt = end.ours + went;
	fake_established(&end);
	if (!taken)
		out(GET);
	in(ANSWER);
	fake_closed(&end);
	CHECK(sink.count == 1 && is_one_answer(0));
	CHECK(!sink_inexact() && check_closed());
}

/* Anyone can send an RST with any number; it names who closed only where TCP would believe it. */
static void test_foreign_reset(void)
{
	start(0);
	fake_established(&end);
	in(GET);
	fake_segment(&end, 0, end.theirs + came + 1000, "", 0, TCP_FLAG_RST);
	fake_segment(&end, 1, end.ours, "", 0, TCP_FLAG_FIN);
	fake_closed(&end);
	CHECK(sink.count == 1 && sink.exchanges[0].exchange.flag == EXCHANGE_UC);
	CHECK(check_closed());
}

/* The end of a connection was not seen, its addresses and ports come again. */
static void test_same_tuple(void)
{
	start(0);
	fake_established(&end);
	in(GET);
	fake_segment(&end, 0, end.theirs + came + 5, GET, sizeof(GET) - 1, 0);
	fake_sock(end.tp)->__sk_common.skc_state = TCP_SYN_RECV;
	came = went = 0;
	end.theirs += 100000;
	end.tp->rcv_nxt = end.tp->rcv_wup = end.theirs;
	end.tp->snd_nxt = end.ours;
	fake_established(&end);
	CHECK(sink_health()->connections == 1);
	in(GET);
	out(ANSWER);
	fake_closed(&end);
	CHECK(sink.count && is_one_answer(sink.count - 1));
	CHECK(check_closed());
}

static __u32 close_after;

static void close_now(void)
{
	if (close_after--)
		user_interrupt = close_now;
	else
		fake_state(&end, TCP_CLOSE);
}

/*
 * CLOSE on another CPU in the middle of a program. early: the segment comes before what precedes
 * it. One exchange, reported once, and nothing is left.
 */
static int is_closed_once(__u32 place, int early, const char *answer)
{
	int right;

	start(1);
	fake_established(&end);
	out(GET);
	close_after = place;
	user_interrupt = close_now;
	fake_segment(&end, 0, end.theirs + early, answer, strlen(answer), 0);
	user_interrupt = NULL;
	user_free_deleted();
	if (fake_sock(end.tp)->__sk_common.skc_state != TCP_CLOSE)
		fake_state(&end, TCP_CLOSE);
	right = sink.count == 1 && check_closed();
	if (!right) {
		printf("place %u, early %d, %s\n", place, early, answer);
		show_health();
	}
	fake_free(&end);
	return right;
}

static void test_close_amid(void)
{
	int right[3] = { 0 };

	for (__u32 place = 0; place < PLACES; place++) {
		right[0] += is_closed_once(place, 0, ANSWER);
		right[1] += is_closed_once(place, 5, ANSWER);
		right[2] += is_closed_once(place, 0, "HTTP/1.1 200 OK\r\n");
	}
	CHECK(right[0] == PLACES);
	CHECK(right[1] == PLACES);
	CHECK(right[2] == PLACES);
}

/* When a request began is when its first byte came, though it had to wait for others. */
static void test_times(void)
{
	__u64 began;

	start(0);
	fake_established(&end);
	fake_segment(&end, 0, end.theirs + sizeof(GET) - 1, GET, sizeof(GET) - 1, 0);
	began = user_now;
	in(GET);
	came += sizeof(GET) - 1;
	end.tp->rcv_nxt = end.theirs + came;
	out(ANSWER);
	out(ANSWER);
	CHECK(sink.count == 2 && is_one_answer(1));
	CHECK(sink.exchanges[1].exchange.started_ns == began);
	CHECK(sink.exchanges[0].exchange.started_ns == began + 1000);
	CHECK(sink.exchanges[1].exchange.ended_ns == user_now);
	fake_closed(&end);
}

static void at_loopback(struct fake_end *e, const char *unit, __u64 cgroup)
{
	struct sock_common *sk = &fake_sock(e->tp)->__sk_common;

	sk->skc_rcv_saddr = sk->skc_daddr = bpf_htonl(0x7f000001);
	if (e->listener) /* on all addresses */
		fake_sock(e->listener)->__sk_common.skc_rcv_saddr = 0;
	e->kn.name = unit;
	e->kn.id = cgroup;
}

/* Both ends on this host: each is a connection of its own, and knows the other's unit. */
static void test_loopback(void)
{
	struct fake_end server;

	start(1);
	fake_init(&server, 0, 0, end.theirs, end.ours);
	at_loopback(&end, "client.service", 1);
	at_loopback(&server, "server.service", 2);
	http_socket_state(fake_sock(server.listener), TCP_CLOSE, TCP_LISTEN);
	fake_established(&end);
	fake_established(&server);
	CHECK(sink_health()->connections == 2);
	fake_segment(&end, 1, end.ours, GET, sizeof(GET) - 1, 0);
	fake_segment(&server, 0, end.ours, GET, sizeof(GET) - 1, 0);
	fake_segment(&server, 1, end.theirs, ANSWER, sizeof(ANSWER) - 1, 0);
	fake_segment(&end, 0, end.theirs, ANSWER, sizeof(ANSWER) - 1, 0);
	fake_closed(&end);
	fake_closed(&server);
	CHECK(sink.count == 2 && is_one_answer(0) && is_one_answer(1));
	CHECK(sink.exchanges[0].reporter == REPORTER_DESTINATION);
	CHECK(sink.exchanges[1].reporter == REPORTER_SOURCE);
	CHECK(sink.exchanges[0].local_workload != sink.exchanges[1].local_workload);
	CHECK(sink.exchanges[0].local_workload == sink.exchanges[1].peer_workload);
	CHECK(sink.exchanges[0].peer_workload == sink.exchanges[1].local_workload);
	CHECK(!sink_inexact() && check_closed());
}

int main(void)
{
	test_pipeline(64);
	test_pipeline(65);
	test_pipeline(200);
	test_no_connection();
	test_no_stash("stashes");
	test_no_stash("stash_pieces");
	test_fast_open_server();
	test_fast_open_client(0);
	test_fast_open_client(1);
	test_foreign_reset();
	test_same_tuple();
	test_close_amid();
	test_times();
	test_loopback();
	sink_reset();
	return check_end();
}
