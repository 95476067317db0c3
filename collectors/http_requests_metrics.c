// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "http_requests_metrics.h"

#include "prom_file.h"
#include "series_expiry.h"
#include "series_names.h"
#include "series_naming.h"

#include <errno.h>
#include <string.h>

#include "workload.h"

#define VALUES (sizeof(struct http_series) / sizeof(__u64))

_Static_assert(VALUES <= SERIES_VALUES_MAX && sizeof(struct http_series_key) <= SERIES_KEY_SIZE,
	       "series_table.h and names.h have room");

static const char *flag_name(unsigned int flag)
{
	static const char *const names[] = { "-", "DC", "UC", "UPE", "DR", "UR" };

	return flag < sizeof(names) / sizeof(names[0]) ? names[flag] : "-";
}

/* NULL: methods are not told apart. */
static const char *method_name(unsigned int method)
{
	static const char *const names[] = HTTP_METHOD_NAMES;

	return method && method < sizeof(names) / sizeof(names[0]) ? names[method] : NULL;
}

int metrics_open(struct metrics *m, const struct pins *pins)
{
	int r = http_maps_open(&m->maps, pins);

	if (!r)
		r = endpoint_maps_open(&m->endpoints, pins);
	return r ? r : series_maps_open(&m->series, pins);
}

/* Of calls that found no room; by reporter. */
struct overflow {
	__u64 messages[REPORTER_DESTINATION + 1][2];
};

/* They are in the same series as the requests that found none, but have fewer labels. */
static void part_overflow(struct series_sample *s, struct overflow *ret)
{
	for (unsigned int i = 0; i < s->table.count; i++) {
		const struct series_parties *p = series_key(&s->table, i);
		struct http_series *values = (struct http_series *)series_values(&s->table, i);

		if (p->local_workload != SERIES_OVERFLOW || p->peer_workload != SERIES_OVERFLOW ||
		    p->reporter > REPORTER_DESTINATION)
			continue;
		for (int side = 0; side < 2; side++)
			ret->messages[p->reporter][side] += values->messages[side];
		memset(values->messages, 0, sizeof(values->messages));
	}
}

static int add_overflow(struct series_lines *lines, const struct metrics *m,
			const struct overflow *overflow, enum reporter reporter)
{
	struct label_source source = {
		.reporter = reporter, .is_http = true, .is_overflow = true, .is_messages = true
	};
	struct http_series values = {};
	struct prom_text labels = {};
	int r;

	memcpy(values.messages, overflow->messages[reporter], sizeof(values.messages));
	if (!values.messages[0] && !values.messages[1])
		return 0;
	r = labels_write(&labels, &source, m->workloads, &m->settings->series.tags);
	if (r)
		prom_text_free(&labels);
	return r ? r : series_lines_add(lines, labels.data, (const __u64 *)&values);
}

static int add_overflows(struct series_lines *lines, const struct metrics *m,
			 const struct overflow *overflow)
{
	int r = 0;

	if (m->settings->reporters & REPORT_SOURCE)
		r = add_overflow(lines, m, overflow, REPORTER_SOURCE);
	if (!r && m->settings->reporters & REPORT_DESTINATION)
		r = add_overflow(lines, m, overflow, REPORTER_DESTINATION);
	series_lines_merge(lines); /* without tags, others may have the same labels */
	return r;
}

static int name_rows(struct series_sample *s, struct series_naming *naming)
{
	int r = 0;

	for (unsigned int i = 0; !r && i < s->table.count; i++) {
		const struct http_series_key *key = series_key(&s->table, i);

		r = series_naming_row(naming, s, i,
				      (struct label_source){
					      .is_http = true,
					      .flags = flag_name(key->flag),
					      .response_code = key->status,
					      .host = key->host,
					      .method = method_name(key->method),
					      .is_grpc = key->protocol == PROTOCOL_GRPC,
					      .is_messages = key->protocol == PROTOCOL_MESSAGES,
					      .grpc_status = key->grpc_status,
				      });
	}
	return r;
}

