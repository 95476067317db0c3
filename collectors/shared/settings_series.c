// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "settings_series.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "settings_file.h"
#include "settings_words.h"

bool settings_series_disables(const struct series_settings *s, const char *metric)
{
	const char *at = s->disabled_metrics;
	struct word w;

	while (word_next(&at, &w))
		if (word_is(&w, metric))
			return true;
	return false;
}

static bool is_metric(const char *section, const struct word *w)
{
	static const struct {
		const char *section, *name;
	} metrics[] = {
		{ "tcp_connections", "istio_tcp_connections_opened_total" },
		{ "tcp_connections", "istio_tcp_connections_closed_total" },
		{ "tcp_connections", "istio_tcp_connections_failed_total" },
		{ "tcp_bytes", "istio_tcp_sent_bytes_total" },
		{ "tcp_bytes", "istio_tcp_received_bytes_total" },
		{ "http_requests", "istio_requests_total" },
		{ "http_requests", "istio_request_duration_milliseconds" },
		{ "http_requests", "istio_request_bytes" },
		{ "http_requests", "istio_response_bytes" },
		{ "http_requests", "istio_request_messages_total" },
		{ "http_requests", "istio_response_messages_total" },
	};

	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		if (!strcmp(metrics[i].section, section) && word_is(w, metrics[i].name))
			return true;
	return false;
}

static bool is_before(const char *source, const struct word *w)
{
	struct word other;

	while (word_next(&source, &other) && other.text < w->text)
		if (other.length == w->length && !memcmp(other.text, w->text, w->length))
			return true;
	return false;
}

int settings_series_check_disabled(struct settings *s, const struct settings_key *key,
				   struct source_error *error)
{
	const char *source = s->series.disabled_metrics, *at = source;
	struct word w;

	while (word_next(&at, &w)) {
		if (!is_metric(key->section, &w))
			return word_fail(error, source, &w, "'%.*s' is no istio_ metric of [%s]",
					 (int)w.length, w.text, key->section);
		if (is_before(source, &w))
			return word_fail(error, source, &w, "'%.*s' is repeated", (int)w.length,
					 w.text);
	}
	return 0;
}

/* Labels of HTTP's metrics that TCP's do not have. */
static bool is_http_only(enum label label)
{
	return label == LABEL_RESPONSE_CODE || label == LABEL_GRPC_RESPONSE_STATUS ||
	       label == LABEL_REQUEST_METHOD || label == LABEL_REQUEST_HOST;
}

/* LABELS: none that the section's metrics have or, added, may have. */
static enum label find_label(const char *section, const struct word *w, bool added)
{
	enum label label = label_find(w->text, w->length);

	if (label == LABELS || (label >= LABELS_STANDARD) != added)
		return LABELS;
	if (is_http_only(label) && strcmp(section, "http_requests"))
		return LABELS;
	return label;
}

int settings_series_check_remove(struct settings *s, const struct settings_key *key,
				 struct source_error *error)
{
	const char *source = s->series.remove_tags, *at = source;
	struct word w;

	while (word_next(&at, &w)) {
		enum label label = find_label(key->section, &w, false);

		if (label == LABELS)
			return word_fail(error, source, &w, "'%.*s' is no label of [%s]",
					 (int)w.length, w.text, key->section);
		if (s->series.tags.removed >> label & 1)
			return word_fail(error, source, &w, "'%.*s' is repeated", (int)w.length,
					 w.text);
		s->series.tags.removed |= 1U << label;
	}
	return 0;
}

int settings_series_check_add(struct settings *s, const struct settings_key *key,
			      struct source_error *error)
{
	const char *source = s->series.add_tags, *at = source;
	struct label_tags *tags = &s->series.tags;
	struct word w;

	while (word_next(&at, &w)) {
		enum label label = find_label(key->section, &w, true);

		if (label == LABELS)
			return word_fail(error, source, &w, "'%.*s' is no label that [%s] can add",
					 (int)w.length, w.text, key->section);
		if (is_before(source, &w))
			return word_fail(error, source, &w, "'%.*s' is repeated", (int)w.length,
					 w.text);
		tags->added[tags->added_count++] = label;
	}
	return 0;
}
