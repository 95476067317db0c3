/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "settings_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RING_BYTES_MIN (64U << 10)
#define RING_BYTES_MAX (1U << 30)

static void *member(struct settings *s, const struct settings_key *key)
{
	return (char *)s + key->offset;
}

static int set_path(struct settings *s, const struct settings_key *key, const char *value)
{
	if (*value != '/' || strlen(value) >= PATH_MAX)
		return -EINVAL;
	strcpy(member(s, key), value);
	return 0;
}

static int set_optional_path(struct settings *s, const struct settings_key *key, const char *value)
{
	if (*value)
		return set_path(s, key, value);
	*(char *)member(s, key) = '\0';
	return 0;
}

static int set_number(struct settings *s, const struct settings_key *key, const char *value)
{
	return settings_number(member(s, key), value, key->min, key->max);
}

static int set_text(struct settings *s, const struct settings_key *key, const char *value)
{
	if (strlen(value) < key->min || strlen(value) > SHIPPER_TEXT_MAX)
		return -EINVAL;
	strcpy(member(s, key), value);
	return 0;
}

static int set_endpoint(struct settings *s, const struct settings_key *key, const char *value)
{
	size_t length = strlen(value);

	(void)key;
	if (!*value) {
		*s->shipper.endpoint = '\0';
		return 0;
	}
	if (strncmp(value, "http://", 7) && strncmp(value, "https://", 8))
		return -EINVAL;
	if (strpbrk(value, " \t?#") || length > SHIPPER_TEXT_MAX)
		return -EINVAL;
	while (value[length - 1] == '/')
		length--;
	if (value[length - 1] == ':') /* of the scheme: no host */
		return -EINVAL;
	memcpy(s->shipper.endpoint, value, length);
	s->shipper.endpoint[length] = '\0';
	return 0;
}

static int set_protocol(struct settings *s, const struct settings_key *key, const char *value)
{
	(void)key;
	if (!strcmp(value, "http/protobuf"))
		s->shipper.protocol = SHIPPER_HTTP_PROTOBUF;
	else if (!strcmp(value, "http/json"))
		s->shipper.protocol = SHIPPER_HTTP_JSON;
	else if (!strcmp(value, "als/grpc"))
		s->shipper.protocol = SHIPPER_ALS_GRPC;
	else
		return -EINVAL;
	return 0;
}

static int set_compression(struct settings *s, const struct settings_key *key, const char *value)
{
	(void)key;
	if (strcmp(value, "gzip") && strcmp(value, "none"))
		return -EINVAL;
	s->shipper.gzip = !strcmp(value, "gzip");
	return 0;
}

static int set_ring_bytes(struct settings *s, const struct settings_key *key, const char *value)
{
	size_t digits = strspn(value, "0123456789");
	unsigned long long bytes;

	if (!digits || digits > 10)
		return -EINVAL;
	bytes = strtoull(value, NULL, 10);
	if (!strcmp(value + digits, "K"))
		bytes <<= 10;
	else if (!strcmp(value + digits, "M"))
		bytes <<= 20;
	else if (value[digits])
		return -EINVAL;
	if (bytes < key->min || bytes > key->max || (bytes & (bytes - 1)))
		return -EINVAL;
	s->ring_bytes = bytes;
	return 0;
}

static int set_reporter(struct settings *s, const struct settings_key *key, const char *value)
{
	unsigned int *reporters = member(s, key);

	if (!strcmp(value, "source"))
		*reporters = REPORT_SOURCE;
	else if (!strcmp(value, "destination"))
		*reporters = REPORT_DESTINATION;
	else if (!strcmp(value, "both"))
		*reporters = REPORT_SOURCE | REPORT_DESTINATION;
	else
		return -EINVAL;
	return 0;
}

static int set_buckets(struct settings *s, const struct settings_key *key, const char *value)
{
	double last = 0;
	unsigned int n = 0;

	(void)key;
	for (value += strspn(value, " \t"); *value; value += strspn(value, " \t")) {
		size_t length = strspn(value, "0123456789.");
		char *end;
		double bound = strtod(value, &end);

		if (n == HISTOGRAM_BUCKETS_MAX || !length || end != value + length)
			return -EINVAL;
		if (*end && *end != ' ' && *end != '\t')
			return -EINVAL;
		if (bound <= last) /* also rejects 0 */
			return -EINVAL;
		s->bucket_bounds[n++] = last = bound;
		value = end;
	}
	s->buckets = n;
	return n ? 0 : -EINVAL;
}

/* Percent with up to 4 decimals, kept exactly. */
static int set_sampling(struct settings *s, const struct settings_key *key, const char *value)
{
	size_t whole = strspn(value, "0123456789");
	const char *decimals = value + whole + (value[whole] == '.');
	size_t n = strspn(decimals, "0123456789");
	char digits[16];

	if (!whole || whole > 3 || n > 4 || decimals[n] || (decimals > value + whole && !n))
		return -EINVAL;
	snprintf(digits, sizeof(digits), "%.*s%.*s%.*s", (int)whole, value, (int)n, decimals,
		 (int)(4 - n), "0000");
	return settings_number(member(s, key), digits, key->min, key->max);
}

