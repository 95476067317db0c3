/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "shipper.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define POLL_MS	     200  /* between looks at a log that has nothing new */
#define TROUBLE_MS   1000 /* between tries to read one that cannot be read */
#define LINES_A_LOOK 256  /* between looks at the clock and at signals */

static void begin_batch(struct shipper *s)
{
	batch_clear(&s->batch);
	s->oldest_ns = 0;
	s->batch_unparsed = 0;
}

/* Says once that the log cannot be read, or can be again. */
static void note_trouble(struct shipper *s, int error)
{
	if (error && !s->is_unreadable)
		fprintf(stderr, NAME ": cannot read %s: %s\n", s->settings->log_file,
			strerror(-error));
	if (!error && s->is_unreadable)
		fprintf(stderr, NAME ": reading %s again\n", s->settings->log_file);
	s->is_unreadable = error != 0;
}

/* From where lines are delivered, or, without a cursor, where the log begins. */
static int open_log(struct shipper *s)
{
	unsigned long long gaps = s->follower.gaps;
	int r = follow_begin(&s->follower, s->has_cursor ? &s->delivered : NULL);

	s->is_open = r == 1;
	if (r <= 0)
		return r == -EAGAIN ? 0 : r;
	if (s->follower.gaps != gaps)
		fprintf(stderr,
			NAME ": the file that was being read is gone or was truncated: lines "
			     "may be missing\n");
	if (s->has_cursor)
		return 0;
	r = follow_mark(&s->follower, &s->delivered);
	if (!r)
		r = cursor_write(&s->delivered, s->settings->shipper.state_dir);
	s->has_cursor = !r;
	s->is_open = !r;
	return r == -ESTALE ? 0 : r;
}

static void add_line(struct shipper *s, struct head_text line, uint64_t now)
{
	const struct record *record = record_read(s->reader, line, now);

	if (!s->batch.records) {
		s->batch_begun_ms = shipper_now_ms();
		s->oldest_ns = record->time_ns ? record->time_ns : now;
	}
	batch_add(&s->batch, record);
	s->batch_unparsed += !record->count;
}

static bool is_full(const struct shipper *s)
{
	const struct shipper_settings *settings = &s->settings->shipper;

	return s->batch.records >= settings->batch_records ||
	       s->batch.body.length >= settings->batch_bytes;
}

/* Takes what the log has now. Returns 0, or -errno. */
static int take_lines(struct shipper *s)
{
	uint64_t now = shipper_realtime();
	struct head_text line;
	int r = 0;

	for (unsigned int i = 0; i < LINES_A_LOOK && !is_full(s); i++) {
		r = follow_next(&s->follower, &line);
		if (r <= 0)
			break;
		add_line(s, line, now);
	}
	return r < 0 ? r : 0;
}

/* Milliseconds until the batch is to be sent; 0: now. */
static unsigned int time_left(const struct shipper *s)
{
	uint64_t age;

	if (is_full(s))
		return 0;
	if (!s->batch.records)
		return POLL_MS;
	age = shipper_now_ms() - s->batch_begun_ms;
	return age < s->settings->shipper.batch_age ? s->settings->shipper.batch_age - age : 0;
}

/* Reads until the log has no more now, or the batch is full. */
static int take_all(struct shipper *s)
{
	unsigned int before;
	int r;

	do {
		before = s->batch.records;
		r = s->is_open ? 0 : open_log(s);
		if (!r && s->is_open)
			r = take_lines(s);
		shipper_wait(s, 0);
	} while (!r && !s->is_stopping && !is_full(s) && s->batch.records > before);
	return r;
}

/* Whatever was read since lines were delivered is read again. */
static void start_over(struct shipper *s)
{
	s->is_open = false;
	begin_batch(s);
}

static int fill_batch(struct shipper *s)
{
	unsigned int left;
	int r;

	for (;;) {
		r = take_all(s);
		left = time_left(s);
		if (r || s->is_stopping || !left)
			return r;
		shipper_wait(s, left < POLL_MS ? left : POLL_MS);
	}
}

int shipper_gather(struct shipper *s)
{
	int r;

	begin_batch(s);
	for (;;) {
		r = fill_batch(s);
		if (!r && s->batch.records)
			r = follow_mark(&s->follower, &s->end);
		if (!r)
			break;
		start_over(s);
		if (r != -ESTALE) {
			note_trouble(s, r);
			shipper_wait(s, TROUBLE_MS);
		}
		if (s->is_stopping)
			return 0;
	}
	if (s->is_stopping)
		begin_batch(s); /* what is not sent is read again by the next one */
	note_trouble(s, 0);
	s->read += s->batch.records;
	s->unparsed += s->batch_unparsed;
	return batch_finish(&s->batch);
}
