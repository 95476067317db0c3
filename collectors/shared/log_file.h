/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An append-only log of whole lines: buffered, reopened on request, never followed through a
 * symlink. */
#ifndef MESHTAP_LOG_FILE_H
#define MESHTAP_LOG_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct log_file {
	const char *path; /* borrowed; NULL: fd is not ours and is never reopened (--stdout) */
	int fd;		  /* -1: not open */
	char *buffer;	  /* whole lines only, owned */
	size_t length;
	size_t capacity;		   /* fixed: memory is bounded */
	size_t written;			   /* bytes of buffer already written by a short write */
	unsigned long long lines;	   /* written to the file */
	unsigned long long buffered_lines; /* in buffer */
	unsigned long long dropped_lines;  /* for want of room after failed writes */
};

/* Opens path (O_APPEND|O_CREAT|O_NOFOLLOW|O_CLOEXEC, 0640), or uses fd when path is NULL. 0 or
 * -errno. */
int log_file_open(struct log_file *ret, const char *path, int fd, size_t capacity);

/* Appends one line (with its newline). Flushes when the buffer is full; drops and counts when that
 * fails. */
void log_file_line(struct log_file *f, const char *line, size_t length);

/* Writes what is buffered; reopens first if the file is not open. 0 or -errno (lines stay
 * buffered). */
int log_file_flush(struct log_file *f);

/* Flushes, closes, opens path again (rotation). 0 or -errno. */
int log_file_reopen(struct log_file *f);

void log_file_close(struct log_file *f);

#endif
