/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is kept of a head, wherever it is cut into pieces. */
#include "http_head.h"

#include <stdlib.h>

#include "check.h"

static const char *const names[] = { "host", "x-id", "x-id-long", "x-time" };
static const struct head_names wanted = { names, 4 };

static void append(struct http_head *h, const char *data, size_t length)
{
	/* exactly as long as it says, so that the sanitizer sees a byte too many read */
	char *copy = malloc(length ? length : 1);

	if (!copy)
		abort();
	memcpy(copy, data, length);
	http_head_append(h, &wanted, (struct head_text){ copy, length });
	free(copy);
}

/* Checks what is kept and frees. */
static void check_text(struct http_head *h, const char *should)
{
	char is[1024];

	CHECK(h->length < sizeof(is) && h->length < h->capacity);
	snprintf(is, sizeof(is), "%.*s", (int)h->length, h->text);
	CHECK_STRING(is, should);
	http_head_free(h);
}

/* Whole, at every two cuts, and byte by byte. */
static void check_kept(bool is_response, const char *head, const char *should)
{
	size_t length = strlen(head);
	struct http_head h = { .response = is_response };

	for (size_t cut1 = 0; cut1 <= length; cut1++)
		for (size_t cut2 = cut1; cut2 <= length; cut2++) {
			append(&h, head, cut1);
			append(&h, head + cut1, cut2 - cut1);
			append(&h, head + cut2, length - cut2);
			check_text(&h, should);
		}
	for (size_t i = 0; i < length; i++)
		append(&h, head + i, 1);
	check_text(&h, should);
}

static void test_what_is_kept(void)
{
	check_kept(false,
		   "\r\n\n\r\nGET /a b HTTP/1.1\r\nAccept: */*\r\nHOST: a:80\r\nX-Id:\t1 \r\n"
		   "Cookie: a; b=c\r\nX-Id: 2\r\nX-Id-Long:\r\n\r\nX-Id-Long: body\r\n",
		   "GET /a b HTTP/1.1\nHOST: a:80\nX-Id:\t1 \nX-Id-Long:\n");
	check_kept(false, "G / HTTP/1.0\nHost: a\n\nbody", "G / HTTP/1.0\nHost: a\n");
	check_kept(false, "G / HTTP/1.1\r\nHos\r\nhost\r\nhostx: b\r\nhost : c\r\n:host: d\r\n",
		   "G / HTTP/1.1\n");
	check_kept(false, "G / HTTP/1.1\r\nCookie: a\rhost: b\r\nhost: c\rd\r\n\r\n",
		   "G / HTTP/1.1\nhost: c\rd\n");
	check_kept(false, "G / HTTP/1.1\n\r\r\nhost: a\r\r\n\n", "G / HTTP/1.1\nhost: a\r\n");
	check_kept(false, "G / HTTP/1.1\r\nX-Id: a\r\nHost: unfinish", /* up to a cut */
		   "G / HTTP/1.1\nX-Id: a\nHost: unfinish");
}

static void test_continued_lines(void)
{
	check_kept(false,
		   "G / HTTP/1.1\r\n Host: no\r\nHost: a \t\r\n\t b\r\n c\r\n \t\r\nCookie: d\r\n"
		   " X-Id: no\r\nHost: e\r\n f\r\nX-Id:\n\t g\n\nhost: h",
		   "G / HTTP/1.1\nHost: a b c \nX-Id: g\n");
}

static void test_interim_responses(void)
{
	check_kept(true,
		   "HTTP/1.1 100 Continue\r\nX-Time: 1\r\n\r\n\r\nHTTP/1.1 103 E\nX-Time: 2\n\n"
		   "HTTP/1.1 200 OK\r\nDate: x\r\nX-Time: 3\r\n\r\nbody",
		   "HTTP/1.1 200 OK\nX-Time: 3\n");
	check_kept(true, "HTTP/1.1 100 C\r\nX-Time: 1\r\n\r\n", "HTTP/1.1 100 C\nX-Time: 1\n");
	check_kept(true, "HTTP/1.1 101 S\r\nX-Time: 1\r\n\r\nHTTP/1.1 200 OK\r\n",
		   "HTTP/1.1 101 S\nX-Time: 1\n");
	check_kept(false, "HTTP/1.1 100 HTTP/1.1\n\nG / HTTP/1.1\n", "HTTP/1.1 100 HTTP/1.1\n");
}

