/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What http1.h takes for what, byte by byte, against the C library and plain loops; and generated
 * messages around its bounds. Whole conversations are in tests/corpus/, see test_corpus.c.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "http1_feed.h"

#define WORDS	200000
#define NUMBERS 20000
#define OK	"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static struct http1_window window;

/* One line, its CRLF added, of a message whose parser is in a phase. */
static enum http1_event line_of(const char *line, __u32 length, enum http1_phase phase,
				int response)
{
	memset(&window, 0, sizeof(window));
	window.parser.phase = phase;
	window.parser.response = response;
	window.parser.minor = 1;
	memcpy(window.bytes + HTTP1_START, line, length);
	memcpy(window.bytes + HTTP1_START + length, "\r\n9999", 6);
	return http1_line(&window, HTTP1_START, length + 1);
}

/* Of which digits are common. */
static void random_text(char text[9])
{
	static const char common[] = "0123456789abcdefABCDEF0123456789\n\n\n\r;g";

	for (int i = 0; i < 8; i++)
		text[i] = rand() % 8 ? common[rand() % (sizeof(common) - 1)] : rand();
	text[8] = '\0';
}

static int is_word(const char *text, __u32 (*take)(__u64 *), __u64 (*value)(__u64),
		   const char *digits, int base)
{
	__u64 word = http1_load((const __u8 *)text);
	size_t length = strspn(text, digits);
	char number[9] = { 0 };

	memcpy(number, text, length);
	return take(&word) == length && value(word) == strtoull(number, NULL, base);
}

static int is_lf_found(const char *text)
{
	__u64 mask = http1_lf_found(http1_load((const __u8 *)text));
	const char *lf = memchr(text, '\n', 8);

	return lf ? mask && http1_first_byte(mask) == lf - text : !mask;
}

static void test_words(void)
{
	unsigned int wrong = 0;

	for (int i = 0; i < WORDS; i++) {
		char text[9];

		random_text(text);
		wrong += !is_word(text, http1_take_decimal, http1_decimal, "0123456789", 10);
		wrong += !is_word(text, http1_take_hex, http1_hex, "0123456789abcdefABCDEF", 16);
		wrong += !is_lf_found(text);
	}
	CHECK(!wrong);
}

/* Each byte of the name in turn replaced by every other: only its other case is the same field,
 * and a blank for the colon is refused. */
static void test_field_name(const char *line, __u8 flag)
{
	__u32 name = strchr(line, ':') - line;
	unsigned int wrong = 0;

	for (__u32 at = 0; at <= name; at++)
		for (int c = 0; c < 256; c++) {
			char other[64];
			__u8 should = 0;

			strcpy(other, line);
			other[at] = c;
			if (tolower(c) == tolower(line[at]))
				should = flag;
			else if (at == name && (c == ' ' || c == '\t'))
				should = HTTP1_BAD_FRAMING;
			line_of(other, strlen(line), HTTP1_HEADERS, 0);
			wrong += window.parser.flags != should;
		}
	CHECK(!wrong);
}

/* Of a response, by what stands between another coding and chunked. */
static __u8 coding_flags(int separator)
{
	if (separator == ',')
		return HTTP1_CHUNKED;
	return separator < ' ' && separator != '\t' ? HTTP1_OTHER_CODING | HTTP1_BAD_FRAMING
						    : HTTP1_OTHER_CODING;
}

/* Every byte before, and after, the last coding. */
static void test_coding(void)
{
	unsigned int wrong = 0;

	for (int c = 0; c < 256; c++) {
		char line[] = "Transfer-Encoding: gzip,chunked";

		line[23] = c;
		line_of(line, strlen("Transfer-Encoding: gzip,chunked"), HTTP1_HEADERS, 1);
		wrong += window.parser.flags != coding_flags(c);
		memcpy(line + 23, ",chunked", 8);
		line[30] = c;
		line_of(line, strlen("Transfer-Encoding: gzip,chunked"), HTTP1_HEADERS, 1);
		wrong += !(window.parser.flags & HTTP1_CHUNKED) != (tolower(c) != 'd');
		wrong += !(window.parser.flags & HTTP1_BAD_FRAMING) !=
			 !(c == ',' || (c < ' ' && c != '\t'));
	}
	CHECK(!wrong);
}

