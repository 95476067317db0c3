// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "http_requests_serve.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define BATCH 1024 /* records that are given back together, at most */

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

static int open_state(struct requests_state **ret, const struct pins *pins)
{
	int fd = pins_get(pins, "requests_state");
	void *state;

	if (fd < 0)
		return fd;
	state = mmap(NULL, sizeof(**ret), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (state == MAP_FAILED)
		return -errno;
	*ret = state;
	return 0;
}

int serve_open(struct requests *q, const struct pins *pins)
{
	struct counts *counts = &q->streams.counts;
	int r = metrics_open(&q->metrics, pins);

	if (!r)
		r = open_state(&q->state, pins);
	if (!r)
		r = ring_open(&q->ring, pins_get(pins, "records"));
	if (!r)
		r = streams_init(&q->streams, q->metrics.settings, q->metrics.workloads);
	if (r)
		return r;
	counts->series = q->metrics.series.series;
	counts->state = q->state;
	counts->health = q->metrics.maps.counters;
	return counts_finish(counts, &q->ring);
}

static void take(void *requests, const void *record, size_t size)
{
	struct requests *q = requests;

	q->records++;
	streams_take(&q->streams, record, size);
}

/* Counts what the ring holds before `end`, up to a batch of it. Returns whether more is waiting, or
 * -errno: nothing of the batch is lost. */
static int read_records(struct requests *q, unsigned long end)
{
	struct counts *counts = &q->streams.counts;
	int r = counts_finish(counts, &q->ring);
	unsigned long position = ring_position(&q->ring);
	unsigned int n = 0;
	bool more;

	if (r)
		return r;
	while (n < BATCH && !counts_is_full(counts) && position < end &&
	       ring_next(&q->ring, &position, take, q))
		n++;
	more = n == BATCH || counts_is_full(counts);
	r = counts_commit(counts, &q->ring, position);
	return r ? r : more;
}

static unsigned long ring_end(const struct requests *q)
{
	return __atomic_load_n(q->ring.producer, __ATOMIC_ACQUIRE);
}

/* Everything that the kernel has sent until now. */
static int drain(struct requests *q)
{
	unsigned long end = ring_end(q);
	int r = 1;

	while (r > 0)
		r = read_records(q, end);
	return r;
}

/* A file that cannot be written now may be writable at the next interval. */
static int report(struct requests *q)
{
	int r = drain(q);

	if (r) {
		say("cannot count requests", r);
		return r;
	}
	r = metrics_write(&q->metrics);
	if (r)
		say("cannot write the metrics", r);
	counts_forget(&q->streams.counts); /* series may have expired */
	return r;
}

/* SIGHUP: names that cannot be read are reported, and those before stay. */
static void reload(struct requests *q)
{
	struct metrics *m = &q->metrics;
	struct workloads *now;
	int r;

	if (workloads_read(&now, NAME, m->settings->workloads, m->settings->needs_workloads) >= 0)
		return;
	workloads_free(*q->workloads);
	*q->workloads = now;
	m->workloads = now;
	q->streams.workloads = now;
	r = endpoint_maps_load(&m->endpoints, now);
	if (r)
		say("cannot tell the kernel of workloads.ini", r);
}

/* Waits for records, signals and time. *idle_since: when the last record came. */
static enum service_event wait_for_event(struct requests *q, unsigned long long *idle_since)
{
	unsigned long long before = q->records;
	int more = read_records(q, ring_end(q));
	bool is_asleep;

	if (q->records != before)
		*idle_since = now_ns();
	is_asleep = now_ns() - *idle_since > AWAKE_MS * 1000000ull;
	__atomic_store_n(&q->state->is_asleep, is_asleep, __ATOMIC_SEQ_CST);
	if (more > 0)
		return service_wait_input(&q->service, -1, 0);
	/* A ring that cannot be read on stays readable. */
	return service_wait_input(&q->service, is_asleep && !more ? q->ring.fd : -1,
				  is_asleep ? ASLEEP_MS : LOOK_MS);
}

int serve(struct requests *q)
{
	unsigned long long idle_since = now_ns();
	enum service_event event = SERVICE_TIMER;

	report(q);
	while (event != SERVICE_STOP) {
		event = wait_for_event(q, &idle_since);
		if (event == SERVICE_REOPEN) {
			drain(q); /* with the names that it was sent with */
			reload(q);
		}
		if (event == SERVICE_TIMER)
			http_maps_sweep(&q->metrics.maps);
		if (event == SERVICE_TIMER || event == SERVICE_REPORT || event == SERVICE_REOPEN) {
			report(q);
			malloc_trim(0); /* what a burst, or the file, took */
		}
	}
	return report(q);
}
