/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "shipper.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

uint64_t shipper_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

uint64_t shipper_realtime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void write_metrics(const struct shipper *s)
{
	int r = shipper_write_metrics(s);

	if (r)
		fprintf(stderr, NAME ": %s: %s\n", s->settings->textfile_dir, strerror(-r));
}

static void handle(struct shipper *s, enum service_event event)
{
	switch (event) {
	case SERVICE_TIMER:
	case SERVICE_REPORT:
		write_metrics(s);
		break;
	case SERVICE_STOP:
		s->is_stopping = true;
		break;
	default: /* SIGHUP: all that may change is read again by itself */
		break;
	}
}

void shipper_wait(struct shipper *s, unsigned int ms)
{
	uint64_t now = shipper_now_ms(), end = now + ms;

	do {
		handle(s, service_wait_input(&s->service, -1, end - now));
		now = shipper_now_ms();
	} while (!s->is_stopping && now < end);
}

int shipper_run(struct shipper *s)
{
	int r = 0;

	write_metrics(s);
	while (!r && !s->is_stopping) {
		r = shipper_gather(s);
		if (!r && s->batch.records)
			shipper_deliver(s);
	}
	write_metrics(s);
	return r;
}
