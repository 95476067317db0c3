/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Single events on a connection that test_walk.c's networks do not bring: full maps, deep
 * pipelines, Fast Open, both ends on one host.
 */
#include "check.h"
#include "walk_sink.h"
#include "fake_net.h"
#include "fake_steps.h"
#include "chance.h"
#include "talk.h"
#include "walk_check.h"

static void ask(__u32 from, __u32 to)
{
	char text[64];

	for (; from < to; from++) {
		snprintf(text, sizeof(text), "GET /%03u HTTP/1.1\r\n\r\n", from);
		in(text);
	}
}

static void answer(__u32 from, __u32 to)
{
	char text[64];

	for (; from < to; from++) {
		snprintf(text, sizeof(text), "HTTP/1.1 %03u OK\r\nContent-Length: 0\r\n\r\n",
			 200 + from);
		out(text);
	}
}

/* More requests in flight than any connection remembers: those that are reported have their own
 * answers, the others are declared. More come when some are answered. */
static void test_pipeline(__u32 requests, __u32 answered, __u32 more)
{
	int right = 1;

	start(0);
	fake_established(&near);
	ask(0, requests);
	answer(0, answered);
	ask(requests, requests + more);
	answer(answered, requests + more);
	in(GET);
	out(ANSWER);
	fake_closed(&near);
	for (__u32 i = 0; i + 1 < sink.count; i++)
		right &= atoi(sink.exchanges[i].head[REQUEST].begin + 5) + 200 ==
			 sink.exchanges[i].exchange.status;
	CHECK(right);
	CHECK(sink.count + sink_inexact() == requests + more + 1);
	CHECK(sink.count >= 64 && is_one_answer(sink.count - 1));
	CHECK(check_closed());
}

static void test_no_connection(void)
{
	start(0);
	fake_established(&near);
	fake_closed(&near);
	start(0);
	user_map_named("connections")->full = 1;
	fake_established(&near);
	in(GET);
	out(ANSWER);
	fake_closed(&near);
	CHECK(!sink.count && !sink.tcp);
	CHECK(sink_health()->untracked == 1);
	CHECK(check_closed());
}

/* The second half of a request comes first. */
static void test_no_stash(const char *map)
{
	start(0);
	fake_established(&near);
	fake_segment(&near, 0, near.theirs + 5, &GET[5], sizeof(GET) - 6, 0);
	in(GET);
	out(ANSWER);
	fake_closed(&near);
	CHECK(sink.count == 1 && is_one_answer(0));
	start(0);
	user_map_named(map)->full = 1;
	fake_established(&near);
	fake_segment(&near, 0, near.theirs + 5, &GET[5], sizeof(GET) - 6, 0);
	fake_segment(&near, 0, near.theirs, GET, 5, 0);
	came = sizeof(GET) - 1;
	near.tp->rcv_nxt = near.theirs + came;
	out(ANSWER);
	in(GET);
	out(ANSWER);
	user_now += 2 * PICKUP_SILENCE_NS;
	in(GET);
	out(ANSWER);
	fake_closed(&near);
	CHECK(sink_inexact() && sink.count + sink_inexact() <= 3);
	CHECK(sink.count && is_one_answer(sink.count - 1));
	CHECK(check_closed());
}

static void test_fast_open_server(void)
{
	start(0);
	fake_segment(&near, 0, near.theirs - 1, GET, sizeof(GET) - 1, TCP_FLAG_SYN);
	came = sizeof(GET) - 1;
	near.tp->rcv_nxt = near.theirs + came;
	near.changing = 1; /* it has a socket, which is not ESTABLISHED */
	out(ANSWER);
	near.changing = 0;
	fake_established(&near);
	in(GET);
	out(ANSWER);
	fake_closed(&near);
	CHECK(sink.count == 2 && is_one_answer(0) && is_one_answer(1));
	CHECK(!sink_inexact() && check_closed());
}

/* taken: the server took the SYN's data. */
static void test_fast_open_client(int taken)
{
	start(1);
	fake_segment(&near, 1, near.ours - 1, GET, sizeof(GET) - 1, TCP_FLAG_SYN);
	if (taken)
		went = sizeof(GET) - 1;
	near.tp->snd_nxt = near.ours + went;
	fake_established(&near);
	if (!taken)
		out(GET);
	in(ANSWER);
	fake_closed(&near);
	CHECK(sink.count == 1 && is_one_answer(0));
	CHECK(!sink_inexact() && check_closed());
}

/* When a request began is when its first byte came, though it had to wait for others. */
static void test_times(void)
{
	__u64 began;

	start(0);
	fake_established(&near);
	fake_segment(&near, 0, near.theirs + sizeof(GET) - 1, GET, sizeof(GET) - 1, 0);
	began = user_now;
	in(GET);
	came += sizeof(GET) - 1;
	near.tp->rcv_nxt = near.theirs + came;
	out(ANSWER);
	out(ANSWER);
	CHECK(sink.count == 2 && is_one_answer(1));
	CHECK(sink.exchanges[1].exchange.started_ns == began);
	CHECK(sink.exchanges[0].exchange.started_ns == began + 1000);
	CHECK(sink.exchanges[1].exchange.ended_ns == user_now);
	fake_closed(&near);
}

