/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The two halves of log_file: what its user's thread (log_file.c) and the thread that writes
 * (log_writer.c) share. For these two only. */
#ifndef MESHTAP_LOG_WRITER_H
#define MESHTAP_LOG_WRITER_H

#include "log_buffer.h"
#include "log_file.h"
#include "log_output.h"

#include <pthread.h>

/* All but output, and the bytes of *write, is under the mutex; those are the thread's. */
struct log_file {
	struct log_output output;
	struct log_buffer buffers[2];
	struct log_buffer *fill;  /* lines go here */
	struct log_buffer *write; /* what the thread writes */
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t work; /* for the thread */
	pthread_cond_t done; /* for the user */
	unsigned long long lines, dropped[LOG_DROPS];
	unsigned long long due_ms; /* of the first line in fill */
	unsigned long long retry_ms;
	unsigned int failures; /* tries to write that failed; wraps */
	int error;	       /* of the last try */
	bool is_blocked;       /* waited in vain since the buffers were swapped */
	bool is_hurried;       /* write now */
	bool is_running;
	bool is_closing;
	bool has_ended;	   /* the thread */
	bool is_abandoned; /* the thread frees it */
};

/* The thread's function; context: the log_file. */
void *log_writer_run(void *context);

/* CLOCK_MONOTONIC. */
unsigned long long log_writer_now_ms(void);

/* All below with the mutex held, or without the other thread. */

/* Until the condition is signalled or that time has come; wakes up early at times. */
void log_writer_wait_until(struct log_file *f, pthread_cond_t *condition, unsigned long long ms);

/* Why a line is dropped now. */
enum log_drop log_writer_reason(const struct log_file *f);

/* Is all written that was given? */
bool log_writer_is_idle(const struct log_file *f);

/* Bytes that are written at once, without waiting for more. */
size_t log_writer_enough(const struct log_file *f);

void log_writer_free(struct log_file *f);

#endif
