/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every source that is refused, and values that are cut. */
#include "log_format_records.h"

#include <errno.h>

struct refused {
	const char *source;
	unsigned int column;
	const char *text; /* what must stand in the error */
};

static const struct refused refused[] = {
	{ "a %FOO%", 3, "unknown operator %FOO%" },
	{ "%foo%", 1, "unknown operator %foo%" },
	{ "%PROTOCOL% %REQ%", 12, "%REQ(...)% needs a header name" },
	{ "%REQ()%", 1, "%REQ(...)% needs a header name" },
	{ "%REQ(?X)%", 1, "%REQ(...)% needs a header name" },
	{ "%REQ(X?)%", 1, "%REQ(...)% needs a header name" },
	{ "%REQ(A?B?C)%", 1, "two header names at most" },
	{ "%REQ(A B)%", 1, "%REQ(...)%: no header can have this name" },
	{ "%RESP(:PATH)%", 1, "%RESP(...)%: no header" },
	{ "%TRAILER(:STATUS)%", 1, "%TRAILER(...)%: no header" },
	{ "%REQ(:NO)%", 1, "%REQ(...)%: no header" },
	{ "%PROTOCOL(X)%", 1, "%PROTOCOL% takes no argument" },
	{ "%HOSTNAME()%", 1, "%HOSTNAME% takes no argument" },
	{ "%PROTOCOL:3%", 1, "%PROTOCOL% takes no length" },
	{ "%REQ(A):%", 1, "%REQ%: no length" },
	{ "%REQ(A):1234567890%", 1, "%REQ%: no length" },
	{ "%REQ(A):x%", 1, "%REQ: malformed" },
	{ "%REQ(A", 1, "%REQ(: unterminated" },
	{ "12%REQ(A)", 3, "%REQ: unterminated" },
	{ "%%%", 3, "unterminated" },
	{ "%", 1, "unterminated" },
	{ "100% of", 4, "a `%' itself is written %%" },
	{ "%PROTOCOL", 1, "%PROTOCOL: unterminated" },
	{ "%(x)%", 1, "malformed" },
	{ "%START_TIME(%Q)%", 1, "%START_TIME(...)%: no time format" },
	{ "%START_TIME(%n)%", 1, "%START_TIME(...)%" },
	{ "%START_TIME(%0f)%", 1, "%START_TIME(...)%" },
	{ "%START_TIME(a\")%", 1, "%START_TIME(...)%" },
	{ "%START_TIME(%)%", 1, "%START_TIME(...)%" },
	{ "%START_TIME(%c%c%c%c%c%c%c%c%c%c%c)%", 1, "too long" },
	{ "%COMMON_DURATION%", 1, "%COMMON_DURATION(...)% takes" },
	{ "%COMMON_DURATION(DS_RX_BEG:DS_TX_END)%", 1, "%COMMON_DURATION(...)% takes" },
	{ "%COMMON_DURATION(DS_RX_BEG:US_HS_END:ms)%", 1, "a host observer knows" },
	{ "%COMMON_DURATION(DS_RX_BEG:DS_TX_END:s)%", 1, "ms, us or ns" },
	{ "%GRPC_STATUS(X)%", 1, "SNAKE_STRING" },
	{ "%RESPONSE_CODE_DETAILS(X)%", 1, "ALLOW_WHITESPACES" },
	{ "%REQUESTED_SERVER_NAME(HOST_FIRST)%", 1, "SNI_ONLY" },
	{ "%UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT(129)%", 1, "a prefix length" },
	{ "%UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT()%", 1, "a prefix length" },
	{ "%PATH(X)%", 1, "%PATH(...)% takes WQ" },
	{ "%PATH(WQ:X)%", 1, "%PATH(...)% takes WQ" },
	{ "%ENVIRONMENT%", 1, "%ENVIRONMENT(...)% needs" },
	{ "%DYNAMIC_METADATA(a:b)%", 1, "%DYNAMIC_METADATA% is not available to an observer" },
	{ " %FILTER_STATE(a):3%", 2, "%FILTER_STATE% is not available to an observer" },
	{ "%UPSTREAM_PEER_CERT%", 1, "%UPSTREAM_PEER_CERT% is not available to an observer" },
	{ "%UPSTREAM_REQUEST_ATTEMPT_COUNT%", 1, "is not available to an observer" },
	{ "%DOWNSTREAM_TLS_VERSION%", 1, "%DOWNSTREAM_TLS_VERSION% is not supported" },
	{ "%CEL(response.code)%", 1, "%CEL% is not supported" },
	{ "a\nb", 2, "control byte" },
	{ "a\xff", 2, "UTF-8" },
};