static int set_mode(struct settings *s, const struct settings_key *key, const char *value)
{
	unsigned int *reporters = member(s, key);

	if (!strcmp(value, "client"))
		*reporters = REPORT_SOURCE;
	else if (!strcmp(value, "server"))
		*reporters = REPORT_DESTINATION;
	else if (!strcmp(value, "both"))
		*reporters = REPORT_SOURCE | REPORT_DESTINATION;
	else
		return -EINVAL;
	return 0;
}

static int set_format(struct settings *s, const struct settings_key *key, const char *value)
{
	enum log_format_kind *format = member(s, key);

	if (!strcmp(value, "text"))
		*format = LOG_FORMAT_TEXT;
	else if (!strcmp(value, "json"))
		*format = LOG_FORMAT_JSON;
	else
		return -EINVAL;
	return 0;
}

#define NAMED(n, setter, field, is)                                                                \
	.name = n, .set = setter, .offset = offsetof(struct settings, field), .expected = is
#define PATH(field)	   NAMED(#field, set_path, field, "an absolute path")
#define RANGE(least, most) .min = least, .max = most
#define INTERVAL                                                                                   \
	NAMED("interval", set_number, interval, "seconds, 1 to 86400"), RANGE(1, INTERVAL_MAX)
#define REPORTER NAMED("reporter", set_reporter, reporters, "source, destination or both")
#define MAX_CONNECTIONS                                                                            \
	NAMED("max_connections", set_number, programs.max_connections, "a number, 1 to 16777216"), \
		RANGE(1, 16777216)
#define MAX_SERIES                                                                                 \
	NAMED("max_series", set_number, programs.max_series, "a number, 1 to 1048576"),            \
		RANGE(1, 1048576)
#define RING_BYTES                                                                                 \
	NAMED("ring_bytes", set_ring_bytes, ring_bytes, "a power of two, 64K to 1024M"),           \
		RANGE(RING_BYTES_MIN, RING_BYTES_MAX)
