/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Configurations of [access_log], read by two collectors. Formats and filters are compiled by what
 * stands here, instead of the real modules: errors are where a test wants them.
 */
#ifndef MESHTAP_SETTINGS_LOG_CALL_H
#define MESHTAP_SETTINGS_LOG_CALL_H

#include <errno.h>

#include "settings_call.h"

#define LOG "[access_log]\n"

static unsigned int compiled_max_field;

/* BAD is an error at its B, END one behind the end, WHOLE one without a place. */
static inline int compile(const char *source, struct source_error *error)
{
	const char *bad = strstr(source, "BAD");

	if (strstr(source, "NOMEM"))
		return -ENOMEM;
	if (!bad && strstr(source, "END"))
		bad = source + strlen(source);
	if (!bad && !strstr(source, "WHOLE"))
		return 0;
	error->column = bad ? bad - source + 1 : 0;
	strcpy(error->text, "wrong");
	return -EINVAL;
}

int log_format_compile(struct log_format **ret, enum log_format_kind kind, const char *source,
		       unsigned int max_field, struct log_needs *needs, struct source_error *error)
{
	(void)ret;
	CHECK(kind == (strncmp(source, "json", 4) ? LOG_FORMAT_TEXT : LOG_FORMAT_JSON));
	CHECK(!needs->server_name);
	compiled_max_field = max_field;
	return compile(source, error);
}

void log_format_free(struct log_format **f)
{
	CHECK(!*f);
}

int filter_compile(struct filter **ret, const char *source, struct log_needs *needs,
		   struct source_error *error)
{
	(void)ret;
	CHECK(!needs->server_name && *source);
	return compile(source, error);
}

void filter_free(struct filter **f)
{
	CHECK(!*f);
}

static inline int read_ini(const struct collector *collector, const char *text)
{
	char arguments[128];

	write_file(ini, text);
	snprintf(arguments, sizeof(arguments), "-c %s", ini);
	return call(collector, arguments);
}

/* Reads the text into settings. */
static inline void read_good(const char *text)
{
	CHECK(read_ini(&oneshot, text) == -1); /* other collectors check it too */
	CHECK_STRING(output, "");
	CHECK(read_ini(&service, text) == -1);
	CHECK_STRING(output, "");
}

static inline void check_message_of(const struct collector *collector, const char *text,
				    const char *message)
{
	char should[1024];

	CHECK(read_ini(collector, text) == EXIT_USAGE);
	snprintf(should, sizeof(should), "%s: %s:%s\n", collector->name, ini, message);
	CHECK_STRING(output, should);
}

/* message: from the line's number on */
static inline void check_message(const char *text, const char *message)
{
	check_message_of(&service, text, message);
	check_message_of(&oneshot, text, message);
}

static inline void check_text_format(const char *before, const char *value, const char *after)
{
	static char text[20000];

	snprintf(text, sizeof(text), LOG "%s%s%s", before, value, after);
	read_good(text);
	CHECK_STRING(settings.log.text_format, value);
}

#endif
