/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The log shipper's cursor, its judgement of responses, its patience, and files of headers. */
#include "backoff.h"
#include "check.h"
#include "compress.h"
#include "cursor.h"
#include "header_file.h"
#include "reply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static char dir[] = "/tmp/test_log_shipper.XXXXXX";
static char path[64];

static void write_file(const char *text)
{
	FILE *f = fopen(path, "we");

	fputs(text, f);
	fclose(f);
}

static void test_cursor(void)
{
	const struct cursor c = {
		2049, 77, 1ull << 40, 1024, 0xfedcba9876543210, { 1795960794, 5 }
	};
	struct cursor read;

	snprintf(path, sizeof(path), "%s/cursor", dir);
	CHECK(cursor_read(&read, dir) == -ENOENT);
	CHECK(!cursor_write(&c, dir) && !cursor_read(&read, dir));
	CHECK(read.device == c.device && read.inode == c.inode && read.offset == c.offset);
	CHECK(read.head_length == c.head_length && read.head_hash == c.head_hash);
	CHECK(read.modified.tv_sec == c.modified.tv_sec && read.modified.tv_nsec == 5);
	CHECK(cursor_write(&c, "/nonexistent") == -ENOENT);
}

static void check_damaged(const char *text)
{
	struct cursor c = { .offset = 42 };

	write_file(text);
	CHECK(cursor_read(&c, dir) == -EINVAL && c.offset == 42);
}

static void test_damaged_cursor(void)
{
#define BEGIN "device 1\ninode 2\noffset 300\nhead "
	struct cursor c;

	write_file(BEGIN "300 ab\nmodified 1.000000002\n");
	CHECK(!cursor_read(&c, dir) && c.modified.tv_nsec == 2);
	check_damaged("");
	check_damaged("garbage\n");
	check_damaged(BEGIN "300 ab\n");
	check_damaged(BEGIN "301 ab\nmodified 1.000000002\n");
	check_damaged(BEGIN "5000 ab\nmodified 1.000000002\n");
	check_damaged(BEGIN "300 ab\nmodified 1.000000002\nmore");
	check_damaged(BEGIN "300 ab\nmodified 1.1000000000\n");
	unlink(path);
}

static struct judgement judge(struct reply r, enum shipper_protocol protocol)
{
	struct judgement j;

	reply_judge(&j, &r, protocol);
	return j;
}

static struct judgement judge_status(long status)
{
	return judge((struct reply){ .http_status = status, .grpc_status = -1 },
		     SHIPPER_HTTP_PROTOBUF);
}

