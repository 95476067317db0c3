/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose head is whose: many exchanges in flight, answers that come early or to nothing, tunnels. */
#include "check.h"
#include "log_programs.h"
#include "log_setup.h"
#include "fake_net.h"
#include "log_steps.h"

#define OK    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define OK_OF "HTTP/1.1 200 OK\r\nX-Of: %u\r\nContent-Length: 0\r\n\r\n"

static const char *const request_names[] = { "host", "x-id" };
static const char *const response_names[] = { "x-of" };

static char text[256];

static void ask(__u32 i)
{
	snprintf(text, sizeof(text), "GET /%u HTTP/1.1\r\nX-Id: %u\r\n\r\n", i, i);
	in(text);
}

static void answer(__u32 i)
{
	snprintf(text, sizeof(text), OK_OF, i);
	out(text);
}

static int is_numbered(__u32 line, __u32 i)
{
	char path[16], number[16];

	snprintf(path, sizeof(path), "/%u", i);
	snprintf(number, sizeof(number), "%u", i);
	return line < journal.count && !strcmp(journal.lines[line].path, path) &&
	       !strcmp(value(line, 0, 1), number) && !strcmp(value(line, 1, 0), number);
}

/* More than are remembered too: those are declared. */
static void test_pipeline(void)
{
	for (__u32 depth = 1; depth < 80; depth += depth < 60 ? 7 : 1) {
		__u32 kept = depth < EXCHANGES_MAX ? depth : EXCHANGES_MAX, right = 0;

		start(0);
		for (__u32 round = 0; round < 2; round++) {
			for (__u32 i = 0; i < depth; i++)
				ask(i);
			CHECK(log_pieces() == kept);
			for (__u32 i = 0; i < depth; i++)
				answer(i);
			CHECK(!log_pieces());
		}
		CHECK(finish() && journal.count == 2 * kept);
		for (__u32 i = 0; i < journal.count; i++)
			right += is_numbered(i, i % kept);
		CHECK(right == 2 * kept && log_untold() == 2 * (depth - kept));
	}
}

/* Requests in flight at the end, and what an answer that nobody understands does to them. */
static void test_close_amid(void)
{
	start(0);
	for (__u32 i = 0; i < 10; i++)
		ask(i);
	answer(0);
	CHECK(finish() && journal.count == 10 && is_numbered(0, 0));
	CHECK_STRING(value(9, 0, 1), "9");
	start(0);
	for (__u32 i = 0; i < 10; i++)
		ask(i);
	out("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n");
	CHECK(finish() && journal.count == 1 && log_untold() == 9);
}

/* A request that is answered before it ends, then something else that is no answer to it. */
static void test_answered_early(void)
{
	static const char *const more[] = {
		"HTTP/1.1 408 Late\r\nX-Of: 408\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 100 Continue\r\nX-Of: 100\r\n\r\n"
	};

	for (int i = 0; i < 2; i++) {
		start(0);
		in("POST /1 HTTP/1.1\r\nX-Id: 1\r\nContent-Length: 5\r\n\r\n12");
		answer(1);
		out(more[i]);
		in("345");
		CHECK(finish() && journal.count == 1 && is_numbered(0, 1));
	}
}

/* RFC 9110 15.5.9: a 408 to what is no request yet. */
static void test_answered_nothing(void)
{
	start(0);
	ask(1);
	answer(1);
	in("GE");
	out("HTTP/1.1 408 Late\r\nX-Of: 1\r\nContent-Length: 0\r\n\r\n");
	out("HTTP/1.1 408 Late\r\nX-Of: 2\r\nContent-Length: 0\r\n\r\n");
	in("T /2 HTTP/1.1\r\nX-Id: 2\r\n\r\n");
	out(OK);
	CHECK(finish() && journal.count == 2 && is_numbered(0, 1));
	CHECK_STRING(value(1, 1, 0), "-");
}

static void test_tunnels(void)
{
	start(0);
	in("GET /1 HTTP/1.1\r\nX-Id: 1\r\nUpgrade: x\r\n\r\n");
	out("HTTP/1.1 101 Switch\r\nX-Of: 1\r\n\r\n");
	in("\1\2\3");
	out("\1\2\3");
	CHECK(finish() && journal.count == 1 && is_numbered(0, 1));
	start(0);
	in("CONNECT a:1 HTTP/1.1\r\nX-Id: 1\r\n\r\n");
	out("HTTP/1.1 200 OK\r\nX-Of: 1\r\n\r\n");
	in("\1\2\3");
	CHECK(finish() && journal.count == 1);
	CHECK_STRING(value(0, 0, 1), "1");
	start(0);
	in("CONNECT a:1 HTTP/1.1\r\nX-Id: 1\r\n\r\n");
	out("HTTP/1.1 407 No\r\nX-Of: 1\r\nContent-Length: 0\r\n\r\n");
	ask(2);
	answer(2);
	CHECK(finish() && journal.count == 2 && is_numbered(1, 2));
	CHECK_STRING(value(0, 0, 1), "1");
}

/* What answers requests that found no room is not taken for the answer to one that begins. */
static void test_pipeline_goes_on(void)
{
	start(0);
	for (__u32 i = 0; i < EXCHANGES_MAX + 2; i++)
		ask(i);
	in("GET /begins HTTP/1.1\r\nX-Id: 5");
	for (__u32 i = 0; i < EXCHANGES_MAX + 2; i++)
		answer(i);
	in("\r\n\r\n");
	answer(99);
	ask(7);
	out(OK);
	CHECK(!log_pieces());
	ask(8);
	answer(8);
	CHECK(finish() && journal.count == EXCHANGES_MAX + 2 && log_untold() == 3);
	CHECK_STRING(value(EXCHANGES_MAX, 1, 0), "-");
	CHECK(is_numbered(EXCHANGES_MAX + 1, 8));
}