static void in_unit(struct fake_end *e, const char *unit, __u64 cgroup)
{
	e->kn.name = unit;
	e->kn.id = cgroup;
}

static void at_loopback(struct fake_end *e)
{
	struct sock_common *sk = &fake_sock(e->tp)->__sk_common;

	sk->skc_rcv_saddr = sk->skc_daddr = bpf_htonl(0x7f000001);
	if (e->listener) /* on all addresses */
		fake_sock(e->listener)->__sk_common.skc_rcv_saddr = 0;
}

/* The client's end is near. */
static void exchange_between(struct fake_end *server)
{
	fake_segment(&near, 1, near.ours, GET, sizeof(GET) - 1, 0);
	fake_segment(server, 0, near.ours, GET, sizeof(GET) - 1, 0);
	fake_segment(server, 1, near.theirs, ANSWER, sizeof(ANSWER) - 1, 0);
	fake_segment(&near, 0, near.theirs, ANSWER, sizeof(ANSWER) - 1, 0);
	fake_closed(&near);
	fake_closed(server);
}

/* Each end is a connection of its own, and knows the other's unit. */
static void check_both_ends(void)
{
	CHECK(sink.count == 2 && is_one_answer(0) && is_one_answer(1));
	CHECK(sink.exchanges[0].reporter == REPORTER_DESTINATION);
	CHECK(sink.exchanges[1].reporter == REPORTER_SOURCE);
	CHECK(sink.exchanges[0].local_workload != sink.exchanges[1].local_workload);
	CHECK(sink.exchanges[0].local_workload == sink.exchanges[1].peer_workload);
	CHECK(sink.exchanges[0].peer_workload == sink.exchanges[1].local_workload);
	CHECK(!sink_inexact() && check_closed());
}

static void start_both(struct fake_end *server)
{
	start(1);
	fake_init(server, 0, 0, near.theirs, near.ours);
	in_unit(&near, "client.service", 1);
	in_unit(server, "server.service", 2);
}

static void test_loopback(void)
{
	struct fake_end server;

	start_both(&server);
	at_loopback(&near);
	at_loopback(&server);
	http_socket_state(fake_sock(server.listener), TCP_CLOSE, TCP_LISTEN);
	fake_established(&near);
	fake_established(&server);
	CHECK(sink_health()->connections == 2);
	exchange_between(&server);
	check_both_ends();
}

/* Addresses and ports tell nothing: another namespace, NAT. */
static void test_other_namespace(void)
{
	struct fake_end server;

	start_both(&server);
	server.net.ns.inum++;
	fake_established(&near);
	fake_established(&server);
	exchange_between(&server);
	check_both_ends();
}

/* The kernel shows the namespaces' sockets in any order. */
static void test_older_in_other_namespace(int client_first)
{
	struct bpf_iter__tcp context = {};
	struct fake_end server;

	start_both(&server);
	server.net.ns.inum++;
	near.unseen = server.unseen = 1;
	fake_established(&near);
	fake_established(&server);
	fake_attach(client_first ? &near : &server);
	fake_attach(client_first ? &server : &near);
	context.sk_common = &fake_sock(server.tp)->__sk_common;
	http_peers(&context);
	exchange_between(&server);
	check_both_ends();
}

/* Through a network card, hence to another host: whatever the numbers are, it is not known. */
static void test_other_host(void)
{
	struct device bus = {};
	struct net_device card = { .dev.parent = &bus };
	struct dst_entry route = { .dev = &card };
	struct fake_end server;

	start_both(&server);
	fake_sock(near.tp)->sk_dst_cache = &route;
	fake_established(&near);
	fake_established(&server);
	exchange_between(&server);
	CHECK(sink.count == 2);
	CHECK(sink.exchanges[0].peer_workload == WORKLOAD_NONE);
	CHECK(sink.exchanges[1].peer_workload == WORKLOAD_NONE);
	CHECK(check_closed());
}

int main(void)
{
	test_pipeline(64, 0, 0);
	test_pipeline(65, 0, 0);
	test_pipeline(200, 0, 0);
	test_pipeline(70, 10, 5);
	test_pipeline(64, 3, 3);
	test_no_connection();
	test_no_stash("stashes");
	test_no_stash("stash_pieces");
	test_fast_open_server();
	test_fast_open_client(0);
	test_fast_open_client(1);
	test_times();
	test_loopback();
	test_other_namespace();
	test_older_in_other_namespace(0);
	test_older_in_other_namespace(1);
	test_other_host();
	sink_reset();
	return check_end();
}