/* https://opentelemetry.io/docs/specs/otlp/#failures-1 */
static void test_http_status(void)
{
	static const long again[] = { 429, 502, 503, 504, 302, 100 };
	static const long never[] = { 400, 401, 403, 404, 408, 413, 499, 500, 501, 505 };

	CHECK(judge_status(200).verdict == VERDICT_ACCEPTED && !*judge_status(200).why);
	CHECK(judge_status(202).verdict == VERDICT_ACCEPTED);
	for (unsigned int i = 0; i < sizeof(again) / sizeof(again[0]); i++)
		CHECK(judge_status(again[i]).verdict == VERDICT_RETRY);
	for (unsigned int i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		CHECK(judge_status(never[i]).verdict == VERDICT_REJECTED);
	CHECK(judge((struct reply){ .error = "timeout" }, SHIPPER_HTTP_JSON).verdict ==
	      VERDICT_RETRY);
	CHECK_STRING(judge((struct reply){ .error = "timeout" }, SHIPPER_ALS_GRPC).why, "timeout");
}

static struct reply reply_of(const void *body, size_t length)
{
	struct reply r = { .http_status = 200, .grpc_status = -1, .length = length };

	memcpy(r.body, body, length);
	return r;
}

static void check_partial(struct judgement j, unsigned long long rejected, const char *why)
{
	CHECK(j.verdict == VERDICT_ACCEPTED && j.rejected == rejected);
	CHECK_STRING(j.why, why);
}

/* The bytes are what protoc --encode made of them. */
static void test_partial_success(void)
{
	static const char protobuf[] = "\x0a\x07\x08\x03\x12\x03no\x1b";
	static const char negative[] = "\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
	static const char json[] =
		"{\"partialSuccess\":{\"rejectedLogRecords\":\"3\",\"errorMessage\":\"no\\n\"}}";
	static const char number[] = "{\"partialSuccess\":{\"rejectedLogRecords\":4}}";

	check_partial(judge(reply_of(protobuf, sizeof(protobuf) - 1), SHIPPER_HTTP_PROTOBUF), 3,
		      "no?");
	check_partial(judge(reply_of(negative, sizeof(negative) - 1), SHIPPER_HTTP_PROTOBUF), 0,
		      "");
	check_partial(judge(reply_of(json, sizeof(json) - 1), SHIPPER_HTTP_JSON), 3, "no?");
	check_partial(judge(reply_of(number, sizeof(number) - 1), SHIPPER_HTTP_JSON), 4, "");
	check_partial(judge(reply_of("{}", 2), SHIPPER_HTTP_JSON), 0, "");
	check_partial(judge(reply_of("", 0), SHIPPER_HTTP_JSON), 0, "");
	check_partial(judge(reply_of("", 0), SHIPPER_HTTP_PROTOBUF), 0, "");
	check_partial(judge(reply_of("{\"partialSuccess\":", 18), SHIPPER_HTTP_JSON), 0,
		      "a response that is no OTLP");
	check_partial(judge(reply_of("{\"partialSuccess\":[1]}", 22), SHIPPER_HTTP_JSON), 0, "");
	check_partial(judge(reply_of("\xff\xff", 2), SHIPPER_HTTP_PROTOBUF), 0,
		      "a response that is no OTLP");
}

static enum verdict judge_grpc(long http, int status)
{
	return judge((struct reply){ .http_status = http, .grpc_status = status }, SHIPPER_ALS_GRPC)
		.verdict;
}

/* https://opentelemetry.io/docs/specs/otlp/#failures */
static void test_grpc_status(void)
{
	CHECK(judge_grpc(200, 0) == VERDICT_ACCEPTED);
	for (int code = 1; code <= 17; code++)
		CHECK(judge_grpc(200, code) == ((1 << code & (1 << 1 | 1 << 4 | 1 << 8 | 1 << 10 |
							      1 << 11 | 1 << 14 | 1 << 15))
							? VERDICT_RETRY
							: VERDICT_REJECTED));
	CHECK(judge_grpc(200, -1) == VERDICT_RETRY);
	CHECK(judge_grpc(502, -1) == VERDICT_RETRY);
	CHECK(judge_grpc(404, 0) == VERDICT_RETRY);
}

static void test_backoff(void)
{
	static const unsigned int most[] = { 1000, 2000, 4000, 8000, 16000, 30000, 30000 };

	for (unsigned int i = 0; i < 7; i++) {
		CHECK(backoff_delay(i + 1, 1000, 30000, 0, 0) == most[i]);
		for (unsigned int random = 1; random < 100000; random += 997) {
			unsigned int delay = backoff_delay(i + 1, 1000, 30000, 0, random);

			CHECK(delay <= most[i] && delay >= most[i] / 2);
		}
	}
	CHECK(backoff_delay(4000000000u, 1000, 30000, 0, 0) == 30000);
	CHECK(backoff_delay(1, 1, 1, 0, 12345) == 1);
	CHECK(backoff_delay(1, 1000, 30000, 7, 5) == 7000);
	CHECK(backoff_delay(7, 1000, 30000, 2, 0) == 30000);
	CHECK(backoff_delay(1, 1000, 30000, 1000000000000, 0) == RETRY_AFTER_MAX * 1000);
}

static int read_headers(const char *text, struct curl_slist **headers, unsigned int *line)
{
	*headers = NULL;
	write_file(text);
	return header_file_read(path, headers, line);
}

static void check_bad_header(const char *text, unsigned int should)
{
	struct curl_slist *headers;
	unsigned int line;

	CHECK(read_headers(text, &headers, &line) == -EINVAL && line == should);
	curl_slist_free_all(headers);
}

static void test_headers(void)
{
	struct curl_slist *headers;
	unsigned int line;

	CHECK(!read_headers("# token\nAuthorization: Bearer a b\r\n\nX-A: 1\n", &headers, &line));
	CHECK(headers && headers->next && !headers->next->next);
	CHECK_STRING(headers->data, "Authorization: Bearer a b");
	CHECK_STRING(headers->next->data, "X-A: 1");
	curl_slist_free_all(headers);
	check_bad_header("X-A: 1\nno header\n", 2);
	check_bad_header(": 1\n", 1);
	check_bad_header("X A: 1\n", 1);
	check_bad_header("X-A:\n", 1);
	check_bad_header("X-A: a\x01\n", 1);
	CHECK(read_headers("", &headers, &line) == -ENODATA && !headers);
	CHECK(read_headers("# none\n\n", &headers, &line) == -ENODATA && !headers);
	unlink(path);
	CHECK(header_file_read(path, &headers, &line) == -ENOENT);
}

static void test_compress(void)
{
	static char text[100000], back[sizeof(text) + 1];
	struct buffer from = { .data = text, .length = sizeof(text) }, to = { 0 };
	struct libdeflate_compressor *c = compress_new();
	z_stream z = { 0 };

	for (unsigned int i = 0; i < sizeof(text); i++)
		text[i] = i * i % 251;
	CHECK(c && !compress_gzip(c, &to, &from) && !compress_gzip(c, &to, &from));
	CHECK(inflateInit2(&z, 15 + 16) == Z_OK);
	z.next_in = (unsigned char *)to.data;
	z.avail_in = to.length;
	z.next_out = (unsigned char *)back;
	z.avail_out = sizeof(back);
	CHECK(inflate(&z, Z_FINISH) == Z_STREAM_END && z.total_out == sizeof(text));
	CHECK(!memcmp(text, back, sizeof(text)));
	inflateEnd(&z);
	buffer_free(&to);
	compress_free(c);
}

int main(void)
{
	CHECK(mkdtemp(dir) != NULL);
	test_cursor();
	test_damaged_cursor();
	test_http_status();
	test_partial_success();
	test_grpc_status();
	test_backoff();
	test_headers();
	test_compress();
	CHECK(!rmdir(dir));
	return check_end();
}