/* Wherever the limit falls, also inside a name: lines before it are kept, and none is made up. */
static void check_limit(size_t start, const char *rest, size_t kept)
{
	struct http_head h = {};
	struct head_text values[4], value;
	char *path = malloc(start);

	if (!path)
		abort();
	memset(path, 'p', start);
	memcpy(path, "G /", 3);
	append(&h, path, start);
	for (size_t i = 0; rest[i]; i++)
		append(&h, rest + i, 1);
	CHECK(h.length <= HEAD_TEXT_MAX && h.length > start - 3 && h.text[h.length - 1] == '\n');
	CHECK(!memcmp(h.text, path, start < h.length ? start : h.length - 1));
	CHECK((h.state == HEAD_CUT) == (start + kept > HEAD_TEXT_MAX - 1));
	CHECK(h.state == HEAD_CUT || h.state == HEAD_ENDED);
	http_head_values(&h, &wanted, values);
	value = values[1];
	CHECK(value.length <= 8 &&
	      !strncmp(value.data ? value.data : "", "1 folded", value.length));
	http_head_free(&h);
	free(path);
}

static void test_the_limit_in_any_place(void)
{
	for (size_t start = HEAD_TEXT_MAX - 40; start <= HEAD_TEXT_MAX + 1; start++)
		check_limit(start, " H\nX-Id: 1\r\n folded\nHost: abc\n\n",
			    strlen(" H\nX-Id: 1 folded\nHost: abc\n"));
}

static void check_request_line(const char *line, const char *method, const char *target)
{
	struct request_line is = http_head_request_line((struct head_text){ line, strlen(line) });
	char text[64];

	snprintf(text, sizeof(text), "%.*s", (int)is.method.length, is.method.data);
	CHECK_STRING(text, method);
	snprintf(text, sizeof(text), "%.*s", (int)is.target.length,
		 is.target.data ? is.target.data : "");
	CHECK_STRING(text, target);
}

static void test_request_line(void)
{
	check_request_line("GET /a b HTTP/1.1\nHost: c HTTP/1.1\n", "GET", "/a b");
	check_request_line("GET / HTTP/1.1", "GET", "/");
	check_request_line("GET /cut", "GET", "/cut");
	check_request_line("GET HTTP/1.1\n", "GET", "HTTP/1.1");
	check_request_line("GET", "GET", "");
}