/* An answer without anything that is wanted costs nothing. */
static void test_nothing_kept(void)
{
	start(0);
	ask(1);
	out("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
	CHECK(log_pieces() == 1);
	out("12345");
	CHECK(finish() && journal.count == 1);
}

/* The connection's end was not seen, its addresses and ports come again. */
static void test_same_tuple(void)
{
	start(0);
	for (__u32 i = 0; i <= EXCHANGES_MAX; i++)
		ask(i);
	in("GET /begins HTTP/1.1\r\nX-Id: 5");
	for (__u32 i = 0; i <= EXCHANGES_MAX; i++)
		answer(i);
	fake_sock(near.tp)->__sk_common.skc_state = TCP_SYN_RECV;
	fake_established(&near);
	CHECK(!log_pieces());
	ask(1);
	answer(1);
	CHECK(finish() && journal.count == EXCHANGES_MAX + 1);
	CHECK(is_numbered(EXCHANGES_MAX, 1));
}

static __u32 close_after;

static void close_now(void)
{
	if (close_after--)
		user_interrupt = close_now;
	else
		fake_state(&near, TCP_CLOSE);
}

/* CLOSE on another CPU, amid a program: what that keeps afterwards belongs to nothing. */
static int is_closed_clean(__u32 place, const char *next)
{
	int right;

	start(0);
	ask(1);
	close_after = place;
	user_interrupt = close_now;
	in(next);
	user_interrupt = NULL;
	user_free_deleted();
	if (fake_sock(near.tp)->__sk_common.skc_state != TCP_CLOSE)
		fake_state(&near, TCP_CLOSE);
	fake_free(&near);
	log_read();
	right = log_is_empty() && journal.count >= 1;
	if (!right)
		printf("place %u, %s\n", place, next);
	return right;
}

static void test_closed_amid(void)
{
	for (__u32 place = 0; place < 40; place++) {
		CHECK(is_closed_clean(place, "GET /2 HTTP/1.1\r\nX-Id: 2\r\n\r\n"));
		CHECK(is_closed_clean(place, "GET /2 HTTP/1.1\r\nX-Id: 2\r\n"));
		CHECK(is_closed_clean(place,
				      "GET /2 HTTP/1.1\r\nX-Id: 2\r\n\r\nGET /3 HTTP/1.1\r\n"));
	}
}

static __u32 again_after;

static void again_now(void)
{
	const char *again = "GET /1 HTTP/1.1\r\nX-Id: 1\r\n\r\n";

	if (again_after--) {
		user_interrupt = again_now;
		return;
	}
	user_cpu = 1;
	fake_segment(&near, 0, near.theirs + came, again, strlen(again), 0);
	user_cpu = 0;
}

/* A request comes twice at once, on two CPUs: what the slower one keeps is not the next one's. */
static void test_twice_amid(void)
{
	for (__u32 place = 0; place < 10; place++) {
		start(0);
		again_after = place;
		user_interrupt = again_now;
		ask(1);
		user_interrupt = NULL;
		answer(1);
		ask(2);
		answer(2);
		CHECK(finish() && journal.count == 2 && is_numbered(0, 1) && is_numbered(1, 2));
		CHECK(!log_untold() && !journal.writer.damaged_heads);
	}
}

static __u32 answer_after, is_answered;
static char request[1024];

static void answer_now(void)
{
	if (answer_after--) {
		user_interrupt = answer_now;
		return;
	}
	user_cpu = 1;
	fake_segment(&near, 0, near.theirs + came, request, strlen(request), 0);
	answer(1);
	user_cpu = 0;
	is_answered = 1;
}

/* A request came twice, TCP took the other one, and the answer comes amid the program: that request
 * may be declared, those after it are not. */
static int is_followed_on(__u32 place, const char *method)
{
	__u32 lines;

	snprintf(request, sizeof(request), "%s /1 HTTP/1.1\r\nX-Id: 1\r\nX-Pad: %0600u\r\n\r\n",
		 method, 0);
	start(0);
	answer_after = place;
	is_answered = 0;
	user_interrupt = answer_now;
	in(request);
	user_interrupt = NULL;
	if (!is_answered)
		answer(1);
	for (__u32 i = 2; i < 6; i++) {
		ask(i);
		answer(i);
	}
	lines = finish() ? journal.count : 0;
	for (__u32 i = 2; i < 6; i++)
		if (lines < 4 || !is_numbered(lines - 6 + i, i))
			return 0;
	return lines + log_untold() == 5 && (lines == 4 || is_numbered(0, 1));
}

static void test_answered_amid(void)
{
	__u32 right = 0, declared = 0;

	for (__u32 place = 0; place < 20; place++) {
		right += is_followed_on(place, "GET");
		declared += log_untold() == 1;
		is_followed_on(place, "HEAD"); /* whose answer may have been taken for a body */
		CHECK(journal.count + log_untold() >= 5);
	}
	CHECK(right == 20 && declared > 0);
}

int main(void)
{
	log_want(HEAD_REQUEST, request_names, 2);
	log_want(HEAD_RESPONSE, response_names, 1);
	test_pipeline();
	test_pipeline_goes_on();
	test_nothing_kept();
	test_close_amid();
	test_answered_early();
	test_answered_nothing();
	test_tunnels();
	test_same_tuple();
	test_closed_amid();
	test_twice_amid();
	test_answered_amid();
	log_reset();
	log_free();
	return check_end();
}
