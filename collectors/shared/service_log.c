// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "service_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CHECK_MS 200

static unsigned long long dropped(const struct log_status *s)
{
	unsigned long long sum = 0;

	for (int i = 0; i < LOG_DROPS; i++)
		sum += s->dropped[i];
	return sum;
}

static void say_dropped(const struct service_log *log, const char *what)
{
	fprintf(stderr, "%s: %s, %llu lines were dropped\n", log->name, what,
		dropped(&log->status) - log->dropped_before);
}

static bool has_lost_reader(const struct service_log *log)
{
	return log->is_stdout && log->status.error == -EPIPE;
}

int service_log_timeout(struct service_log *log)
{
	struct log_status now;

	log_file_status(log->file, &now);
	return now.buffered || log->is_failing ? CHECK_MS : -1;
}

int service_log_check(struct service_log *log)
{
	unsigned long long before = dropped(&log->status);
	const struct log_status *s = &log->status;
	bool is_failing;

	log_file_status(log->file, &log->status);
	is_failing = s->error || s->is_blocked;
	if (is_failing && !log->is_failing) {
		fprintf(stderr, "%s: cannot write the log: %s\n", log->name,
			s->error ? strerror(-s->error) : "a write does not come back");
		log->dropped_before = before;
	} else if (!is_failing && log->is_failing) {
		say_dropped(log, "the log is written again");
	}
	log->is_failing = is_failing;
	return has_lost_reader(log) ? -EPIPE : 0;
}

void service_log_close(struct service_log *log)
{
	bool is_told = has_lost_reader(log);

	if (!log->is_failing)
		log->dropped_before = dropped(&log->status);
	log_file_close(log->file, &log->status);
	log->file = NULL;
	if (!is_told && dropped(&log->status) > log->dropped_before)
		say_dropped(log, "the end of the log could not be written");
}
