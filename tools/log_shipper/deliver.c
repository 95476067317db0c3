/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "backoff.h"
#include "shipper.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

static unsigned int random_number(void)
{
	unsigned int n = 0;

	if (getrandom(&n, sizeof(n), GRND_NONBLOCK) < 0)
		return 0; /* no jitter */
	return n;
}

static void note_failure(struct shipper *s, const char *why)
{
	if (!s->is_failing || s->settings->verbose)
		fprintf(stderr, NAME ": %s: %s; trying again until it is delivered\n",
			s->settings->shipper.endpoint, why);
	s->is_failing = true;
}

static void note_delivery(struct shipper *s, const struct judgement *j)
{
	bool is_rejecting = j->verdict == VERDICT_REJECTED || j->rejected;

	if (s->is_failing)
		fprintf(stderr, NAME ": %s: delivering again\n", s->settings->shipper.endpoint);
	if (*j->why && (s->settings->verbose || !s->is_rejecting))
		fprintf(stderr, NAME ": %s: %s%s\n", s->settings->shipper.endpoint,
			is_rejecting ? "records are rejected: " : "", j->why);
	s->is_failing = false;
	s->is_rejecting = is_rejecting || *j->why;
}

static void count(struct shipper *s, const struct judgement *j)
{
	unsigned long long records = s->batch.records, rejected = j->rejected;

	if (rejected > records)
		rejected = records;
	if (j->verdict == VERDICT_REJECTED) {
		s->rejected_requests += records;
		return;
	}
	s->rejected_partially += rejected;
	s->sent += records - rejected;
	s->last_delivery_ns = shipper_realtime();
}

/* Sends once. A request that is on its way is waited for also when the shipper is to stop: it would
 * be repeated else. */
static void send_batch(struct shipper *s, struct judgement *ret)
{
	const int fds[] = { s->service.signals, s->service.timer, s->service.watchdog };

	client_begin(&s->client, &s->batch.body);
	while (!client_run(&s->client)) {
		client_wait(&s->client, fds, 3);
		shipper_wait(s, 0);
	}
	reply_judge(ret, &s->client.reply, s->settings->shipper.protocol);
}

/* Nothing more is sent before that is done: a crash would repeat more than one batch. */
static void save(struct shipper *s)
{
	const char *dir = s->settings->shipper.state_dir;
	bool was_failing = false;
	int r;

	s->delivered = s->end;
	while ((r = cursor_write(&s->delivered, dir))) {
		if (!was_failing)
			fprintf(stderr, NAME ": %s: %s\n", dir, strerror(-r));
		was_failing = true;
		if (s->is_stopping)
			return;
		shipper_wait(s, s->settings->shipper.retry_min);
	}
	if (was_failing)
		fprintf(stderr, NAME ": %s: written again\n", dir);
}

void shipper_deliver(struct shipper *s)
{
	const struct shipper_settings *settings = &s->settings->shipper;
	struct judgement j;

	for (unsigned int failed = 1;; failed++) {
		send_batch(s, &j);
		if (j.verdict != VERDICT_RETRY)
			break;
		s->retries++;
		note_failure(s, j.why);
		if (!s->is_stopping)
			shipper_wait(s,
				     backoff_delay(failed, settings->retry_min, settings->retry_max,
						   s->client.reply.retry_after, random_number()));
		if (s->is_stopping)
			return;
	}
	note_delivery(s, &j);
	count(s, &j);
	save(s);
}
