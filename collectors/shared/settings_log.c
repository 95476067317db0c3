/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "settings_log.h"

#include "settings.h"

static int check_format(const struct log_settings *log, enum log_format_kind kind,
			const char *source, struct source_error *error)
{
	struct log_needs needs = { 0 };
	struct log_format *format = NULL;
	int r = log_format_compile(&format, kind, source, log->max_field_bytes, &needs, error);

	if (!r)
		log_format_free(&format);
	return r;
}

int settings_log_check_text_format(struct settings *s, const struct settings_key *key,
				   struct source_error *error)
{
	(void)key;
	return check_format(&s->log, LOG_FORMAT_TEXT, s->log.text_format, error);
}

int settings_log_check_json_fields(struct settings *s, const struct settings_key *key,
				   struct source_error *error)
{
	(void)key;
	return check_format(&s->log, LOG_FORMAT_JSON, s->log.json_fields, error);
}

int settings_log_check_filter(struct settings *s, const struct settings_key *key,
			      struct source_error *error)
{
	struct log_needs needs = { 0 };
	struct filter *filter = NULL;
	int r;

	(void)key;
	if (!*s->log.filter)
		return 0;
	r = filter_compile(&filter, s->log.filter, &needs, error);
	if (!r)
		filter_free(&filter);
	return r;
}
