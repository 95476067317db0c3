/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Metrics and labels that are taken away or added: disabled_metrics, remove_tags, add_tags. */
#include "settings_call.h"

static const struct collector http = {
	"meshtap-http-requests", "http_requests", "", true, false, false
};

static void read_good(const struct collector *collector, const char *text)
{
	char arguments[128];

	write_file(ini, text);
	snprintf(arguments, sizeof(arguments), "-c %s", ini);
	CHECK(call(collector, arguments) == -1);
	CHECK_STRING(output, "");
}

static void test_defaults(void)
{
	read_good(&http, "");
	CHECK(settings.series.expiry == 86400);
	CHECK(!settings.series.tags.removed && !settings.series.tags.added_count);
	CHECK(!settings_series_disables(&settings.series, "istio_requests_total"));
	CHECK(!settings_series_disables(&settings.series, ""));
}

static void test_disabled(void)
{
	read_good(&http, "[http_requests]\ndisabled_metrics = istio_request_bytes  \n"
			 "  istio_response_bytes\tistio_requests_total\n");
	CHECK(settings_series_disables(&settings.series, "istio_request_bytes"));
	CHECK(settings_series_disables(&settings.series, "istio_response_bytes"));
	CHECK(settings_series_disables(&settings.series, "istio_requests_total"));
	CHECK(!settings_series_disables(&settings.series, "istio_request_duration_milliseconds"));
	CHECK(!settings_series_disables(&settings.series, "istio_requests"));
	read_good(&http, "[http_requests]\ndisabled_metrics = istio_request_messages_total\n"
			 "  istio_response_messages_total\n");
	CHECK(settings_series_disables(&settings.series, "istio_request_messages_total"));
	CHECK(settings_series_disables(&settings.series, "istio_response_messages_total"));
	check_bad_ini("[tcp_bytes]\ndisabled_metrics = istio_requests_total\n",
		      ":2: disabled_metrics: column 20: 'istio_requests_total' is no istio_ metric "
		      "of [tcp_bytes]");
	check_bad_ini("[http_requests]\ndisabled_metrics =\n  istio_requests_total\n  nonsense\n",
		      ":4: disabled_metrics: column 3: 'nonsense'");
	check_bad_ini("[tcp_connections]\ndisabled_metrics = meshtap_tcp_connections_open\n",
		      ":2: disabled_metrics");
	check_bad_ini("[tcp_connections]\ndisabled_metrics = istio_tcp_connections_opened_total "
		      "istio_tcp_connections_opened_total\n",
		      "column 55: 'istio_tcp_connections_opened_total' is repeated");
	check_bad_ini("[access_log]\ndisabled_metrics = x\n", ":2: unknown key");
}

static void test_removed(void)
{
	char text[2048] = "[http_requests]\nremove_tags =\n";
	size_t length = strlen(text);

	read_good(&http, "[http_requests]\nremove_tags = reporter response_code\n");
	CHECK(settings.series.tags.removed == (1U << LABEL_REPORTER | 1U << LABEL_RESPONSE_CODE));
	for (int i = 0; i < LABELS_STANDARD; i++) /* all of them, and they fit */
		length += snprintf(text + length, sizeof(text) - length, "  %s\n", label_name(i));
	read_good(&http, text);
	CHECK(settings.series.tags.removed == (1U << LABELS_STANDARD) - 1);
	check_bad_ini("[http_requests]\nremove_tags = le\n", ":2: remove_tags: column 15: 'le'");
	check_bad_ini("[http_requests]\nremove_tags = unit\n", "'unit' is no label");
	check_bad_ini("[tcp_bytes]\nremove_tags = response_code\n", "'response_code' is no label");
	check_bad_ini("[tcp_bytes]\nremove_tags = reporter reporter\n", "column 24: 'reporter' is");
}

static void test_added(void)
{
	read_good(&http, "[http_requests]\nadd_tags = unit request_method request_host\n");
	CHECK(settings.series.tags.added_count == 3);
	CHECK(settings.series.tags.added[0] == LABEL_UNIT);
	CHECK(settings.series.tags.added[1] == LABEL_REQUEST_METHOD);
	CHECK(settings.series.tags.added[2] == LABEL_REQUEST_HOST);
	read_good(&oneshot, "[tcp_bytes]\nadd_tags = unit\n");
	CHECK(settings.series.tags.added_count == 1);
	check_bad_ini("[tcp_bytes]\nadd_tags = request_host\n",
		      "column 12: 'request_host' is no label that [tcp_bytes] can add");
	check_bad_ini("[http_requests]\nadd_tags = reporter\n", "'reporter' is no label");
	check_bad_ini("[http_requests]\nadd_tags = unit unit\n", "column 17: 'unit' is repeated");
}

/* All sections are checked, each by itself: the keys of one do not add up with another's. */
static void test_sections(void)
{
	static const char text[] =
		"[tcp_connections]\nadd_tags = unit\nremove_tags = reporter\n"
		"[tcp_bytes]\nadd_tags = unit\nremove_tags = reporter\nseries_expiry = 0\n"
		"[http_requests]\nadd_tags = unit\nremove_tags = reporter source_app\n"
		"series_expiry = 31536000\n[access_log]\nfilter = true\n";

	read_good(&oneshot, text);
	CHECK(settings.series.tags.added_count == 1 && settings.series.expiry == 0);
	CHECK(settings.series.tags.removed == 1U << LABEL_REPORTER);
	read_good(&http, text);
	CHECK(settings.series.tags.removed == (1U << LABEL_REPORTER | 1U << LABEL_SOURCE_APP));
	CHECK(settings.series.expiry == 31536000);
	read_good(&service, text);
	CHECK(settings.series.tags.added_count == 0);
	check_bad_ini("[tcp_bytes]\nseries_expiry = 31536001\n", ":2: series_expiry");
}

int main(void)
{
	begin_calls();
	test_defaults();
	test_disabled();
	test_removed();
	test_added();
	test_sections();
	end_calls();
	return check_end();
}