static int make_lines(const struct metrics *m, struct series_lines *ret)
{
	struct series_naming naming = {
		.workloads = m->workloads,
		.tags = &m->settings->series.tags,
		.reporters = m->settings->reporters,
	};
	struct overflow overflow = {};
	struct series_sample s = {};
	int r = series_sample_read(&s, &m->series, sizeof(struct http_series_key), VALUES);

	if (!r)
		part_overflow(&s, &overflow);
	if (!r)
		r = name_rows(&s, &naming);
	if (!r)
		r = series_names_settle(&s);
	if (!r)
		r = series_sample_lines(&s, ret);
	if (!r)
		r = add_overflows(ret, m, &overflow);
	if (!r)
		r = series_expiry_run(&s, m->settings->series.expiry);
	series_sample_free(&s);
	series_naming_free(&naming);
	return r;
}

/* Every request is observed once in every histogram. 0: the line is of messages alone. */
static unsigned long long requests_of(const struct series_line *line)
{
	const struct http_series *s = (const void *)line->values;
	unsigned long long n = 0;

	for (int b = 0; b < BUCKETS_MAX; b++)
		n += s->bucket[HISTOGRAM_DURATION][b];
	return n;
}

static void write_requests_total(struct prom_text *text, const struct series_lines *lines,
				 const struct series_settings *settings)
{
	if (settings_series_disables(settings, "istio_requests_total"))
		return;
	prom_family(text, "istio_requests_total", "counter", "HTTP requests that ended.");
	for (unsigned int i = 0; i < lines->count; i++) {
		unsigned long long n = requests_of(lines->lines[i]);

		if (n)
			prom_sample(text, "istio_requests_total", lines->lines[i]->labels, n);
	}
}

static void write_histogram(struct prom_text *text, const struct series_lines *lines,
			    const struct settings *settings, enum http_histogram h,
			    const char *name, const char *help)
{
	struct prom_bounds bounds;

	if (settings_series_disables(&settings->series, name))
		return;
	prom_bounds_make(&bounds, settings->bucket_bounds, settings->buckets);
	prom_family(text, name, "histogram", help);
	for (unsigned int i = 0; i < lines->count; i++) {
		const struct http_series *s = (const void *)lines->lines[i]->values;
		unsigned long long counts[BUCKETS_MAX];

		if (!requests_of(lines->lines[i]))
			continue;
		for (int b = 0; b < BUCKETS_MAX; b++)
			counts[b] = s->bucket[h][b];
		prom_histogram(text, name, lines->lines[i]->labels, &bounds, counts, s->sum[h]);
	}
}

static void write_messages(struct prom_text *text, const struct series_lines *lines,
			   const struct settings *settings, int side, const char *name,
			   const char *help)
{
	if (settings_series_disables(&settings->series, name))
		return;
	prom_family(text, name, "counter", help);
	for (unsigned int i = 0; i < lines->count; i++) {
		const __u64 *messages =
			((const struct http_series *)lines->lines[i]->values)->messages;

		if (messages[0] || messages[1])
			prom_sample(text, name, lines->lines[i]->labels, messages[side]);
	}
}

static void write_series(struct prom_text *text, const struct series_lines *lines,
			 const struct settings *settings)
{
	write_requests_total(text, lines, &settings->series);
	write_histogram(text, lines, settings, HISTOGRAM_DURATION,
			"istio_request_duration_milliseconds",
			"First request byte to last response byte.");
	write_histogram(text, lines, settings, HISTOGRAM_REQUEST, "istio_request_bytes",
			"Request line, headers, framing and body.");
	write_histogram(text, lines, settings, HISTOGRAM_RESPONSE, "istio_response_bytes",
			"Status line, headers, framing and body.");
	write_messages(text, lines, settings, 0, "istio_request_messages_total",
		       "gRPC messages in requests.");
	write_messages(text, lines, settings, 1, "istio_response_messages_total",
		       "gRPC messages in responses.");
}

int metrics_write(const struct metrics *m)
{
	const struct settings *settings = m->settings;
	struct series_lines lines = {};
	struct timespec started;
	struct prom_file file;
	int r;

	clock_gettime(CLOCK_MONOTONIC, &started);
	r = make_lines(m, &lines);
	if (!r)
		r = prom_file_begin(&file, settings->to_stdout ? NULL : settings->textfile_dir,
				    "meshtap_http_requests.prom");
	if (!r) {
		write_series(&file.text, &lines, settings);
		http_health_write(&file.text, "meshtap_http_requests", &m->maps, &started);
		r = prom_file_end(&file);
	}
	series_lines_free(&lines);
	return r;
}