#define LONG(field, function, separator)                                                           \
	NAMED(#field, NULL, log.field, "a text"), .check = function, .join = separator
#define WORDS(field, function)                                                                     \
	NAMED(#field, NULL, series.field, "names"), .check = function, .join = ' ',                \
						    RANGE(0, SERIES_WORDS_MAX)
#define SELECTION(section, field, what, function)                                                  \
	{                                                                                          \
		section, .name = #field,                                                           \
			 .offset = offsetof(struct settings, programs.selection.field),            \
			 .expected = what, .check = function, .join = ' ',                         \
			 RANGE(0, SELECTION_WORDS_MAX)                                             \
	}
#define SELECTIONS(section)                                                                        \
	SELECTION(section, include_ports, "ports", settings_selection_check_ports),                \
		SELECTION(section, exclude_ports, "ports", settings_selection_check_ports),        \
		SELECTION(section, include_units, "units", settings_selection_check_units),        \
		SELECTION(section, exclude_units, "units", settings_selection_check_units)
#define SERIES_EXPIRY                                                                              \
	NAMED("series_expiry", set_number, series.expiry, "seconds, 0 (never) to 31536000"),       \
		RANGE(0, SERIES_EXPIRY_MAX)
#define DISABLED_METRICS WORDS(disabled_metrics, settings_series_check_disabled)
#define REMOVE_TAGS	 WORDS(remove_tags, settings_series_check_remove)
#define ADD_TAGS	 WORDS(add_tags, settings_series_check_add)

#define SHIPPER_FILE(field)	  NAMED(#field, set_optional_path, shipper.field, "an absolute path")
#define SHIPPER_PATH(field)	  NAMED(#field, set_path, shipper.field, "an absolute path")
#define SHIPPER_TEXT(field)	  NAMED(#field, set_text, shipper.field, "a text")
#define SHIPPER_NUMBER(field, is) NAMED(#field, set_number, shipper.field, is)

const struct settings_key settings_keys[] = {
	{ "meshtap", PATH(textfile_dir) },
	{ "meshtap", PATH(pin_dir) },
	{ "meshtap", PATH(workloads) },
	{ "tcp_connections", REPORTER },
	{ "tcp_connections", MAX_CONNECTIONS },
	{ "tcp_connections", MAX_SERIES },
	{ "tcp_connections", SERIES_EXPIRY },
	{ "tcp_connections", DISABLED_METRICS },
	{ "tcp_connections", REMOVE_TAGS },
	{ "tcp_connections", ADD_TAGS },
	SELECTIONS("tcp_connections"),
	{ "tcp_bytes", REPORTER },
	{ "tcp_bytes", MAX_CONNECTIONS },
	{ "tcp_bytes", MAX_SERIES },
	{ "tcp_bytes", SERIES_EXPIRY },
	{ "tcp_bytes", DISABLED_METRICS },
	{ "tcp_bytes", REMOVE_TAGS },
	{ "tcp_bytes", ADD_TAGS },
	SELECTIONS("tcp_bytes"),
	{ "http_requests", REPORTER },
	{ "http_requests", INTERVAL },
	{ "http_requests", MAX_CONNECTIONS },
	{ "http_requests", MAX_SERIES },
	{ "http_requests", SERIES_EXPIRY },
	{ "http_requests", DISABLED_METRICS },
	{ "http_requests", REMOVE_TAGS },
	{ "http_requests", ADD_TAGS },
	SELECTIONS("http_requests"),
	{ "http_requests", RING_BYTES },
	{ "http_requests",
	  NAMED("buckets", set_buckets, bucket_bounds, "1 to 19 ascending positive numbers") },
	{ "access_log", REPORTER },
	{ "access_log", NAMED("mode", set_mode, reporters, "client, server or both") },
	{ "access_log", INTERVAL },
	{ "access_log", MAX_CONNECTIONS },
	SELECTIONS("access_log"),
	{ "access_log", PATH(log_file) },
	{ "access_log", RING_BYTES },
	{ "access_log", NAMED("max_heads", set_number, log.max_heads, "a number, 64 to 1048576"),
	  RANGE(64, 1048576) },
	{ "access_log", NAMED("format", set_format, log.format, "text or json") },
	{ "access_log", LONG(text_format, settings_log_check_text_format, ' '),
	  RANGE(1, LOG_FORMAT_MAX) },
	{ "access_log", LONG(json_fields, settings_log_check_json_fields, '\n'),
	  RANGE(1, LOG_FORMAT_MAX) },
	{ "access_log", LONG(filter, settings_log_check_filter, '\n'), RANGE(0, FILTER_MAX) },
	{ "access_log",
	  NAMED("max_field_bytes", set_number, log.max_field_bytes, "a number, 16 to 65536"),
	  RANGE(16, 65536) },
	{ "access_log",
	  NAMED("sampling", set_sampling, log.sampling, "percent, 0 to 100, up to 4 decimals"),
	  RANGE(0, SAMPLING_ALL) },
	{ "access_log",
	  NAMED("tcp_interval", set_number, log.tcp_interval, "seconds, 0 (off) to 86400"),
	  RANGE(0, INTERVAL_MAX) },
	{ "log_shipper", INTERVAL },
	{ "log_shipper", NAMED("endpoint", set_endpoint, shipper.endpoint,
			       "http://HOST[:PORT] or https://HOST[:PORT], and a path") },
	{ "log_shipper", NAMED("protocol", set_protocol, shipper.protocol,
			       "http/protobuf, http/json or als/grpc") },
	{ "log_shipper", NAMED("compression", set_compression, shipper.gzip, "gzip or none") },
	{ "log_shipper", SHIPPER_PATH(state_dir) },
	{ "log_shipper", SHIPPER_FILE(ca_file) },
	{ "log_shipper", SHIPPER_FILE(client_certificate) },
	{ "log_shipper", SHIPPER_FILE(client_key) },
	{ "log_shipper", SHIPPER_FILE(headers_file) },
	{ "log_shipper", SHIPPER_TEXT(service_name), RANGE(1, SHIPPER_TEXT_MAX) },
	{ "log_shipper", SHIPPER_TEXT(host_name) },
	{ "log_shipper", SHIPPER_TEXT(log_name) },
	{ "log_shipper", SHIPPER_NUMBER(batch_records, "a number, 1 to 65536"), RANGE(1, 65536) },
	{ "log_shipper", SHIPPER_NUMBER(batch_bytes, "bytes, 4096 to 4000000"),
	  RANGE(4096, 4000000) },
	{ "log_shipper", SHIPPER_NUMBER(batch_age, "milliseconds, 1 to 600000"), RANGE(1, 600000) },
	{ "log_shipper", SHIPPER_NUMBER(timeout, "seconds, 1 to 600"), RANGE(1, 600) },
	{ "log_shipper", SHIPPER_NUMBER(retry_min, "milliseconds, 1 to 600000"), RANGE(1, 600000) },
	{ "log_shipper", SHIPPER_NUMBER(retry_max, "milliseconds, 1 to 3600000"),
	  RANGE(1, 3600000) },
};

#define N_KEYS (sizeof(settings_keys) / sizeof(settings_keys[0]))
_Static_assert(N_KEYS <= SETTINGS_KEYS_MAX, "SETTINGS_KEYS_MAX");
const unsigned int settings_keys_count = N_KEYS;
