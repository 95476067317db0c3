/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which bytes of a window http1_keep.h takes along, whatever the cuts: see keep_model.h. */
#define HTTP1_KEEPS
#include "check.h"
#include "http1.h"
#include "keep_model.h"

/* In segments that end at cuts, and at the stream's end. */
static int is_right(const __u32 *cuts, __u32 count)
{
	struct feeder f = { .parser.response = stream.response };

	for (__u32 i = 0; i <= count; i++) {
		__u32 end = i < count ? cuts[i] : stream.length;

		while (f.position < end) {
			__u32 length = end - f.position, before = f.position;

			if (length > HTTP1_WINDOW)
				length = HTTP1_WINDOW;
			if (!feed_window(&f, length) || f.position == before) {
				printf("cuts %u %u: at %u of %u, model %u to %u\n",
				       count ? cuts[0] : 0, count > 1 ? cuts[1] : 0, before,
				       stream.length, f.model.begin, f.model.end);
				return 0;
			}
		}
	}
	return 1;
}

/* Every two cuts, and every size of segments. */
static void check_cuts(void)
{
	static __u32 cuts[BYTES];
	__u32 wrong = 0;

	for (cuts[0] = 0; cuts[0] < stream.length && !wrong; cuts[0]++)
		for (cuts[1] = cuts[0]; cuts[1] < stream.length && !wrong; cuts[1]++)
			wrong += !is_right(cuts, 2);
	for (__u32 size = 1; size < 100 && !wrong; size++) {
		__u32 n = 0;

		while ((n + 1) * size < stream.length) {
			cuts[n] = (n + 1) * size;
			n++;
		}
		wrong += !is_right(cuts, n);
	}
	CHECK(!wrong);
}

static void test_request(void)
{
	want(HTTP1_NAMES_REQUEST, 3, "host", "x-request-id", "x-a");
	begin(0);
	put(LINE_BEFORE, "\r\n");
	put(LINE_START, "GET /path HTTP/1.1\r\n");
	put(LINE_HEADER, "Accept: everything\r\n");
	put(LINE_HEADER, "HOST:\r\n");
	put(LINE_HEADER, "\ta.example\r\n");
	put(LINE_HEADER, "X-Requester: like\n");
	put(LINE_HEADER, "X-Other: 12345\r\n");
	put(LINE_HEADER, "  and so on\r\n");
	put(LINE_HEADER, "X-A: 1\r\n");
	put(LINE_HEADER, "Cookie: 123456\r\n");
	put(LINE_HEADER, "\r\n");
	check_cuts();
}

/* A line without any that is wanted after it is not there. */
static void test_nothing(void)
{
	want(HTTP1_NAMES_REQUEST, 0);
	begin(0);
	put(LINE_START, "GET /path HTTP/1.1\r\n");
	for (int i = 0; i < 6; i++)
		put(LINE_HEADER, "Cookie: 123456\r\n");
	put(LINE_HEADER, "\r\n");
	check_cuts();
	memcpy(window.bytes + HTTP1_START, stream.bytes, stream.length);
	memset(&window.parser, 0, sizeof(window.parser));
	CHECK(http1_parse(&window, stream.length) == HTTP1_HEAD_END);
	CHECK(window.kept.from == HTTP1_START && window.kept.to == HTTP1_START + 20);
	CHECK(!window.kept.headers);
}

static void test_pipelined(void)
{
	want(HTTP1_NAMES_REQUEST, 1, "x-id");
	begin(0);
	for (int i = 0; i < 3; i++) {
		put(LINE_START, "POST / HTTP/1.1\r\n");
		put(LINE_HEADER, "X-Id: 1\r\n");
		put(LINE_HEADER, "Content-Length: 9\r\n");
		put(LINE_HEADER, "\r\n");
		put(LINE_OTHER, "X-Id: 2\r\n");
	}
	check_cuts();
}

