/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* HTTP/2 connections that are full, or end: by either side, amid a program, unseen. */
#include "check.h"
#include "walk_sink.h"
#include "fake_net.h"
#include "fake_steps.h"
#include "chance.h"
#include "talk.h"
#include "talk_http2.h"
#include "http2_truth.h"
#include "walk_check.h"

#define PLACES	60 /* where a program may be interrupted */
#define BLOCK	"\x82\x84\x86"
#define ANSWERS "\x88"

static struct h2_talk talk;
static __u32 told[2]; /* of the conversation */

static void new_talk(void)
{
	h2_talk_begin(&talk);
	told[0] = told[1] = 0;
	h2_preface(&talk);
}

static void ask(__u32 stream, __u8 flags)
{
	struct h2_put f = { .stream = stream, .length = 3, .type = HTTP2_HEADERS, .flags = flags };

	h2_block(&talk, f, (const __u8 *)BLOCK, 0);
	talk.streams[talk.stream_count++] = stream;
}

static void answer(__u32 stream, __u8 flags)
{
	struct h2_put f = { .stream = stream, .length = 1, .type = HTTP2_HEADERS, .flags = flags };

	f.response = 1;
	h2_block(&talk, f, (const __u8 *)ANSWERS, 0);
}

static void data(int response, __u32 stream, __u32 length, __u8 flags)
{
	static __u8 body[4000];
	struct h2_put f = { .stream = stream, .length = length, .type = HTTP2_DATA };

	memset(body, 255, sizeof(body)); /* no messages */
	f.response = response;
	f.flags = flags;
	h2_data(&talk, &f, body);
}

/* What was said of a side since, but for the last bytes, in one segment. */
static void tell(int response, __u32 but, __u8 flags)
{
	int egress = (response == REQUEST) == near.client;
	__u32 from = told[response], to = talk.talk.length[response] - but;

	fake_segment(&near, egress, (egress ? near.ours : near.theirs) + from,
		     talk.talk.bytes[response] + from, to - from, flags);
	told[response] = to;
	if (egress)
		near.tp->snd_nxt = near.acked = near.ours + to;
	else
		near.tp->rcv_nxt = near.tp->rcv_wup = near.theirs + to;
}

/* TCP has the rest of a side, of which the programs saw nothing. */
static void tell_unseen(int response)
{
	told[response] = talk.talk.length[response];
	if ((response == REQUEST) == near.client)
		near.tp->snd_nxt = near.ours + told[response];
	else
		near.tp->rcv_nxt = near.tp->rcv_wup = near.theirs + told[response];
}

static void open_one(int client)
{
	start(client);
	new_talk();
	fake_established(&near);
	ask(1, HTTP2_END_STREAM);
	tell(REQUEST, 0, 0);
}

/* So many right, and so many declared. */
static int is_told(__u32 streams, __u64 declared, enum closer closer)
{
	struct talk_end end = { .sent = { told[0], told[1] }, .closer = closer };
	__u32 refused;
	int right = h2_check_streams(&talk, &end, near.client, &refused) == (int)streams &&
		    sink_inexact() == declared && !sink.count && check_closed();

	if (!right)
		show_health();
	return right;
}

static void test_many(__u32 streams, __u32 answered)
{
	start(0);
	new_talk();
	fake_established(&near);
	for (__u32 i = 0; i < streams; i++)
		ask(2 * i + 1, HTTP2_END_STREAM);
	tell(REQUEST, 0, 0);
	for (__u32 i = 0; i < answered; i++)
		answer(2 * i + 1, HTTP2_END_STREAM);
	ask(2 * streams + 1, HTTP2_END_STREAM);
	answer(2 * streams + 1, HTTP2_END_STREAM);
	tell(RESPONSE, 10, 0);
	tell(REQUEST, 0, 0);
	tell(RESPONSE, 0, 0);
	fake_closed(&near);
	if (streams <= HTTP2_STREAMS)
		CHECK(is_told(streams + 1, 0, CLOSER_NONE));
	else
		CHECK(is_told(HTTP2_STREAMS + 1, streams - HTTP2_STREAMS, CLOSER_NONE));
}

static void test_no_connection(void)
{
	start(0);
	new_talk();
	fake_established(&near);
	user_map_named("http2_connections")->full = 1;
	ask(1, HTTP2_END_STREAM);
	tell(REQUEST, 0, 0);
	answer(1, HTTP2_END_STREAM);
	tell(RESPONSE, 0, 0);
	fake_closed(&near);
	CHECK(is_told(0, 1, CLOSER_NONE));
}

static void test_no_stream(void)
{
	open_one(0);
	user_map_named("http2_streams")->full = 1;
	ask(3, HTTP2_END_STREAM);
	tell(REQUEST, 0, 0);
	answer(3, HTTP2_END_STREAM);
	answer(1, HTTP2_END_STREAM);
	tell(RESPONSE, 0, 0);
	fake_closed(&near);
	CHECK(is_told(1, 1, CLOSER_NONE));
}

/* Who went first says whose fault it is; a response that was complete is no fault. */
static void test_closer(int client, enum closer closer, __u8 flag)
{
	int egress = client == (closer == CLOSER_CLIENT);

	open_one(client);
	ask(3, 0);
	ask(5, 0);
	tell(REQUEST, 0, 0);
	answer(3, 0);
	answer(5, HTTP2_END_STREAM);
	tell(RESPONSE, 0, 0);
	tell(closer == CLOSER_CLIENT ? REQUEST : RESPONSE, 0, flag);
	if (flag == TCP_FLAG_FIN && egress)
		near.tp->snd_nxt++;
	else if (flag == TCP_FLAG_FIN)
		near.tp->rcv_nxt++;
	fake_closed(&near);
	CHECK(is_told(3, 0, closer));
}

