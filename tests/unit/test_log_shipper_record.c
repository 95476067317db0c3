/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the log shipper reads out of lines: of those that the access log's own formats write, in
 * both forms the same; and of others. */
#include "log_format_records.h"

#include "chance.h"
#include "log_record.h"

static struct record_reader *reader;

static const struct record *read_text(const char *text)
{
	/* exactly as large as the line: the sanitizer sees what reads on */
	static char *copy;
	size_t length = strcspn(text, "\n");

	free(copy);
	copy = malloc(length);
	memcpy(copy, text, length);
	return record_read(reader, (struct head_text){ copy, length }, 1);
}

static const struct field *find(const struct record *r, const char *key)
{
	for (unsigned int i = 0; i < r->count; i++)
		if (head_text_is(r->fields[i].key, key))
			return &r->fields[i];
	return NULL;
}

static void check_text(const struct record *r, const char *key, const char *should)
{
	const struct field *f = find(r, key);
	char is[4096] = "none";

	if (f && f->kind == FIELD_TEXT)
		snprintf(is, sizeof(is), "%.*s", (int)f->text.length, f->text.data);
	check_string(__FILE__, __LINE__, is, should ? should : "none");
}

static void check_number(const struct record *r, const char *key, int64_t should)
{
	const struct field *f = find(r, key);

	CHECK(f && f->kind == FIELD_INTEGER && f->integer == should);
}

static int compare_keys(const void *a, const void *b)
{
	const struct field *x = a, *y = b;

	return strncmp(x->key.data, y->key.data,
		       x->key.length < y->key.length ? x->key.length : y->key.length);
}

/* All fields as one text, by their keys. */
static void describe(char *ret, size_t size, const struct record *r)
{
	static struct field fields[FIELDS_MAX];
	size_t at = 0;

	memcpy(fields, r->fields, r->count * sizeof(fields[0]));
	qsort(fields, r->count, sizeof(fields[0]), compare_keys);
	for (unsigned int i = 0; i < r->count && at < size; i++) {
		const struct field *f = &fields[i];

		at += snprintf(ret + at, size - at, "%.*s=", (int)f->key.length, f->key.data);
		if (f->kind == FIELD_TEXT)
			at += snprintf(ret + at, size - at, "'%.*s' ", (int)f->text.length,
				       f->text.data);
		else
			at += snprintf(ret + at, size - at, "%lld ", (long long)f->integer);
	}
}

/* Both forms of a record have the same fields. Returns what the second gave. */
static const struct record *check_forms(struct access_record *r, const char *request,
					const char *response)
{
	static char text[16384], json[16384];
	const struct record *record;

	CHECK(compile(LOG_FORMAT_TEXT, NO_SOURCE));
	describe(text, sizeof(text), read_text(render_heads(r, request, response, NULL)));
	CHECK(compile(LOG_FORMAT_JSON, NO_SOURCE));
	record = read_text(render_heads(r, request, response, NULL));
	describe(json, sizeof(json), record);
	CHECK_STRING(text, json);
	CHECK(record->time_ns == 1754300097500ull * MS);
	return record;
}

static void test_http(void)
{
	struct access_record r = http_record(true);
	const struct record *record = check_forms(
		&r,
		"POST /a?b=c HTTP/1.1\r\nHost: api:8080\r\nUser-Agent: curl \"8\"\\ \xc3\xa9\r\n"
		"X-Forwarded-For:\r\nX-Request-Id: id-1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX-Envoy-Upstream-Service-Time: 7\r\n\r\n");

	check_text(record, "method", "POST");
	check_text(record, "path", "/a?b=c");
	check_text(record, "protocol", "HTTP/1.1");
	check_text(record, "user_agent", "curl \"8\"\\ \xc3\xa9");
	check_text(record, "x_forwarded_for", "");
	check_text(record, "response_flags", "-");
	check_text(record, "upstream_service_time", "7");
	check_text(record, "requested_server_name", NULL);
	check_number(record, "response_code", 200);
	check_number(record, "bytes_sent", 42);
	check_number(record, "duration", 12);
}

static void test_connection(void)
{
	struct access_record r = tcp_record(true, 0);
	const struct record *record = check_forms(&r, NULL, NULL);

	check_text(record, "protocol", NULL);
	check_number(record, "response_code", 0);
	check_number(record, "bytes_sent", 5214);
}

/* The same values out of the text form alone: what stands between its quotes. */
static void test_text_values(void)
{
	struct access_record r = http_record(true);
	const struct record *record;

	CHECK(compile(LOG_FORMAT_TEXT, NO_SOURCE));
	record = read_text(render_heads(&r,
					"GET /a\"b c HTTP/1.1\r\nHost: a\r\nUser-Agent: \xff\x01 "
					"x\\x41\r\n\r\n",
					"HTTP/1.1 200 OK\r\n\r\n", NULL));
	check_text(record, "user_agent", "\xef\xbf\xbd\x01 x\\x41");
	check_text(record, "authority", "a");
	check_text(record, "request_id", NULL);
	check_number(record, "bytes_received", 3);
}

