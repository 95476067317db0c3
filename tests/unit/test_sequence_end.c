/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ends of a connection: one that is not its own, one that was not seen, one amid a program. */
#include "check.h"
#include "walk_sink.h"
#include "fake_net.h"
#include "fake_steps.h"
#include "chance.h"
#include "talk.h"
#include "walk_check.h"

#define PLACES 40 /* where a program may be interrupted */

/* Anyone can send an RST with any number; it names who closed only where TCP would believe it. */
static void test_foreign_reset(void)
{
	start(0);
	fake_established(&near);
	in(GET);
	fake_segment(&near, 0, near.theirs + came + 1000, "", 0, TCP_FLAG_RST);
	fake_segment(&near, 1, near.ours, "", 0, TCP_FLAG_FIN);
	fake_closed(&near);
	CHECK(sink.count == 1 && sink.exchanges[0].exchange.flag == EXCHANGE_UC);
	CHECK(check_closed());
}

/* The end of a connection was not seen, its addresses and ports come again. */
static void test_same_tuple(void)
{
	start(0);
	fake_established(&near);
	in(GET);
	fake_segment(&near, 0, near.theirs + came + 5, GET, sizeof(GET) - 1, 0);
	fake_sock(near.tp)->__sk_common.skc_state = TCP_SYN_RECV;
	came = went = 0;
	near.theirs += 100000;
	near.tp->rcv_nxt = near.tp->rcv_wup = near.theirs;
	near.tp->snd_nxt = near.ours;
	fake_established(&near);
	CHECK(sink_health()->connections == 1);
	in(GET);
	out(ANSWER);
	fake_closed(&near);
	CHECK(sink.count && is_one_answer(sink.count - 1));
	CHECK(check_closed());
}

/* The last bytes of a body that TCP has, and no program saw: it ended, and nobody knows when. */
static void test_unseen_end(__u32 unseen, enum exchange_flag flag)
{
	start(1);
	fake_established(&near);
	out(GET);
	in("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
	near.tp->rcv_nxt += unseen;
	fake_closed(&near);
	if (flag == EXCHANGE_OK)
		CHECK(!sink.count && sink_health()->inexact[INEXACT_HOLE] == 1);
	else
		CHECK(sink.count == 1 && sink.exchanges[0].exchange.flag == flag &&
		      sink.exchanges[0].exchange.response_body == 3 + unseen);
	CHECK(check_closed());
}

static __u32 close_after;

static void close_now(void)
{
	if (close_after--)
		user_interrupt = close_now;
	else
		fake_state(&near, TCP_CLOSE);
}

/*
 * CLOSE on another CPU in the middle of a program. early: the segment comes before what precedes
 * it. One exchange, reported once, and nothing is left.
 */
static int is_closed_once(__u32 place, int early, const char *answer)
{
	int right;

	start(1);
	fake_established(&near);
	out(GET);
	close_after = place;
	user_interrupt = close_now;
	fake_segment(&near, 0, near.theirs + early, answer, strlen(answer), 0);
	user_interrupt = NULL;
	user_free_deleted();
	if (fake_sock(near.tp)->__sk_common.skc_state != TCP_CLOSE)
		fake_state(&near, TCP_CLOSE);
	right = sink.count == 1 && check_closed();
	if (!right) {
		printf("place %u, early %d, %s\n", place, early, answer);
		show_health();
	}
	fake_free(&near);
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

int main(void)
{
	test_foreign_reset();
	test_same_tuple();
	test_unseen_end(7, EXCHANGE_OK);
	test_unseen_end(6, EXCHANGE_DC);
	test_close_amid();
	sink_reset();
	return check_end();
}