static void test_no_window(void)
{
	open_one(0);
	ask(3, 0);
	tell(REQUEST, 0, 0);
	sink_take_windows(1);
	fake_closed(&near);
	sink_take_windows(0);
	CHECK(is_told(0, 2, CLOSER_NONE));
}

/* The last bytes were not seen. A frame that is cut short counts for nothing; whether one ended is
 * not known. */
static void test_unseen_end(int response, __u32 unsaid)
{
	open_one(0);
	ask(3, 0);
	if (response)
		answer(3, 0);
	data(response, 3, 3000, HTTP2_END_STREAM);
	tell(REQUEST, response ? 0 : 10, 0);
	tell(RESPONSE, response ? 10 : 0, 0);
	talk.talk.length[response] -= unsaid;
	tell_unseen(response);
	fake_closed(&near);
	CHECK(unsaid ? is_told(2, 0, CLOSER_NONE) : is_told(0, 2, CLOSER_NONE));
}

static void test_same_tuple(void)
{
	open_one(0);
	fake_sock(near.tp)->__sk_common.skc_state = TCP_SYN_RECV;
	near.theirs += 100000;
	near.tp->rcv_nxt = near.tp->rcv_wup = near.theirs;
	near.tp->snd_nxt = near.ours;
	fake_established(&near);
	CHECK(sink_http2.gone == 1 && sink_inexact() == 1);
	new_talk();
	ask(1, HTTP2_END_STREAM);
	tell(REQUEST, 0, 0);
	answer(1, HTTP2_END_STREAM);
	tell(RESPONSE, 0, 0);
	fake_closed(&near);
	CHECK(is_told(1, 1, CLOSER_NONE));
}

/* The server spoke first; what the client says is no HTTP/2. */
static void test_no_http2(const char *text)
{
	start(0);
	new_talk();
	fake_established(&near);
	h2_settings(&talk, RESPONSE, 0);
	tell(RESPONSE, 0, 0);
	in(text);
	fake_closed(&near);
	CHECK(!sink.count && !sink_http2.stream_count && sink.tcp == 1 && !sink_inexact());
	CHECK(check_closed());
}

/* The client's first segment was not seen. */
static void test_no_preface(int server_first)
{
	start(0);
	new_talk();
	fake_established(&near);
	h2_settings(&talk, RESPONSE, 0);
	if (server_first)
		tell(RESPONSE, 0, 0);
	ask(1, HTTP2_END_STREAM);
	ask(3, HTTP2_END_STREAM);
	sink_take_windows(1);
	tell(REQUEST, 0, 0);
	sink_take_windows(0);
	answer(1, HTTP2_END_STREAM);
	answer(3, HTTP2_END_STREAM);
	tell(RESPONSE, 0, 0);
	ask(5, HTTP2_END_STREAM);
	tell(REQUEST, 0, 0);
	answer(5, HTTP2_END_STREAM);
	tell(RESPONSE, 0, 0);
	fake_closed(&near);
	CHECK(!sink.tcp && is_told(1, 2, CLOSER_NONE));
}

static __u32 close_after;

static void close_now(void)
{
	if (close_after--)
		user_interrupt = close_now;
	else
		fake_state(&near, TCP_CLOSE);
}

/* CLOSE on another CPU in the middle of a program: streams are reported once, or declared, and
 * nothing is left. */
static int is_closed_once(__u32 place, int first)
{
	__u32 n;
	int right;

	start(0);
	new_talk();
	fake_established(&near);
	if (!first) {
		ask(1, HTTP2_END_STREAM);
		tell(REQUEST, 0, 0);
	}
	ask(3, HTTP2_END_STREAM);
	ask(5, HTTP2_END_STREAM);
	close_after = place;
	user_interrupt = close_now;
	tell(REQUEST, 0, 0);
	user_interrupt = NULL;
	user_free_deleted();
	if (fake_sock(near.tp)->__sk_common.skc_state != TCP_CLOSE)
		fake_state(&near, TCP_CLOSE);
	n = sink_http2.stream_count + sink_inexact();
	right = n <= 3 && n + first >= 1 && check_closed();
	for (__u32 i = 1; i < sink_http2.stream_count; i++)
		right &= sink_http2.streams[i].exchange.ordinal !=
			 sink_http2.streams[i - 1].exchange.ordinal;
	if (!right) {
		printf("place %u, %u streams\n", place, sink_http2.stream_count);
		show_health();
	}
	fake_free(&near);
	return right;
}

static void test_close_amid(int first)
{
	int right = 0;

	for (__u32 place = 0; place < PLACES; place++)
		right += is_closed_once(place, first);
	CHECK(right == PLACES);
}

int main(void)
{
	test_many(10, 5);
	test_many(256, 1);
	test_many(257, 1);
	test_many(300, 300);
	test_no_connection();
	test_no_stream();
	for (int i = 0; i < 8; i++)
		test_closer(i & 1, i & 2 ? CLOSER_CLIENT : CLOSER_SERVER,
			    i & 4 ? TCP_FLAG_FIN : TCP_FLAG_RST);
	test_no_window();
	for (int i = 0; i < 4; i++)
		test_unseen_end(i & 1, i & 2 ? 4 : 0);
	test_same_tuple();
	test_no_http2("GET / HTTP/1.1\r\n\r\n");
	test_no_http2("\x16\x03\x01");
	test_no_preface(0);
	test_no_preface(1);
	test_close_amid(0);
	test_close_amid(1);
	sink_reset();
	return check_end();
}
