/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the access log's programs keep of heads, when it becomes a line, and that nothing is left.
 */
#include "check.h"
#include "log_programs.h"
#include "log_setup.h"
#include "fake_net.h"
#include "log_steps.h"

#define OK     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define LONGER (1 << 18)

static const char *const request_names[] = { "host", "x-id", "x-long", "x-longer-one" };
static const char *const response_names[] = { "x-of", "link" };
static const char *const trailer_names[] = { "x-sum" };

static char text[LONGER], tail[4096];

static void want(void)
{
	log_want(HEAD_REQUEST, request_names, 4);
	log_want(HEAD_RESPONSE, response_names, 2);
	log_want(HEAD_TRAILER, trailer_names, 1);
}

static const char request[] = "GET /path?q HTTP/1.1\r\nHost: a.example\r\nAccept: everything\r\n"
			      "X-Id:\t7 \r\nCookie: x-id: 9\r\nX-Idle: 8\r\n\r\n";
static const char response[] = "HTTP/1.1 200 OK\r\nDate: today\r\nX-Of: 7\r\nServer: s\r\n"
			       "Transfer-Encoding: chunked\r\n\r\n"
			       "3\r\nabc\r\n0\r\nX-Junk: 1\r\nX-Sum: 99\r\n\r\n";

static int is_whole(__u32 i)
{
	return i < journal.count && !strcmp(journal.lines[i].method, "GET") &&
	       !strcmp(journal.lines[i].path, "/path?q") && !strcmp(value(i, 0, 0), "a.example") &&
	       !strcmp(value(i, 0, 1), "7") && !strcmp(value(i, 0, 2), "-") &&
	       !strcmp(value(i, 1, 0), "7") && !strcmp(value(i, 1, 1), "-") &&
	       !strcmp(value(i, 2, 0), "99") && journal.lines[i].record.status == 200 &&
	       !journal.writer.damaged_heads;
}

/* Two cuts anywhere in either head. */
static void test_cuts(void)
{
	__u32 right = 0, all = 0, length = sizeof(request) - 1;

	for (__u32 i = 1; i < length; i += 3)
		for (__u32 j = i + 1; j <= length; j += 5) {
			start(0);
			in_bytes(request, i);
			in_bytes(request + i, j - i);
			in_bytes(request + j, length - j);
			out(response);
			all++;
			right += finish() && journal.count == 1 && is_whole(0);
		}
	for (__u32 i = 1; i < sizeof(response) - 1; i++) {
		start(0);
		in(request);
		out_bytes(response, i);
		out(response + i);
		all++;
		right += finish() && journal.count == 1 && is_whole(0);
	}
	CHECK(right == all);
}

static void test_segment_sizes(void)
{
	for (__u32 size = 1; size < 200; size++) {
		start(size & 1);
		for (int i = 0; i < 3; i++)
			if (size & 1) {
				out_segments(request, size);
				in_segments(response, size);
			} else {
				in_segments(request, size);
				out_segments(response, size);
			}
		CHECK(finish() && journal.count == 3 && is_whole(0) && is_whole(1) && is_whole(2));
	}
}

/* A head of so many lines that nobody wants, or that seem to be wanted, and one in the end. */
static void head_of(const char *name, __u32 lines)
{
	char *at = text + sprintf(text, "GET / HTTP/1.1\r\nHost: first\r\n");

	for (__u32 i = 0; i < lines; i++)
		at += sprintf(at, "%s-%u: %0100d\r\n", name, i, 0);
	sprintf(at, "X-Id: last\r\n\r\n");
}

static void test_unwanted(void)
{
	for (__u32 size = 100; size < 20000; size = size * 3 / 2) {
		start(0);
		head_of("Cookie", 700);
		in_segments(text, size);
		CHECK(log_pieces() <= 3);
		out(OK);
		CHECK(finish() && journal.count == 1);
		CHECK_STRING(value(0, 0, 0), "first");
		CHECK_STRING(value(0, 0, 1), "last");
	}
}

/* The same first eight bytes: kept, but nobody's value. */
static void test_seemingly_wanted(void)
{
	for (__u32 size = 37; size < 20000; size = size * 3 / 2) {
		start(0);
		head_of("X-Longer-Other", 250);
		in_segments(text, size);
		CHECK(log_pieces() > 30);
		out(OK);
		CHECK(finish() && journal.count == 1);
		CHECK_STRING(value(0, 0, 0), "first");
		CHECK_STRING(value(0, 0, 1), "last");
		CHECK_STRING(value(0, 0, 3), "-");
	}
}