static void test_response(void)
{
	want(HTTP1_NAMES_REQUEST, 1, "x-request");
	want(HTTP1_NAMES_RESPONSE, 2, "server", "x-t");
	want(HTTP1_NAMES_TRAILER, 2, "x-t", "x-checksum");
	begin(1);
	put(LINE_START, "HTTP/1.1 103 Hints\r\n");
	put(LINE_HEADER, "X-T: 1\r\n");
	put(LINE_HEADER, "\r\n");
	put(LINE_START, "HTTP/1.1 200 OK\r\n");
	put(LINE_HEADER, "Date: today\r\n");
	put(LINE_HEADER, "Server: s\r\n");
	put(LINE_HEADER, "Transfer-Encoding: chunked\r\n");
	put(LINE_HEADER, "\r\n");
	put(LINE_OTHER, "8\r\n");
	put(LINE_OTHER, "X-T: 2\r\n\r\n");
	put(LINE_OTHER, "0\r\n");
	put(LINE_TRAILER, "Server: t\r\n");
	put(LINE_TRAILER, "X-Checksum: 3\r\n");
	put(LINE_TRAILER, " 4\r\n");
	put(LINE_TRAILER, "X-Check: 5\r\n");
	put(LINE_TRAILER, "\r\n");
	put(LINE_START, "HTTP/1.1 204 No\r\n");
	put(LINE_HEADER, "X-T: 1\r\n");
	put(LINE_HEADER, "\r\n");
	check_cuts();
}

/* Nobody can want those of a request. */
static void test_request_trailers(void)
{
	want(HTTP1_NAMES_REQUEST, 1, "x-t");
	want(HTTP1_NAMES_TRAILER, 1, "x-t");
	begin(0);
	put(LINE_START, "POST / HTTP/1.1\r\n");
	put(LINE_HEADER, "Transfer-Encoding: chunked\r\n");
	put(LINE_HEADER, "\r\n");
	put(LINE_OTHER, "0\r\n");
	put(LINE_TRAILER, "X-T: 2\r\n");
	put(LINE_TRAILER, "\r\n");
	put(LINE_START, "GET / HTTP/1.1\r\n");
	put(LINE_HEADER, "X-T: 2\r\n");
	put(LINE_HEADER, "\r\n");
	check_cuts();
}

/* Names of 1 to 20 bytes that begin alike; any of them are wanted, up to more than there is room
 * for. */
static void test_names(__u32 seed)
{
	static char all[60][24];
	__u32 count = 1 + seed % 24, at = 0;
	char line[64];

	srand(seed);
	for (int i = 0; i < 60; i++) {
		__u32 length = 1 + i % 20;

		for (__u32 j = 0; j < length; j++)
			all[i][j] = j + i / 20 < length ? "x-abc-def-ghi-jkl-mno"[j]
							: 'a' + rand() % 26;
		all[i][length] = 0;
		if (!(rand() % 5))
			all[i][0] = 'a' + rand() % 26;
	}
	for (__u32 i = 0; i < count; i++)
		names[HTTP1_NAMES_REQUEST][at++] = all[rand() % 60];
	name_count[HTTP1_NAMES_REQUEST] = at;
	keep_names(HTTP1_NAMES_REQUEST, names[HTTP1_NAMES_REQUEST], at);
	begin(0);
	put(LINE_START, "GET / HTTP/1.1\r\n");
	for (int i = 0; i < 7; i++) {
		snprintf(line, sizeof(line), "%s: %d\r\n", all[rand() % 60], rand() % 1000);
		if (rand() % 2)
			for (char *c = line; *c; c++)
				*c = *c >= 'a' && *c <= 'z' ? *c - 32 : *c;
		put(LINE_HEADER, line);
	}
	put(LINE_HEADER, "\r\n");
	check_cuts();
}

/* More lines than a window lists, and more bytes than it holds. */
static void test_many_lines(void)
{
	char line[256];

	for (__u32 lines = 28; lines < 110; lines++)
		for (__u32 length = 1; length < 200; length += 33) {
			__u32 cuts[2];
			int right = 1;

			want(HTTP1_NAMES_REQUEST, 1, "x-id");
			begin(0);
			put(LINE_START, "GET / HTTP/1.1\r\n");
			for (__u32 i = 0; i < lines && stream.length < BYTES - 600; i++) {
				snprintf(line, sizeof(line), "%s: %0*d\r\n",
					 i % 7 ? "Cookie" : "X-Id", (int)length, 0);
				put(LINE_HEADER, line);
			}
			put(LINE_HEADER, "\r\n");
			right &= is_right(cuts, 0);
			for (cuts[0] = 0; cuts[0] < stream.length; cuts[0] += 97)
				right &= is_right(cuts, 1);
			CHECK(right);
		}
}

int main(void)
{
	test_request();
	test_nothing();
	test_pipelined();
	test_response();
	test_request_trailers();
	for (__u32 seed = 0; seed < 72; seed++)
		test_names(seed);
	test_many_lines();
	return check_end();
}
