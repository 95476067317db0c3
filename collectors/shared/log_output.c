/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "log_output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_pipe(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISFIFO(st.st_mode);
}

/* O_NONBLOCK for open(2) alone: that of a FIFO without a reader is ENXIO then, and does not wait.
 */
static int open_path(const char *path)
{
	int err, fd = open(path,
			   O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC |
				   O_NONBLOCK,
			   0640);

	if (fd < 0)
		return -errno;
	if (!fcntl(fd, F_SETFL, O_APPEND))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static bool is_same_file(int fd, int other_fd)
{
	struct stat st, other;

	return !fstat(fd, &st) && !fstat(other_fd, &other) && st.st_dev == other.st_dev &&
	       st.st_ino == other.st_ino;
}

/* fd, which cannot read, is of the path. */
static bool lacks_newline(const char *path, int fd)
{
	char last = '\n';
	struct stat st;
	int in;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || !st.st_size)
		return false;
	in = open(path, O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	if (in < 0)
		return false;
	if (!is_same_file(in, fd) || pread(in, &last, 1, st.st_size - 1) != 1)
		last = '\n';
	close(in);
	return last != '\n';
}

int log_output_open(struct log_output *ret, const char *path, int fd)
{
	if (path)
		fd = open_path(path);
	if (path && fd < 0 && fd != -ENXIO)
		return fd;
	*ret = (struct log_output){ .path = path, .fd = fd < 0 ? -1 : fd };
	ret->is_pipe = fd >= 0 && is_pipe(fd);
	ret->lacks_newline = path && fd >= 0 && lacks_newline(path, fd);
	return 0;
}

/* What is written to an unlinked file nobody will ever read. */
static bool is_unlinked(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_nlink == 0;
}

/* The file's last bytes, if they are what was written here last. */
static bool take_back(int fd, size_t bytes)
{
	off_t end = lseek(fd, 0, SEEK_CUR);
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size == end && end >= (off_t)bytes &&
	       !ftruncate(fd, end - bytes);
}

int log_output_prepare(struct log_output *o, bool *ret_is_other, size_t *unfinished)
{
	bool is_other;
	int fd;

	if (!o->path || (o->fd >= 0 && !o->is_stale && !is_unlinked(o->fd))) {
		*ret_is_other = false;
		return 0;
	}
	fd = open_path(o->path);
	if (fd < 0)
		return fd;
	/* The old one is open until here: an inode's number may be used again, and a FIFO forgets
	 * what nobody has read. */
	is_other = o->fd < 0 || !is_same_file(o->fd, fd);
	if (is_other && o->fd >= 0 && *unfinished && take_back(o->fd, *unfinished))
		*unfinished = 0;
	log_output_close(o);
	o->fd = fd;
	o->is_pipe = is_pipe(fd);
	o->is_stale = false;
	o->lacks_newline = is_other && lacks_newline(o->path, fd);
	*ret_is_other = is_other;
	return 0;
}

/* Whole lines of at most PIPE_BUF bytes: such a write is not done by half. Else one longer line. */
static size_t piece_for_pipe(const char *lines, size_t length)
{
	const char *newline;

	if (length <= PIPE_BUF)
		return length;
	newline = memrchr(lines, '\n', PIPE_BUF);
	if (!newline)
		newline = memchr(lines, '\n', length);
	return newline ? (size_t)(newline + 1 - lines) : length;
}

/* Standard output may be non-blocking: that is a property of the pipe, which others set. */
static void wait_until_writable(int fd)
{
	struct pollfd polled = { .fd = fd, .events = POLLOUT };

	poll(&polled, 1, -1);
}

static ssize_t write_some(struct log_output *o, const char *bytes, size_t length)
{
	for (;;) {
		ssize_t n = write(o->fd, bytes, length);

		if (n > 0)
			return n;
		if (n == 0)
			return -EIO;
		if (errno == EAGAIN) {
			wait_until_writable(o->fd);
		} else if (errno != EINTR) {
			o->is_stale |= errno == ESTALE; /* NFS: only opening it again can help */
			return -errno;
		}
	}
}

ssize_t log_output_write(struct log_output *o, const char *lines, size_t length)
{
	if (o->lacks_newline) {
		ssize_t n = write_some(o, "\n", 1);

		if (n < 0)
			return n;
		o->lacks_newline = false;
	}
	if (o->is_pipe)
		length = piece_for_pipe(lines, length);
	return write_some(o, lines, length);
}

void log_output_close(struct log_output *o)
{
	if (o->path && o->fd >= 0)
		close(o->fd);
	o->fd = -1;
}
