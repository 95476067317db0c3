/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The keys of [access_log] that say what its lines are, and where their errors are. */
#include "settings_log_call.h"

static void check_bad_values(const char *key, const char *expected, const char *const *values)
{
	char text[256], message[256];

	for (; *values; values++) {
		snprintf(text, sizeof(text), LOG "%s = %s\n", key, *values);
		snprintf(message, sizeof(message), "2: %s = '%s': expected %s", key, *values,
			 expected);
		check_message(text, message);
	}
}

#define BAD_VALUES(key, expected, ...)                                                             \
	check_bad_values(key, expected, (const char *const[]){ __VA_ARGS__, NULL })

static void test_numbers(void)
{
	read_good(LOG "tcp_interval = 86400\nmax_field_bytes = 16\nmax_heads = 64\n"
		      "text_format = x\n");
	CHECK(settings.log.tcp_interval == 86400 && settings.log.max_field_bytes == 16);
	CHECK(settings.log.max_heads == 64 && compiled_max_field == 16);
	read_good(LOG "text_format = x\nmax_field_bytes = 65536\nmax_heads = 1048576\n"
		      "tcp_interval = 1\n");
	CHECK(settings.log.tcp_interval == 1 && settings.log.max_field_bytes == 65536);
	CHECK(settings.log.max_heads == 1048576 && compiled_max_field == 65536);
	CHECK(read_ini(&oneshot, LOG "text_format = x\n") == -1 && compiled_max_field == 8192);
	read_good(LOG "tcp_interval = 0\n");
	CHECK(settings.log.tcp_interval == 0 && settings.log.max_field_bytes == 8192);
	CHECK(settings.log.max_heads == 16384);
	BAD_VALUES("tcp_interval", "seconds, 0 (off) to 86400", "86401", "-1", "1.5", "5s", "",
		   "4294967296");
	BAD_VALUES("max_field_bytes", "a number, 16 to 65536", "15", "65537", "8K", "", "0x20");
	BAD_VALUES("max_heads", "a number, 64 to 1048576", "63", "1048577", "", "1e6");
}

static void test_sampling(void)
{
	static const struct {
		const char *percent;
		unsigned int sampling;
	} good[] = {
		{ "100", 1000000 }, { "0", 0 },		  { "0.0001", 1 },    { "99.9999", 999999 },
		{ "0.29", 2900 },   { "100.0", 1000000 }, { "12.5", 125000 }, { "007", 70000 },
		{ "1.10", 11000 },  { "33.333", 333330 },
	};
	char text[64];

	for (unsigned int i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text), LOG "sampling = %s\n", good[i].percent);
		read_good(text);
		CHECK(settings.log.sampling == good[i].sampling);
	}
	BAD_VALUES("sampling", "percent, 0 to 100, up to 4 decimals", "100.0001", "101", "-0", "+1",
		   "1.", ".5", "1.00000", "0.00001", "1,5", "1e1", "5%", "", "1 0", "0100", "1..2",
		   "nan");
}

static void test_words(void)
{
	read_good(LOG);
	CHECK(settings.log.format == LOG_FORMAT_TEXT && settings.reporters == 3);
	read_good(LOG "format = json\nmode = client\n");
	CHECK(settings.log.format == LOG_FORMAT_JSON && settings.reporters == REPORT_SOURCE);
	read_good(LOG "format = text\nmode = server\n");
	CHECK(settings.log.format == LOG_FORMAT_TEXT && settings.reporters == REPORT_DESTINATION);
	read_good(LOG "mode = both\n[tcp_bytes]\nreporter = source\n");
	CHECK(settings.reporters == (REPORT_SOURCE | REPORT_DESTINATION));
	BAD_VALUES("format", "text or json", "", "TEXT", "xml", "text json");
	BAD_VALUES("mode", "client, server or both", "", "source", "CLIENT", "client server");
	check_message(LOG "mode = both\nreporter = both\n",
		      "3: key 'reporter' says the same as 'mode': only one of them may be given");
	check_message(LOG "reporter = source\n\nmode = client\n",
		      "4: key 'mode' says the same as 'reporter': only one of them may be given");
	check_message(LOG "mode = both\nmode = both\n",
		      "3: key 'mode' is repeated in [access_log]");
	check_message("[tcp_bytes]\nmode = both\n", "2: unknown key 'mode' in [tcp_bytes]");
}