/* RFC 3986 3.1: what is no scheme begins no absolute form. */
static void test_schemes(void)
{
	static const struct {
		const char *target;
		size_t length;
		bool is_absolute;
	} cases[] = {
		{ "http://a/", 9, true }, { "a+b-1.C://a/", 12, true }, { "://a/", 5, false },
		{ "1a://a/", 7, false },  { "+://a/", 6, false },	{ "h_://a/", 7, false },
		{ "h\0://a/", 7, false }, { "/h://a/", 7, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[32] = "GET ";
		struct request_line is;

		memcpy(text + 4, cases[i].target, cases[i].length);
		is = http_head_request_line((struct head_text){ text, 4 + cases[i].length });
		CHECK(is.target.length == cases[i].length);
		CHECK(!!is.authority.data == cases[i].is_absolute);
		CHECK(is.path.length == (cases[i].is_absolute ? 1 : cases[i].length));
	}
}

static void check_values(enum head_side side, const char *head, const char *host, const char *id)
{
	struct head_text values[4],
		should[] = { { host, host ? strlen(host) : 0 }, { id, id ? strlen(id) : 0 } };
	struct http_head h = {};

	http_head_begin(&h, side);
	append(&h, head, strlen(head));
	http_head_values(&h, &wanted, values);
	for (int i = 0; i < 2; i++)
		CHECK(!values[i].data == !should[i].data && values[i].length == should[i].length &&
		      !memcmp(values[i].data ? values[i].data : "",
			      should[i].data ? should[i].data : "", should[i].length));
	CHECK(!values[2].data && !values[3].data);
	http_head_free(&h);
}

static void test_values(void)
{
	check_values(HEAD_REQUEST, "GET / HTTP/1.1\r\nHOST: \t a b \r\nX-Id:\r\nhost: c\r\n\r\n",
		     "a b", "");
	check_values(HEAD_REQUEST, "Host: a HTTP/1.1\r\nHost : b\r\nX-Idle: 1\r\n\n", NULL, NULL);
	check_values(HEAD_REQUEST, "GET / HTTP/1.1\nX-Id: 1\n folded\n\n", NULL, "1 folded");
	check_values(HEAD_REQUEST, "GET / HTTP/1.1\nX-Id: cut", NULL, NULL);
	check_values(HEAD_RESPONSE, "HTTP/1.1 103 E\nX-Id: 1\n\n", NULL, NULL);
	check_values(HEAD_RESPONSE, "HTTP/1.1 103 E\nX-Id: 1\n\nHTTP/1.1 200 OK\nHost: 2\n\n", "2",
		     NULL);
	check_values(HEAD_TRAILER, "X-Id: 1\r\nHost: 2\r\n", "2", "1");
	check_values(HEAD_TRAILER, "X-Id: 1\r\n\n", NULL, "1");
	check_values(HEAD_TRAILER, "", NULL, NULL);
}

/* A head that is used again keeps nothing of the one before but memory. */
static void test_used_again(void)
{
	struct http_head h = {};
	struct head_text values[4];

	http_head_begin(&h, HEAD_REQUEST);
	append(&h, "GET / HTTP/1.1\nHost: a\n\n", 24);
	http_head_begin(&h, HEAD_REQUEST);
	append(&h, "PUT / HTTP/1.1\nX-Id: b\n\n", 24);
	http_head_values(&h, &wanted, values);
	CHECK(!values[0].data && values[1].length == 1 && *values[1].data == 'b');
	CHECK(h.state == HEAD_ENDED);
	http_head_free(&h);
}

/* Pseudo-random bytes of what heads are made of: pieces and the whole give the same. */
static void test_any_bytes(void)
{
	static const char *const parts[] = { "\r",
					     "\n",
					     "\r\n",
					     "Host",
					     "x-id",
					     ":",
					     " ",
					     "\t",
					     "a",
					     "\0",
					     "\xff",
					     "GET / HTTP/1.1\r\n",
					     "HTTP/1.1 100 C\n" };
	__u32 random = 1;

	for (int run = 0; run < 20000; run++) {
		struct http_head whole = { .response = run & 1 }, pieces = whole;
		char head[512];
		size_t length = 0;

		for (int i = 0; i < 24; i++) {
			const char *part = parts[(random >> 16) % 13];
			size_t n = *part ? strlen(part) : 1;

			random = random * 1664525 + 1013904223;
			memcpy(head + length, part, n);
			length += n;
		}
		append(&whole, head, length);
		for (size_t at = 0, n; at < length; at += n) {
			random = random * 1664525 + 1013904223;
			n = 1 + (random >> 16) % 4;
			n = n < length - at ? n : length - at;
			append(&pieces, head + at, n);
		}
		CHECK(whole.length == pieces.length && whole.state == pieces.state &&
		      (!whole.length || !memcmp(whole.text, pieces.text, whole.length)));
		http_head_free(&whole);
		http_head_free(&pieces);
	}
}

int main(void)
{
	test_what_is_kept();
	test_continued_lines();
	test_interim_responses();
	test_the_limit_in_any_place();
	test_request_line();
	test_schemes();
	test_values();
	test_used_again();
	test_any_bytes();
	return check_end();
}
