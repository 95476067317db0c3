// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "service_log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define FLUSH_MS 100

static unsigned long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void result(struct service_log *log, int r)
{
	if (r && !log->is_failing)
		fprintf(stderr, "%s: cannot write the log: %s\n", log->name, strerror(-r));
	log->is_failing = r;
	log->is_due = false;
}

int service_log_timeout(struct service_log *log)
{
	unsigned long long now;

	if (!log->file.length)
		return -1;
	now = now_ms();
	if (!log->is_due) {
		log->is_due = true;
		log->due_ms = now + FLUSH_MS;
	}
	return log->due_ms > now ? (int)(log->due_ms - now) : 0;
}

void service_log_tick(struct service_log *log)
{
	if (log->is_due && log->due_ms <= now_ms())
		service_log_flush(log);
}

void service_log_flush(struct service_log *log)
{
	result(log, log_file_flush(&log->file));
}

void service_log_reopen(struct service_log *log)
{
	result(log, log_file_reopen(&log->file));
}
