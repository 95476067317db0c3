/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pipes, and what is done while nobody reads them. */
#include "log_file_steps.h"

#include <errno.h>
#include <sys/ioctl.h>

#define LINE 32 /* bytes of a line that is to block */

static unsigned long long read_lines(int fd)
{
	unsigned long long lines = 0;
	char bytes[4096];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		for (ssize_t i = 0; i < n; i++)
			lines += bytes[i] == '\n';
	return lines;
}

/* Until lines are dropped because the file takes none. Returns how many were given. */
static unsigned long long fill_until_blocked(struct log_file *f)
{
	unsigned long long given = 0;
	long begin = now_ms();

	do {
		log_file_line(f, "0123456789012345678901234567890\n", LINE);
		log_file_status(f, &status);
	} while (++given < 1000000 && status.dropped[LOG_DROP_BLOCKED] < 1000);
	CHECK(status.is_blocked && now_ms() - begin < 2 * LOG_STALL_MS + 1000);
	return given;
}

/* fd: the reading end, non-blocking. */
static unsigned long long read_until_written(struct log_file *f, int fd)
{
	unsigned long long lines = 0;

	for (int i = 0; i < 5000; i++) {
		lines += read_lines(fd);
		log_file_status(f, &status);
		if (!status.buffered)
			break;
		pause_ms(1);
	}
	CHECK(!status.buffered && !status.error && !status.is_blocked);
	return lines + read_lines(fd);
}

static void test_fifo(void)
{
	unsigned long long given = 2, read = 0;
	struct log_file *f;
	int fd;

	CHECK(mkfifo(path, 0600) == 0);
	f = started(path, -1, 65536); /* nobody reads: no reason not to start */
	line(f, "1\n");
	flush(f);
	CHECK(status.error == -ENXIO && status.buffered == 1);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	read += read_until_written(f, fd);
	given += fill_until_blocked(f);
	read += read_until_written(f, fd);
	line(f, "2\n");
	flush(f);
	CHECK(status.error == 0 && status.lines == read + 1); /* resumed */
	read += read_lines(fd);
	CHECK(status.lines == read && status.lines + all_dropped() == given);
	close(fd);
	line(f, "3\n");
	CHECK(fails_with(f, -EPIPE));
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	CHECK(read_until_written(f, fd) == 1);
	end(f, path);
	close(fd);
}

/* What the first reader left is the next one's: also a line that was written by half. */
static void test_fifo_with_another_reader(void)
{
	static char big[100000];
	struct log_file *f;
	int fd;

	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\n';
	CHECK(mkfifo(path, 0600) == 0);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	f = started(path, -1, 2 * sizeof(big));
	log_file_line(f, big, sizeof(big)); /* longer than a pipe */
	flush(f);
	CHECK(status.buffered == 1 && status.error == 0);
	close(fd);
	line(f, "next\n");
	CHECK(fails_with(f, -EPIPE));
	log_file_reopen(f);
	CHECK(fails_with(f, -ENXIO));
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	CHECK(read_until_written(f, fd) == 2);
	CHECK(status.lines == 2 && all_dropped() == 0);
	end(f, path);
	close(fd);
}

/* Returns the reading end, non-blocking. */
static int make_pipe(int flags, int *ret_writing)
{
	int ends[2];

	CHECK(pipe2(ends, O_CLOEXEC) == 0);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	fcntl(ends[1], F_SETFL, flags);
	*ret_writing = ends[1];
	return ends[0];
}

static void test_pipe(int flags)
{
	unsigned long long given, read;
	int writing, reading = make_pipe(flags, &writing);
	struct log_file *f = started(NULL, writing, 65536);

	given = fill_until_blocked(f);
	read = read_until_written(f, reading);
	log_file_reopen(f); /* nothing to open */
	line(f, "1\n");
	flush(f);
	read += read_lines(reading);
	CHECK(status.lines == read && status.lines + all_dropped() == given + 1);
	close(reading);
	line(f, "2\n");
	CHECK(fails_with(f, -EPIPE));
	end(f, NULL);
	CHECK(status.lines == read && status.dropped[LOG_DROP_ERROR] == 1);
	CHECK(close(writing) == 0); /* still open: it is not ours */
}

/* What is in the pipe at the end is what was counted, and whole. */
static void test_end_while_blocked(void)
{
	int writing, reading = make_pipe(0, &writing), bytes;
	struct log_file *f = started(NULL, writing, 50000);
	unsigned long long given = fill_until_blocked(f);
	long begin = now_ms();

	end(f, NULL);
	CHECK(now_ms() - begin >= LOG_CLOSE_MS && now_ms() - begin < LOG_CLOSE_MS + 1000);
	CHECK(status.lines + all_dropped() == given);
	CHECK(ioctl(reading, FIONREAD, &bytes) == 0 &&
	      status.lines * LINE == (unsigned long long)bytes);
	close(reading); /* ends the thread, to which the other end was left */
}

int main(void)
{
	begin_directory();
	test_fifo();
	test_fifo_with_another_reader();
	test_pipe(0);
	test_pipe(O_NONBLOCK);
	test_end_while_blocked();
	end_directory();
	return check_end();
}