static void test_refused(void)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		const struct refused *t = &refused[i];

		CHECK(!compile(LOG_FORMAT_TEXT, t->source) && format.err == -EINVAL && !format.f);
		CHECK(format.error.column == t->column);
		if (!strstr(format.error.text, t->text))
			CHECK_STRING(format.error.text, t->text);
		CHECK(!strchr(format.error.text, '\n'));
	}
}

static void test_too_many(void)
{
	char source[LOG_FORMAT_MAX + 2] = "";

	for (int i = 0; i <= HEAD_NAMES_MAX; i++)
		sprintf(source + strlen(source), "%%REQ(X-%02d)%%", i);
	CHECK(!compile(LOG_FORMAT_TEXT, source));
	CHECK(format.error.column == HEAD_NAMES_MAX * strlen("%REQ(X-00)%") + 1);
	CHECK(strstr(format.error.text, "%REQ(...)%: more than 64 header names"));
	memset(source, 'a', sizeof(source) - 1);
	CHECK(!compile(LOG_FORMAT_TEXT, source) && format.error.column == LOG_FORMAT_MAX + 1);
	source[LOG_FORMAT_MAX] = '\0';
	CHECK(compile(LOG_FORMAT_TEXT, source));
	source[0] = '%';
	memset(source + 1, 'A', LOG_FORMAT_MAX - 2);
	source[LOG_FORMAT_MAX - 1] = '%';
	CHECK(!compile(LOG_FORMAT_TEXT, source) && format.error.column == 1);
}

static const char *cut(const char *source, const char *value, unsigned int max_field)
{
	struct access_record r = http_record(true);

	CHECK(compile_cut(LOG_FORMAT_TEXT, source, max_field));
	r.unit = (struct head_text){ value, strlen(value) };
	r.start.path = r.unit;
	return render(&r);
}

static void test_cut(void)
{
	CHECK_STRING(cut("%UNIT%", "abcdef", 6), "abcdef");
	CHECK(format.cut == 0);
	CHECK_STRING(cut("%UNIT% \"%UNIT%\"", "abc def", 4), "abc\\x20...[+3] \"abc ...[+3]\"");
	CHECK(format.cut == 2);
	CHECK_STRING(cut("%UNIT%", "\"\"\"\"", 3), "\\x22\\x22\\x22...[+1]");
	CHECK_STRING(cut("%UNIT%", "a\xc3\xa4z", 2), "a...[+3]");
	CHECK_STRING(cut("%UNIT%", "a\xc3\xa4z", 3), "a\\xC3\\xA4...[+1]");
	CHECK_STRING(cut("%UNIT%", "\xf0\x9f\x98\x80z", 3), "...[+5]");
	CHECK_STRING(cut("%UNIT%", "\xf0\x9f\x98\x80z", 4), "\\xF0\\x9F\\x98\\x80...[+1]");
	CHECK_STRING(cut("%UNIT%", "\x80\x80\x80\x80\x80", 3), "\\x80\\x80\\x80...[+2]");
	CHECK_STRING(cut("%UNIT%", "abc", 0), "...[+3]");
	CHECK_STRING(cut("%REQ(:PATH)%", "?abc", 3), "/?a...[+2]");
	CHECK_STRING(cut("%REQ(:PATH)%", "?abc", 1), "/...[+4]");
	CHECK_STRING(cut("%REQ(:PATH)%", "?abc", 0), "...[+5]");
	CHECK_STRING(cut("%REQ(:PATH):2%", "?abc", 3), "/?");
	CHECK(format.cut == 0);
	CHECK_STRING(cut("%REQ(:PATH):4% %PATH(NQ)%", "?abc", 3), "/?a...[+1] /");
	CHECK(format.cut == 1);
	CHECK_STRING(cut("%REQ(:PATH):2%", "a\xc3\xa4", 9), "a");
}

/* No value is longer than what was said, whatever the record holds. */
static void test_line_max(void)
{
	static char bytes[HEAD_TEXT_MAX];
	struct access_record r = http_record(true);

	memset(bytes, '"', sizeof(bytes));
	r.unit = r.peer_unit = r.comm = r.server_name = (struct head_text){ bytes, sizeof(bytes) };
	r.start = (struct request_line){ r.unit, r.unit, r.unit, r.unit };
	for (unsigned int max_field = 0; max_field < 400; max_field += 13) {
		CHECK(compile_cut(LOG_FORMAT_TEXT,
				  "%UNIT%%PEER_UNIT%%COMM%%REQUESTED_SERVER_NAME%%REQ(:METHOD)%"
				  "%REQ(:PATH)%%REQ(:AUTHORITY)%%REQ(:PATH):7%",
				  max_field));
		render(&r);
	}
}

int main(void)
{
	test_refused();
	test_too_many();
	test_cut();
	test_line_max();
	log_format_free(&format.f);
	return check_end();
}
