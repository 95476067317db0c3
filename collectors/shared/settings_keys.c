/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "settings_file.h"

#include <errno.h>
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

int settings_number(unsigned int *ret, const char *text, unsigned int min, unsigned int max)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long long value;

	if (!digits || digits > 10 || text[digits])
		return -EINVAL;
	value = strtoull(text, NULL, 10);
	if (value < min || value > max)
		return -EINVAL;
	*ret = value;
	return 0;
}

static int set_number(struct settings *s, const struct settings_key *key, const char *value)
{
	return settings_number(member(s, key), value, key->min, key->max);
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

#define AT(field)   offsetof(struct settings, field)
#define PATH(field) #field, set_path, AT(field), 0, 0, "an absolute path"
#define INTERVAL    "interval", set_number, AT(interval), 1, INTERVAL_MAX, "seconds, 1 to 86400"
#define REPORTER    "reporter", set_reporter, AT(reporters), 0, 0, "source, destination or both"
#define MAX_CONNECTIONS                                                                            \
	"max_connections", set_number, AT(max_connections), 1, 16777216, "a number, 1 to 16777216"
#define MAX_SERIES "max_series", set_number, AT(max_series), 1, 1048576, "a number, 1 to 1048576"

const struct settings_key settings_keys[] = {
	{ "meshtap", PATH(textfile_dir) },
	{ "meshtap", PATH(pin_dir) },
	{ "meshtap", PATH(workloads) },
	{ "tcp_connections", REPORTER },
	{ "tcp_connections", MAX_CONNECTIONS },
	{ "tcp_connections", MAX_SERIES },
	{ "tcp_bytes", REPORTER },
	{ "tcp_bytes", MAX_CONNECTIONS },
	{ "tcp_bytes", MAX_SERIES },
	{ "http_requests", REPORTER },
	{ "http_requests", INTERVAL },
	{ "http_requests", MAX_CONNECTIONS },
	{ "http_requests", MAX_SERIES },
	{ "http_requests", "buckets", set_buckets, AT(bucket_bounds), 0, 0,
	  "1 to 19 ascending positive numbers" },
	{ "access_log", REPORTER },
	{ "access_log", INTERVAL },
	{ "access_log", MAX_CONNECTIONS },
	{ "access_log", PATH(log_file) },
	{ "access_log", "ring_bytes", set_ring_bytes, AT(ring_bytes), RING_BYTES_MIN,
	  RING_BYTES_MAX, "a power of two, 64K to 1024M" },
};

#define N_KEYS (sizeof(settings_keys) / sizeof(settings_keys[0]))
_Static_assert(N_KEYS <= 64, "settings_file.c has a bit per key");
const unsigned int settings_keys_count = N_KEYS;
