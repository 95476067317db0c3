/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What meshtap.ini says of the access log's lines. Sources: meshtap.ini(5), meshtap-filter(7). */
#ifndef MESHTAP_SETTINGS_LOG_H
#define MESHTAP_SETTINGS_LOG_H

#include "filter.h"
#include "log_format.h"

#define SAMPLING_ALL 1000000 /* of log_settings.sampling */

struct log_settings {
	enum log_format_kind format;
	unsigned int sampling;	   /* records of a million that have a line */
	unsigned int tcp_interval; /* seconds between lines of a connection that lives; 0: none */
	unsigned int max_field_bytes; /* of a peer's value before it is cut */
	unsigned int max_heads;	      /* pieces of request heads in the kernel at the same time */
	/* sources, in the file's order of lines; all of them were compiled once, for their errors
	 */
	char text_format[LOG_FORMAT_MAX + 1];
	char json_fields[LOG_FORMAT_MAX + 1];
	char filter[FILTER_MAX + 1]; /* "": none */
};

struct settings;
struct settings_key;

/* Whether a source is one. Return 0, -EINVAL with *error, or -ENOMEM. */
int settings_log_check_text_format(struct settings *s, const struct settings_key *key,
				   struct source_error *error);
int settings_log_check_json_fields(struct settings *s, const struct settings_key *key,
				   struct source_error *error);
int settings_log_check_filter(struct settings *s, const struct settings_key *key,
			      struct source_error *error);

#endif
