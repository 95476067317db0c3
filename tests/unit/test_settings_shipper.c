/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* [log_shipper], and what the shipper takes of [access_log]. */
#include "settings_call.h"

static const struct collector shipper = {
	"meshtap-log-shipper", "log_shipper", "Ships.", true, true, true
};

static void read_ini(const char *text)
{
	char arguments[128];

	write_file(ini, text);
	snprintf(arguments, sizeof(arguments), "-c %s", ini);
	CHECK(call(&shipper, arguments) == -1);
}

static void test_defaults(void)
{
	read_ini("");
	CHECK(!*settings.shipper.endpoint && settings.shipper.gzip);
	CHECK(settings.shipper.protocol == SHIPPER_HTTP_PROTOBUF);
	CHECK_STRING(settings.log_file, "/var/log/meshtap/access.log");
	CHECK(settings.interval == 15);
}

/* It has no log of its own: that of [access_log], but not that section's interval. */
static void test_log_of_the_collector(void)
{
	read_ini("[log_shipper]\ninterval = 7\n[access_log]\ninterval = 9\n"
		 "log_file = /srv/a.log\ntext_format = %START_TIME% x\nformat = json\n");
	CHECK_STRING(settings.log_file, "/srv/a.log");
	CHECK_STRING(settings.log.text_format, "%START_TIME% x");
	CHECK(settings.log.format == LOG_FORMAT_JSON && settings.interval == 7);
	CHECK(call(&service, "-c /dev/null") == -1);
	CHECK_STRING(settings.log_file, "/var/log/meshtap/access.log");
}

static void check_endpoint(const char *value, const char *should)
{
	char text[512];

	snprintf(text, sizeof(text), "[log_shipper]\nendpoint = %s\n", value);
	read_ini(text);
	CHECK_STRING(settings.shipper.endpoint, should);
}

static void test_endpoints(void)
{
	check_endpoint("", "");
	check_endpoint("http://c:4318", "http://c:4318");
	check_endpoint("https://[::1]:4318/otlp//", "https://[::1]:4318/otlp");
	check_bad_ini("[log_shipper]\nendpoint = collector:4318\n", ":2: endpoint = ");
	check_bad_ini("[log_shipper]\nendpoint = http://\n", ":2: endpoint = ");
	check_bad_ini("[log_shipper]\nendpoint = http://a b\n", ":2: endpoint = ");
	check_bad_ini("[log_shipper]\nendpoint = http://a/?b\n", ":2: endpoint = ");
	check_bad_ini("[log_shipper]\nendpoint = ftp://a\n", ":2: endpoint = ");
}

static void test_words(void)
{
	read_ini("[log_shipper]\nprotocol = als/grpc\ncompression = none\nca_file = /a\n"
		 "service_name = a b\nbatch_records = 65536\n");
	CHECK(settings.shipper.protocol == SHIPPER_ALS_GRPC && !settings.shipper.gzip);
	CHECK_STRING(settings.shipper.ca_file, "/a");
	CHECK_STRING(settings.shipper.service_name, "a b");
	check_bad_ini("[log_shipper]\nprotocol = grpc\n",
		      "protocol = 'grpc': expected http/protobuf, http/json or als/grpc");
	check_bad_ini("[log_shipper]\ncompression = zstd\n", "expected gzip or none");
	check_bad_ini("[log_shipper]\nca_file = a\n", "expected an absolute path");
	check_bad_ini("[log_shipper]\nservice_name =\n", "expected a text");
	check_bad_ini("[log_shipper]\nbatch_records = 0\n", "expected a number, 1 to 65536");
	check_bad_ini("[log_shipper]\nretry_max = 1s\n", "expected milliseconds");
}

/* It loads no programs and knows no names. */
static void test_options(void)
{
	check_error(&shipper, "--pin-dir /a", "--pin-dir");
	check_error(&shipper, "--workloads /a", "--workloads");
	check_error(&shipper, "--unload", "--unload");
	CHECK(call(&shipper, "-c /dev/null --log-file /a --interval 3") == -1);
	CHECK_STRING(settings.log_file, "/a");
	CHECK(settings.interval == 3);
}

int main(void)
{
	begin_calls();
	test_defaults();
	test_log_of_the_collector();
	test_endpoints();
	test_words();
	test_options();
	end_calls();
	return check_end();
}
