/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int open_path(struct log_file *f)
{
	if (f->fd >= 0)
		return 0;
	if (!f->path)
		return -EBADF;
	f->fd = open(f->path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC,
		     0640);
	return f->fd < 0 ? -errno : 0;
}

int log_file_open(struct log_file *ret, const char *path, int fd, size_t capacity)
{
	int err;

	*ret = (struct log_file){ .path = path, .fd = path ? -1 : fd, .capacity = capacity };
	err = open_path(ret);
	if (err)
		return err;
	ret->buffer = malloc(capacity);
	if (!ret->buffer) {
		log_file_close(ret);
		return -ENOMEM;
	}
	return 0;
}

static void remove_front(struct log_file *f, size_t n)
{
	memmove(f->buffer, f->buffer + n, f->length - n);
	f->length -= n;
}

/* After a short write: forgets the lines that are whole in the file, keeps what is left of the
 * next. */
static void forget_written_lines(struct log_file *f)
{
	const char *p = f->buffer, *end = f->buffer + f->written, *newline;

	while (p < end && (newline = memchr(p, '\n', end - p))) {
		p = newline + 1;
		f->lines++;
		f->buffered_lines--;
	}
	f->written = end - p;
	remove_front(f, p - f->buffer);
}

int log_file_flush(struct log_file *f)
{
	int err = open_path(f);

	if (err)
		return err;
	while (f->written < f->length) {
		ssize_t n = write(f->fd, f->buffer + f->written, f->length - f->written);

		if (n > 0) {
			f->written += n;
		} else if (n == 0 || errno != EINTR) {
			err = n ? -errno : -EIO;
			forget_written_lines(f);
			return err;
		}
	}
	f->lines += f->buffered_lines;
	f->buffered_lines = 0;
	f->length = 0;
	f->written = 0;
	return 0;
}

void log_file_line(struct log_file *f, const char *line, size_t length)
{
	if (length > f->capacity - f->length && length <= f->capacity)
		log_file_flush(f);
	if (length > f->capacity - f->length) {
		f->dropped_lines++;
		return;
	}
	memcpy(f->buffer + f->length, line, length);
	f->length += length;
	f->buffered_lines++;
}

/* The rest of a line that stays unfinished in the old file has no place in the new one. */
static void drop_unfinished_line(struct log_file *f)
{
	const char *newline;

	if (!f->written)
		return;
	newline = memchr(f->buffer, '\n', f->length);
	remove_front(f, newline ? (size_t)(newline + 1 - f->buffer) : f->length);
	f->written = 0;
	f->buffered_lines--;
	f->dropped_lines++;
}

int log_file_reopen(struct log_file *f)
{
	if (!f->path)
		return log_file_flush(f);
	if (f->fd >= 0) {
		log_file_flush(f);
		drop_unfinished_line(f);
		close(f->fd);
		f->fd = -1;
	}
	return log_file_flush(f);
}

void log_file_close(struct log_file *f)
{
	if (f->buffer)
		log_file_flush(f);
	if (f->path && f->fd >= 0)
		close(f->fd);
	free(f->buffer);
	f->buffer = NULL;
	f->capacity = 0;
	f->length = 0;
	f->written = 0;
	f->dropped_lines += f->buffered_lines;
	f->buffered_lines = 0;
	f->fd = -1;
}
