// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What meshtap-access-log does all day: records, signals, metrics. */
#include "access_log_writer.h"

#include "iterator.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define BATCH	 1024 /* records between two looks at signals and timer */
#define DRAIN_MS 1000

/* The kernel wakes nobody while records come all the time; then the ring is looked at so often. */
#define LOOK_MS	  20
#define AWAKE_MS  1000 /* after the last record */
#define ASLEEP_MS 100  /* a record may come right before the kernel knows that we sleep */

static void say(const char *what, int error)
{
	fprintf(stderr, NAME ": %s: %s\n", what, strerror(-error));
}

static unsigned long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* Returns whether more may be waiting. */
static bool read_records(struct writer *w)
{
	w->realtime_ns = access_record_realtime();
	return ring_read(&w->ring, BATCH, lines_take, w);
}

/* What the ring holds now. Bounded, as new records may come faster than they are written. */
static void drain(struct writer *w)
{
	unsigned long long until = now_ns() + DRAIN_MS * 1000000ull;

	while (read_records(w) && now_ns() < until)
		;
	log_file_flush(w->log.file);
}

_Static_assert(sizeof(((struct log_state *)0)->lines_dropped) == LOG_DROPS * sizeof(__u64),
	       "a counter for each reason");

/* What was given to the processes before, and is not known to be written or dropped: it was lost
 * with one that was killed. */
void serve_after_killed(struct writer *w)
{
	w->before = *w->state;
	w->said_dropped = w->state->dropped;
	w->state->lines_killed = w->state->lines_given - w->state->lines_written;
	for (int i = 0; i < LOG_DROPS; i++)
		w->state->lines_killed -= w->state->lines_dropped[i];
}

/* Where the next process finds it. */
static void note_lines(struct writer *w)
{
	w->state->lines_written = w->before.lines_written + w->log.status.lines;
	for (int i = 0; i < LOG_DROPS; i++)
		w->state->lines_dropped[i] = w->before.lines_dropped[i] + w->log.status.dropped[i];
}

static void report(struct writer *w)
{
	int r;

	note_lines(w);
	r = metrics_write(w);
	if (r)
		say("cannot write the metrics", r);
}

/* Where there are no metrics that would say so. */
static void say_ring_drops(struct writer *w)
{
	unsigned long long dropped = w->state->dropped;

	if (!w->log.is_stdout || dropped == w->said_dropped)
		return;
	fprintf(stderr, NAME ": the ring was full, %llu lines were dropped\n",
		dropped - w->said_dropped);
	w->said_dropped = dropped;
}

/* Lines of connections that live, for the time since the last look: a line is late by a tenth of
 * its interval at most, or by a second. */
static void look_at_intervals(struct writer *w)
{
	unsigned int seconds = w->settings->log.tcp_interval;
	unsigned long long every = (seconds < 10 ? seconds : 10) * 100000000ull;
	int r;

	if (w->intervals < 0 || now_ns() - w->state->interval_to < every)
		return;
	w->state->interval_from = w->state->interval_to;
	w->state->interval_to = now_ns();
	r = iterator_run(w->intervals);
	if (r)
		say("cannot look at the connections", r);
}

static int sooner(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

/* Waits for records, signals and time. *idle_since: when the last record came. */
static enum service_event wait_for_event(struct writer *w, unsigned long long *idle_since)
{
	unsigned long long before = w->records;
	bool more = read_records(w), is_asleep;
	int timeout = service_log_timeout(&w->log);

	if (w->records != before)
		*idle_since = now_ns();
	is_asleep = now_ns() - *idle_since > AWAKE_MS * 1000000ull;
	__atomic_store_n(&w->state->is_asleep, is_asleep, __ATOMIC_SEQ_CST);
	if (more)
		timeout = 0;
	return service_wait_input(&w->service, is_asleep ? w->ring.fd : -1,
				  sooner(timeout, is_asleep ? ASLEEP_MS : LOOK_MS));
}

/* SIGHUP: the log file and the names. Names that cannot be read are reported; those before stay. */
static void reopen(struct writer *w)
{
	struct workloads *now;
	int r;

	log_file_reopen(w->log.file);
	if (workloads_read(&now, NAME, w->settings->workloads, w->settings->needs_workloads) >= 0)
		return;
	workloads_free(*w->workloads);
	*w->workloads = now;
	r = endpoint_maps_load(&w->endpoints, now);
	if (r)
		say("cannot tell the kernel of workloads.ini", r);
}

int serve(struct writer *w)
{
	unsigned long long idle_since = now_ns();
	enum service_event event = SERVICE_TIMER;
	int r = 0;

	w->state->interval_to = idle_since; /* not what went by while nobody looked */
	report(w);
	while (!r && event != SERVICE_STOP) {
		event = wait_for_event(w, &idle_since);
		look_at_intervals(w);
		if (event == SERVICE_REOPEN)
			reopen(w);
		if (event == SERVICE_TIMER)
			http_maps_sweep(&w->maps);
		if (event == SERVICE_TIMER || event == SERVICE_REPORT) {
			drain(w);
			service_log_check(&w->log);
			report(w);
			say_ring_drops(w);
			malloc_trim(0); /* what a burst took */
		}
		r = service_log_check(&w->log);
		note_lines(w);
	}
	if (!r)
		drain(w);
	service_log_close(&w->log);
	say_ring_drops(w);
	report(w);
	return r;
}