/* Of up to 20 digits, some of them zeros in front. */
static void test_numbers(void)
{
	unsigned int wrong = 0;

	for (int i = 0; i < NUMBERS; i++) {
		char line[80];
		__u64 number = ((__u64)rand() << 32 | rand()) >> rand() % 64;
		int n = sprintf(line, "Content-Length: %0*llu", rand() % 12, number),
		    digits = n - 16;

		line_of(line, n, HTTP1_HEADERS, 0);
		wrong += digits > 16 ? !(window.parser.flags & HTTP1_BAD_LENGTH)
				     : window.parser.flags != HTTP1_HAS_LENGTH ||
					       window.parser.length != number;
		digits = sprintf(line, "%0*llx", rand() % 12, number);
		wrong += (line_of(line, digits, HTTP1_CHUNK_SIZE, 0) == HTTP1_BAD) != (digits > 15);
		wrong += digits <= 15 && window.parser.skip != number;
	}
	CHECK(!wrong);
}

/* What may follow a chunk's size (RFC 9112 section 7.1.1). */
static void test_chunk_size(void)
{
	unsigned int wrong = 0;

	for (int c = 0; c < 256; c++) {
		char line[] = "a1x";
		int is_digit = isxdigit(c), is_end = c == ';' || c == ' ' || c == '\t' || c == '\r';
		enum http1_event event;

		line[2] = c;
		event = line_of(line, 3, HTTP1_CHUNK_SIZE, 0);
		if (c == '\r') /* CR CR LF: the second one ends the line */
			wrong += event != HTTP1_BAD;
		else if (is_digit)
			wrong += event != HTTP1_MORE || window.parser.skip <= 0xa1;
		else
			wrong += is_end ? window.parser.skip != 0xa1 : event != HTTP1_BAD;
	}
	CHECK(!wrong);
}

static void test_methods(void)
{
	for (int length = 0; length < 40; length++) {
		char line[80];
		int n = sprintf(line, "%.*s / HTTP/1.1", length,
				"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMN");
		enum http1_event event = line_of(line, n, HTTP1_START_LINE, 0);

		CHECK((event == HTTP1_BAD) == (length == 0 || length > 31));
		CHECK(!(window.parser.flags & HTTP1_LINE_OK) == (event == HTTP1_BAD));
	}
}

/* The text n times, between two others. */
static char *repeat(const char *before, const char *text, __u32 n, const char *after)
{
	char *ret = malloc(strlen(before) + n * strlen(text) + strlen(after) + 1), *at;

	if (!ret)
		abort();
	at = stpcpy(ret, before);
	while (n--)
		at = stpcpy(at, text);
	stpcpy(at, after);
	return ret;
}

static const struct feed *feed_cut(const char *request, __u32 length, __u32 at)
{
	static struct feed f;

	feed_init(&f, 512, 2048, '\n');
	if (at)
		feed(&f, FEED_REQUEST, (const __u8 *)request, at);
	feed(&f, FEED_REQUEST, (const __u8 *)request + at, length - at);
	return &f;
}

/* Every length of a line around the carry's: its end may be cut off it, or looked for in the wrong
 * place. */
static void test_line_lengths(void)
{
	static const char end[] = ", chunked \r\n\r\n0\r\n\r\n";
	unsigned int wrong = 0;

	for (__u32 n = 30; n < 140; n++) {
		char *target = repeat("POST /", "t", n, " HTTP/1.1\r\n");
		char *head = repeat(target, "x", n, ": y\r\nTransfer-Encoding: ");
		char *request = repeat(head, "g", n, end);
		__u32 length = strlen(request);

		for (__u32 at = 0; at < length; at++) {
			const struct feed *f = feed_cut(request, length, at);

			wrong += f->count != 1 || !f->messages[0].complete ||
				 f->messages[0].wire != length || f->messages[0].head != length - 5;
		}
		free(request);
		free(head);
		free(target);
	}
	CHECK(!wrong);
}

/* 64 KiB of head are what the 33 walks of a segment reach (http_programs.h). */
static void test_walks(char *request)
{
	const struct feed *f = feed_cut(request, strlen(request), 0);

	CHECK(f->count == 1 && f->messages[0].complete && f->messages[0].wire == strlen(request));
	CHECK(f->walks <= 33);
	free(request);
}

static void test_long_heads(void)
{
	static const char end[] = "Content-Length: 5\r\n\r\nhello";
	char *cookie = repeat("Cookie: ", "a=0123456789; ", 500, "\r\n");

	test_walks(repeat("POST / HTTP/1.1\r\n", cookie, 9, end));
	free(cookie);
	cookie = repeat("POST / HTTP/1.1\r\nCookie: ", "x", 63000, "\r\n");
	test_walks(repeat(cookie, "", 0, end));
	free(cookie);
}

int main(void)
{
	srand(1);
	test_words();
	test_field_name("Content-Length: 5", HTTP1_HAS_LENGTH);
	test_field_name("Transfer-Encoding: chunked", HTTP1_CHUNKED);
	test_coding();
	test_numbers();
	test_chunk_size();
	test_methods();
	test_line_lengths();
	test_long_heads();
	return check_end();
}