/* Both formats are checked, whichever is used. */
static void test_both_formats(void)
{
	read_good(LOG "format = json\ntext_format = a\njson_fields = json: b\n");
	CHECK_STRING(settings.log.text_format, "a");
	CHECK_STRING(settings.log.json_fields, "json: b");
	CHECK_STRING(settings.log.filter, "");
	check_message(LOG "format = json\ntext_format = BAD\n", "3: text_format: column 15: wrong");
	check_message(LOG "format = text\njson_fields = json: BAD\n",
		      "3: json_fields: column 21: wrong");
	check_message(LOG "text_format =\n", "2: text_format = '': expected a text");
	check_message(LOG "\njson_fields =\n\n# x\n", "3: json_fields = '': expected a text");
	read_good(LOG "filter = a // not the next line\n  || b\n");
	CHECK_STRING(settings.log.filter, "a // not the next line\n|| b");
	read_good(LOG "filter =\n");
	CHECK_STRING(settings.log.filter, "");
}

/* Istio's default, as it is in its sources. */
static const char istio[] =
	"[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" "
	"%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% "
	"%CONNECTION_TERMINATION_DETAILS% \"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" "
	"%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "
	"\"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" "
	"\"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER_RAW% "
	"%UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% "
	"%REQUESTED_SERVER_NAME% %ROUTE_NAME%";

static void test_istio(void)
{
	CHECK(strlen(istio) == 529);
	read_good("");
	CHECK_STRING(settings.log.text_format, istio); /* the default */
	check_text_format("text_format = ", istio, "\n");
	check_text_format("text_format=", istio, "  \t\r\nmode = both\r\n");
	check_text_format("text_format :\t", istio, ""); /* no newline at the end */
	check_text_format("text_format =\n\t", istio, "\n");
	check_text_format("text_format = \n    ", istio, "\n# x\nmode = both\n");
}

static void test_places(void)
{
	char text[1024];

	check_message(LOG "text_format = BAD\n", "2: text_format: column 15: wrong");
	check_message(LOG "text_format=a BAD\n", "2: text_format: column 15: wrong");
	check_message(LOG "text_format  :\t BAD\n", "2: text_format: column 17: wrong");
	check_message(LOG "text_format = \xc3\xa9\xe2\x82\xac\t\"BAD\n",
		      "2: text_format: column 19: wrong");
	check_message(LOG "text_format =\n\n# x\n\t BAD\n", "5: text_format: column 3: wrong");
	check_message(LOG "filter = a ||\n  b ||\n# x\n\n    c || BAD\n  d\n",
		      "6: filter: column 10: wrong");
	check_message(LOG "json_fields =\n  json: a\n  b: BAD\n  c: BAD\nmode = both\n",
		      "4: json_fields: column 6: wrong");
	check_message(LOG "filter = END ||  \n", "2: filter: column 16: wrong");
	check_message(LOG "filter = END\n  ==\n\nmode = both\n", "3: filter: column 5: wrong");
	check_message(LOG "\nfilter = WHOLE\n  a\n", "3: filter: column 10: wrong");
	check_message(LOG "filter = NOMEM\n", "2: filter: Cannot allocate memory");
	check_message(LOG "text_format = NOMEM\n", "2: text_format: Cannot allocate memory");
	/* the first in the file; what is wrong with the file itself before all */
	check_message(LOG "filter = BAD\ntext_format = BAD\n", "2: filter: column 10: wrong");
	check_message(LOG "filter = BAD\nx = y\n", "3: unknown key 'x' in [access_log]");
	/* of a line that was parted */
	snprintf(text, sizeof(text), LOG "filter = %0150d %0150d %0150d BAD\n", 1, 2, 3);
	check_message(text, "2: filter: column 463: wrong");
	snprintf(text, sizeof(text),
		 LOG "filter =\n  %0150d %0150d\n a %0150d \xc3\xa9%0100d BAD\n", 1, 2, 3, 4);
	check_message(text, "4: filter: column 257: wrong");
}

int main(void)
{
	begin_calls();
	test_numbers();
	test_sampling();
	test_words();
	test_both_formats();
	test_istio();
	test_places();
	end_calls();
	return check_end();
}
