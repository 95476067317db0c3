/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A service's log_file, and saying on stderr, once, that it cannot be written, and that it can be
 * again. */
#ifndef MESHTAP_SERVICE_LOG_H
#define MESHTAP_SERVICE_LOG_H

#include "log_file.h"

struct service_log {
	struct log_file *file;	  /* opened and started by the user */
	struct log_status status; /* of the last check, or of the end */
	const char *name;	  /* of the collector, for stderr */
	bool is_stdout;
	bool is_failing;
	unsigned long long dropped_before; /* when it began to fail */
};

/* How long to wait, for poll(2), until service_log_check() has something to see: -1 when no line is
 * buffered and nothing fails. */
int service_log_timeout(struct service_log *log);

/* Renews the status and says what is new in it. Returns 0, or -EPIPE when the log is the standard
 * output and nobody will ever read it. */
int service_log_check(struct service_log *log);

/* log_file_close(), says how many lines were dropped since it last could be written. */
void service_log_close(struct service_log *log);

#endif