/* One value of so many bytes. Cut by the kernel or the collector, it is still its own beginning. */
static void test_long_value(__u32 length, __u32 size, int is_cut)
{
	char *at = text + sprintf(text, "GET / HTTP/1.1\r\nHost: first\r\nX-Long: ");

	memset(at, 'l', length);
	strcpy(at + length, "\r\nX-Id: last\r\n\r\n");
	start(0);
	in_segments(text, size);
	out(OK);
	CHECK(finish() && journal.count == 1);
	CHECK_STRING(value(0, 0, 0), "first");
	CHECK_STRING(value(0, 0, 1), is_cut ? "-" : "last");
	CHECK(strspn(value(0, 0, 2), "l") == LOG_VALUE - 1);
	CHECK(journal.writer.damaged_heads == (__u32)is_cut);
}

static void test_long_values(void)
{
	static const __u32 sizes[] = { 1, 7, 64, 255, 256, 257, 300, 512, 751, 1448, 20000 };

	for (__u32 i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		test_long_value(600, sizes[i], 0);
		test_long_value(60000, sizes[i], 0);
		test_long_value(80000, sizes[i], 1);
	}
}

/* Repeated lines, of which the collector keeps the first: pieces end before its own limit. What is
 * sent beyond them must not go on where they end. */
static void test_no_patchwork(void)
{
	char *at = text + sprintf(text, "GET / HTTP/1.1\r\nHost: first\r\n");

	for (int i = 0; i < 500; i++)
		at += sprintf(at, "Host: %0300d\r\n", i);
	at += sprintf(at, "X-Id: %0300d\r\nX-Long: real\r\n\r\n", 1);
	for (__u32 size = 200; size < 800; size += 13) {
		start(0);
		in_segments(text, size);
		out(OK);
		CHECK(finish() && journal.count == 1);
		CHECK_STRING(value(0, 0, 0), "first");
		CHECK(!strcmp(value(0, 0, 1), "-") || strspn(value(0, 0, 1), "0") == LOG_VALUE - 1);
		CHECK(!strcmp(value(0, 0, 2), "-") || !strcmp(value(0, 0, 2), "real"));
	}
}

/* A piece with little in it, then a window that is wanted as a whole: all of it is kept. */
static void test_whole_window(void)
{
	__u32 length;

	snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nX-Long: %0600u\r\n", 0);
	for (__u32 size = 2000; size < 2200; size++) {
		start(0);
		in(text);
		length = snprintf(tail, sizeof(tail),
				  "Cookie: %0502u\r\nX-Id: %0*u\r\nX-Longer-One: last\r\n\r\n", 0,
				  (int)size, 0);
		in_bytes(tail, length);
		out(OK);
		CHECK(finish() && journal.count == 1);
		CHECK_STRING(value(0, 0, 3), "last");
	}
}

static void test_interim(void)
{
	static const char *const interim[] = { "HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n",
					       "HTTP/1.1 100 Continue\r\n\r\n", "" };
	static const char *const final[] = {
		OK, "HTTP/1.1 200 OK\r\nX-Of: 5\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 204 No\r\nLink: </b>\r\n\r\n"
	};
	static const char *const link[] = { "-", "-", "</b>" }, *const of[] = { "-", "5", "-" };

	for (int i = 0; i < 27; i++)
		for (__u32 size = 1; size < 60; size++) {
			start(0);
			in("GET / HTTP/1.1\r\n\r\n");
			snprintf(text, sizeof(text), "%s%s%s", interim[i / 9], interim[i / 3 % 3],
				 final[i % 3]);
			out_segments(text, size);
			CHECK(finish() && journal.count == 1);
			CHECK_STRING(value(0, 1, 0), of[i % 3]);
			CHECK_STRING(value(0, 1, 1), link[i % 3]);
			CHECK(!journal.writer.damaged_heads);
		}
}

/* The connection ends anywhere in a request, or in its response. */
static void test_abort(void)
{
	__u32 line = strchr(request, '\n') + 1 - request,
	      id = strstr(request, "7 \r\n") + 4 - request;

	for (__u32 i = 0; i < sizeof(request); i++) {
		start(0);
		in_bytes(request, i);
		CHECK(finish() && journal.count == 1);
		CHECK(journal.lines[0].record.is_http == (i >= line));
		CHECK(i < line || !strcmp(value(0, 0, 1), i >= id ? "7" : "-"));
		CHECK(i >= line || journal.lines[0].record.received == i);
	}
	for (__u32 i = 0; i < sizeof(response); i++) {
		start(1);
		out(request);
		in_bytes(response, i);
		CHECK(finish() && journal.count == 1);
		CHECK_STRING(value(0, 0, 1), "7");
	}
}

int main(void)
{
	want();
	test_cuts();
	test_segment_sizes();
	test_unwanted();
	test_seemingly_wanted();
	test_long_values();
	test_no_patchwork();
	test_whole_window();
	test_interim();
	test_abort();
	log_reset();
	log_free();
	return check_end();
}