static void check_time(const char *time, uint64_t should)
{
	char line_of_json[128];

	snprintf(line_of_json, sizeof(line_of_json), "{\"start_time\":\"%s\"}", time);
	CHECK(read_text(line_of_json)->time_ns == should);
}

static void test_time(void)
{
	check_time("2026-11-29T13:34:24.123Z", 1795959264123000000);
	check_time("2024-02-29T00:00:00Z", 1709164800000000000);
	check_time("1970-01-01T00:00:00.000000001Z", 1);
	check_time("2026-11-29T13:34:24.1234567890Z", 0);
	check_time("2026-13-29T13:34:24.123Z", 0);
	check_time("2026-11-29 13:34:24.123Z", 0);
	check_time("2026-11-29T13:34:24.123", 0);
	check_time("2026-11-29T13:34:24.Z", 0);
	check_time("9999-11-29T13:34:24.123Z", 0);
	check_time("1969-11-29T13:34:24.123Z", 0);
	check_time("", 0);
}

/* A JSON line of a format of one's own, with and without the library's help. */
static void test_json(void)
{
	const struct record *r = read_text("{\"a\":1,\"b\":null,\"c\":\"x\",\"d\":true,\"e\":-7}");

	CHECK(r->count == 4 && find(r, "d")->kind == FIELD_BOOL && find(r, "d")->integer == 1);
	check_number(r, "e", -7);
	check_text(r, "c", "x");
	r = read_text(
		"{ \"a\" : 1.5, \"b\": {\"c\": [1]}, \"d\\u0000\": \"\\ud83d\\ude00\\u0000z\", "
		"\"e\": 18446744073709551615, \"f\": false}");
	CHECK(r->count == 5 && find(r, "a")->kind == FIELD_DOUBLE && find(r, "a")->number == 1.5);
	check_text(r, "b", "{\"c\":[1]}");
	CHECK(r->fields[2].text.length == 6 &&
	      !memcmp(r->fields[2].text.data, "\xf0\x9f\x98\x80\0z", 6));
	CHECK(find(r, "e")->kind == FIELD_DOUBLE && find(r, "e")->number == 18446744073709551615.0);
	CHECK(find(r, "f")->kind == FIELD_BOOL && find(r, "f")->integer == 0);
	CHECK(read_text("{}")->count == 0);
}

/* A line that is of no format, or almost: it is a body and nothing else. */
static void test_no_format(void)
{
	static const char *const texts[] = {
		"",
		"[",
		"{",
		"{\"a\":1",
		"{\"a\":1}x",
		"{\"a\":01}",
		"{\"a\":-}",
		"{\"a\" 1}",
		"{\"a\":nul}",
		"{\"a\":\"\\\"}",
		"[1,2]",
		"hello",
		"{\"a\":1,}",
		"{\"a\":1//x\n}",
		"{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":{\"i\":1}}}}}}}}}",
	};

	for (unsigned int i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct record *r = read_text(texts[i]);

		CHECK(r->count == 0 && r->time_ns == 0 && r->observed_ns == 1);
		CHECK(head_text_is(r->line, texts[i]) || strchr(texts[i], '\n'));
	}
}

static void test_custom_text(void)
{
	struct record_reader *custom = record_reader_new(false);
	struct access_record r = http_record(true);
	const char *text;

	CHECK(compile(LOG_FORMAT_TEXT, NO_SOURCE));
	text = render_heads(&r, "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", NULL);
	CHECK(read_text(text)->count > 0);
	CHECK(record_read(custom, (struct head_text){ text, strcspn(text, "\n") }, 1)->count == 0);
	record_reader_free(custom);
}

/* Whatever is changed in a line: never more than is there, and valid UTF-8. */
static void test_damaged_lines(void)
{
	static const char bytes[] = "\"\\x{}[]:,- 0\xff\xc3";
	struct access_record r = http_record(true);
	struct chance c = chance_of_seed(1);
	char damaged[4096];

	for (int i = 0; i < 20000; i++) {
		const struct record *record;
		size_t length;

		CHECK(compile(i & 1 ? LOG_FORMAT_TEXT : LOG_FORMAT_JSON, NO_SOURCE));
		snprintf(damaged, sizeof(damaged), "%s",
			 render_heads(&r, "GET /\xc3\xa9 HTTP/1.1\r\nUser-Agent: a \"b\"\r\n\r\n",
				      "HTTP/1.1 200 OK\r\n\r\n", NULL));
		length = strcspn(damaged, "\n");
		for (unsigned int n = chance(&c, 4); n; n--)
			damaged[chance(&c, length)] = bytes[chance(&c, sizeof(bytes) - 1)];
		damaged[chance(&c, 4) ? length : chance(&c, length)] = '\0';
		record = read_text(damaged);
		for (unsigned int f = 0; f < record->count; f++)
			CHECK(record->fields[f].kind != FIELD_TEXT ||
			      record->fields[f].text.length <= 3 * length);
	}
}

int main(void)
{
	reader = record_reader_new(true);
	test_http();
	test_connection();
	test_text_values();
	test_time();
	test_json();
	test_no_format();
	test_custom_text();
	test_damaged_lines();
	record_reader_free(reader);
	log_format_free(&format.f);
	return check_end();
}
