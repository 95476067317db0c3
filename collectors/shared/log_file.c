/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "log_file.h"

#include "log_writer.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void init_locks(struct log_file *f)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&f->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&f->work, &monotonic);
	pthread_cond_init(&f->done, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

int log_file_open(struct log_file **ret, const char *path, int fd, size_t size, size_t line_max)
{
	struct log_file *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return -ENOMEM;
	f->fill = &f->buffers[0];
	f->write = &f->buffers[1];
	f->output.fd = -1;
	init_locks(f);
	r = log_buffer_init(f->fill, size, line_max);
	if (!r)
		r = log_buffer_init(f->write, size, line_max);
	if (!r)
		r = log_output_open(&f->output, path, fd);
	if (r)
		log_writer_free(f);
	else
		*ret = f;
	return r;
}

int log_file_start(struct log_file *f)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(&f->thread, NULL, log_writer_run, f);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	f->is_running = !r;
	return r;
}

static void wait_for_room(struct log_file *f, size_t length)
{
	unsigned long long end = log_writer_now_ms() + LOG_STALL_MS;

	if (length > f->fill->capacity || f->error || f->is_blocked)
		return;
	f->is_hurried = true;
	pthread_cond_signal(&f->work);
	while (!log_buffer_has_room(f->fill, length) && !f->error && !f->is_blocked) {
		if (log_writer_now_ms() >= end)
			f->is_blocked = true;
		else
			log_writer_wait_until(f, &f->done, end);
	}
}

static void append(struct log_file *f, const char *line, size_t length)
{
	size_t before = f->fill->length, enough = log_writer_enough(f);

	log_buffer_append(f->fill, line, length);
	if (!before)
		f->due_ms = log_writer_now_ms() + LOG_FLUSH_MS;
	if (!before || (before < enough && f->fill->length >= enough))
		pthread_cond_signal(&f->work);
}

void log_file_line(struct log_file *f, const char *line, size_t length)
{
	pthread_mutex_lock(&f->mutex);
	if (!log_buffer_has_room(f->fill, length))
		wait_for_room(f, length);
	if (log_buffer_has_room(f->fill, length))
		append(f, line, length);
	else
		f->dropped[length > f->fill->capacity ? LOG_DROP_ERROR : log_writer_reason(f)]++;
	pthread_mutex_unlock(&f->mutex);
}

void log_file_flush(struct log_file *f)
{
	unsigned long long end = log_writer_now_ms() + LOG_STALL_MS;
	unsigned int failures;

	pthread_mutex_lock(&f->mutex);
	failures = f->failures;
	f->is_hurried = true;
	pthread_cond_signal(&f->work);
	while (!log_writer_is_idle(f) && f->failures == failures && !f->is_blocked &&
	       log_writer_now_ms() < end)
		log_writer_wait_until(f, &f->done, end);
	pthread_mutex_unlock(&f->mutex);
}

/* Of two in one buffer the first counts: what came after it must not go to a file that may be
 * being compressed. */
void log_file_reopen(struct log_file *f)
{
	pthread_mutex_lock(&f->mutex);
	if (!f->fill->has_reopen) {
		f->fill->has_reopen = true;
		f->fill->reopen_at = f->fill->length;
	}
	f->is_hurried = true;
	pthread_cond_signal(&f->work);
	pthread_mutex_unlock(&f->mutex);
}

static void get_status(const struct log_file *f, struct log_status *ret)
{
	*ret = (struct log_status){
		.lines = f->lines,
		.buffered = f->fill->lines + f->write->lines,
		.error = f->error,
		.is_blocked = f->is_blocked,
	};
	memcpy(ret->dropped, f->dropped, sizeof(ret->dropped));
}

void log_file_status(struct log_file *f, struct log_status *ret)
{
	pthread_mutex_lock(&f->mutex);
	get_status(f, ret);
	pthread_mutex_unlock(&f->mutex);
}

void log_file_close(struct log_file *f, struct log_status *ret)
{
	unsigned long long end = log_writer_now_ms() + LOG_CLOSE_MS;
	bool is_abandoned;

	if (!f)
		return;
	pthread_mutex_lock(&f->mutex);
	f->is_closing = true;
	pthread_cond_signal(&f->work);
	while (f->is_running && !f->has_ended && log_writer_now_ms() < end)
		log_writer_wait_until(f, &f->done, end);
	get_status(f, ret);
	ret->dropped[log_writer_reason(f)] += ret->buffered;
	ret->buffered = 0;
	is_abandoned = f->is_running && !f->has_ended;
	f->is_abandoned = is_abandoned;
	if (is_abandoned)
		pthread_detach(f->thread);
	pthread_mutex_unlock(&f->mutex);
	if (is_abandoned)
		return;
	if (f->is_running)
		pthread_join(f->thread, NULL);
	log_writer_free(f);
}
