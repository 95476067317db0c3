// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The log's own health: lines, and why there are not more. */
#include "access_log_writer.h"
#include "prom_file.h"

#include <stdio.h>

static void write_value(struct prom_text *t, const char *name, const char *type, const char *help,
			unsigned long long value)
{
	prom_family(t, name, type, help);
	prom_sample(t, name, NULL, value);
}

static void write_dropped_lines(struct prom_text *t, const struct writer *w)
{
	static const char *const reasons[] = LOG_DROP_NAMES;
	char label[64];

	prom_family(t, PREFIX "_dropped_lines_total", "counter",
		    "Lines that could not be written.");
	for (int i = 0; i < LOG_DROPS; i++) {
		snprintf(label, sizeof(label), "reason=\"%s\"", reasons[i]);
		prom_sample(t, PREFIX "_dropped_lines_total", label, w->state->lines_dropped[i]);
	}
	prom_sample(t, PREFIX "_dropped_lines_total", "reason=\"killed\"", w->state->lines_killed);
}

static void write_lines(struct prom_text *t, const struct writer *w)
{
	write_value(t, PREFIX "_lines_total", "counter", "Lines written.", w->state->lines_written);
	write_dropped_lines(t, w);
	prom_family(t, PREFIX "_dropped_records_total", "counter",
		    "Lines for which the ring between kernel and process had no room.");
	prom_sample(t, PREFIX "_dropped_records_total", "reason=\"ring\"", w->state->dropped);
	prom_family(t, PREFIX "_filtered_records_total", "counter",
		    "Requests and connections that have no line because they were not wanted.");
	prom_sample(t, PREFIX "_filtered_records_total", "reason=\"filter\"", w->state->filtered);
	prom_sample(t, PREFIX "_filtered_records_total", "reason=\"sampling\"",
		    w->state->sampled_out);
}

static void write_fields(struct prom_text *t, const struct writer *w)
{
	write_value(t, PREFIX "_damaged_heads_total", "counter",
		    "Heads of which something is not in the log: no room, lost, or too long.",
		    w->damaged_heads);
	write_value(t, PREFIX "_cut_fields_total", "counter", "Fields longer than max_field_bytes.",
		    w->cut_fields);
	write_value(t, PREFIX "_missing_server_names_total", "counter",
		    "TLS connections of which the ClientHello was not seen whole.",
		    w->missing_names);
	write_value(t, PREFIX "_head_pieces", "gauge",
		    "Pieces of heads that wait in the kernel for their request's end.",
		    w->state->pieces);
	write_value(t, PREFIX "_head_pieces_max", "gauge", "Room for them.",
		    w->settings->log.max_heads);
}

int metrics_write(const struct writer *w)
{
	struct timespec started;
	struct prom_file file;
	int r;

	if (w->settings->to_stdout)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &started);
	r = prom_file_begin(&file, w->settings->textfile_dir, PREFIX ".prom");
	if (r)
		return r;
	write_lines(&file.text, w);
	write_fields(&file.text, w);
	http_health_write(&file.text, PREFIX, &w->maps, &started);
	return prom_file_end(&file);
}
