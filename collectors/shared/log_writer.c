/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "log_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#define RETRY_MS 1000
#define NEVER	 (~0ull)
/* A write of more costs no less a byte. The rest of a buffer is for bursts and for a slow disk. */
#define WRITE_BYTES (64u << 10)

unsigned long long log_writer_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void log_writer_wait_until(struct log_file *f, pthread_cond_t *condition, unsigned long long ms)
{
	struct timespec end = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	if (ms == NEVER)
		pthread_cond_wait(condition, &f->mutex);
	else
		pthread_cond_timedwait(condition, &f->mutex, &end);
}

enum log_drop log_writer_reason(const struct log_file *f)
{
	if (f->error == -ENOSPC || f->error == -EDQUOT || f->error == -EFBIG)
		return LOG_DROP_NO_SPACE;
	return f->error ? LOG_DROP_ERROR : LOG_DROP_BLOCKED;
}

bool log_writer_is_idle(const struct log_file *f)
{
	return !log_buffer_has_work(f->write) && !log_buffer_has_work(f->fill);
}

size_t log_writer_enough(const struct log_file *f)
{
	size_t half = f->fill->capacity / 2;

	return half < WRITE_BYTES ? half : WRITE_BYTES;
}

/* What follows holds the mutex, but while it opens and writes. */

static int prepare_output(struct log_file *f)
{
	size_t unfinished = log_buffer_unfinished(f->write);
	bool is_other;
	int r;

	pthread_mutex_unlock(&f->mutex);
	r = log_output_prepare(&f->output, &is_other, &unfinished);
	pthread_mutex_lock(&f->mutex);
	if (r || !is_other)
		return r;
	if (unfinished)
		f->dropped[log_writer_reason(f)] += log_buffer_skip_unfinished(f->write);
	else
		log_buffer_begin_again(f->write);
	return 0;
}

/* Writes *write up to that byte. */
static int write_up_to(struct log_file *f, size_t end)
{
	struct log_buffer *b = f->write;
	int r = prepare_output(f);

	while (!r && b->written < end && !f->is_abandoned) {
		ssize_t n;

		pthread_mutex_unlock(&f->mutex);
		n = log_output_write(&f->output, b->data + b->written, end - b->written);
		pthread_mutex_lock(&f->mutex);
		if (n > 0)
			f->lines += log_buffer_note_written(b, n);
		else
			r = (int)n;
	}
	if (r)
		f->error = r;
	return r;
}

/* What the old file does not take goes to the new one: the disk may be full until it is closed. */
static int write_buffer(struct log_file *f)
{
	struct log_buffer *b = f->write;
	int r;

	if (b->has_reopen) {
		write_up_to(f, b->reopen_at);
		f->output.is_stale = true;
	}
	r = write_up_to(f, b->length);
	b->has_reopen = false;
	if (r && f->fill->has_reopen) {
		f->fill->has_reopen = false;
		f->output.is_stale = true;
		r = write_up_to(f, b->length);
	}
	if (!r)
		log_buffer_clear(b);
	return r;
}

static void try_to_write(struct log_file *f)
{
	struct log_buffer *taken = f->fill;

	if (!log_buffer_has_work(f->write)) {
		f->fill = f->write;
		f->write = taken;
		f->is_hurried = false;
		f->is_blocked = false;
		pthread_cond_signal(&f->done);
	}
	if (!write_buffer(f)) {
		f->error = 0;
	} else {
		f->failures++;
		f->is_hurried = false;
		f->retry_ms = log_writer_now_ms() + RETRY_MS;
	}
	pthread_cond_signal(&f->done);
}

static unsigned long long next_try(const struct log_file *f)
{
	if (f->is_hurried)
		return 0;
	if (f->error && log_buffer_has_work(f->write))
		return f->retry_ms;
	if (!f->fill->length)
		return NEVER;
	return f->fill->length >= log_writer_enough(f) ? 0 : f->due_ms;
}

void log_writer_free(struct log_file *f)
{
	log_output_close(&f->output);
	pthread_cond_destroy(&f->done);
	pthread_cond_destroy(&f->work);
	pthread_mutex_destroy(&f->mutex);
	log_buffer_free(&f->buffers[0]);
	log_buffer_free(&f->buffers[1]);
	free(f);
}

/* Once more all that is left, until something fails. */
static void write_the_rest(struct log_file *f)
{
	unsigned int failures = f->failures;

	while (!log_writer_is_idle(f) && f->failures == failures && !f->is_abandoned)
		try_to_write(f);
}

void *log_writer_run(void *context)
{
	struct log_file *f = context;
	bool is_abandoned;

	pthread_mutex_lock(&f->mutex);
	while (!f->is_closing) {
		unsigned long long next = next_try(f);

		if (next > log_writer_now_ms())
			log_writer_wait_until(f, &f->work, next);
		else
			try_to_write(f);
	}
	write_the_rest(f);
	f->has_ended = true;
	is_abandoned = f->is_abandoned;
	pthread_cond_signal(&f->done);
	pthread_mutex_unlock(&f->mutex);
	if (is_abandoned)
		log_writer_free(f);
	return NULL;
}
