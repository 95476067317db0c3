/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A log_file that is flushed soon after a line came, and that says on stderr, once, when it cannot
 * be written. */
#ifndef MESHTAP_SERVICE_LOG_H
#define MESHTAP_SERVICE_LOG_H

#include "log_file.h"

struct service_log {
	struct log_file file; /* opened and closed by the user; lines go to log_file_line() */
	const char *name;     /* of the collector, for stderr */
	bool is_due;	      /* at due_ms */
	bool is_failing;
	unsigned long long due_ms; /* CLOCK_MONOTONIC */
};

/* How long to wait, for poll(2), until service_log_tick() has something to do: -1 when no line is
 * buffered. */
int service_log_timeout(struct service_log *log);

/* Flushes if it is time; lines that could not be written wait for another time. */
void service_log_tick(struct service_log *log);

void service_log_flush(struct service_log *log);
void service_log_reopen(struct service_log *log);

#endif
