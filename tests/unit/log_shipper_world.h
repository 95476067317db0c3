/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A directory with a log that is written, rotated and compressed, and a follower of it. */
#ifndef MESHTAP_LOG_SHIPPER_WORLD_H
#define MESHTAP_LOG_SHIPPER_WORLD_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "follow.h"

#define FILES 30 /* access.log.1 to .29 */

static char dir[] = "/tmp/test_log_shipper.XXXXXX";
static char path[64];
static struct follower follower;
static struct cursor cursor; /* what is "delivered" */
static bool has_cursor;
static unsigned int written;   /* lines */
static unsigned int delivered; /* lines */

static inline const char *name(unsigned int number, const char *suffix)
{
	static char names[4][96];
	static unsigned int next;
	char *s = names[next++ % 4];

	if (number)
		snprintf(s, sizeof(names[0]), "%s.%u%s", path, number, suffix);
	else
		snprintf(s, sizeof(names[0]), "%s", path);
	return s;
}

static inline void append_to(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/* Lines with their numbers, so that each file begins otherwise. */
static inline void write_lines(const char *file, unsigned int n)
{
	char text[64];

	while (n--) {
		snprintf(text, sizeof(text), "line %u\n", ++written);
		append_to(file, text);
	}
}

static inline void shift(void)
{
	for (unsigned int i = FILES - 1; i > 0; i--) {
		rename(name(i, ""), name(i + 1, ""));
		rename(name(i, ".gz"), name(i + 1, ".gz"));
	}
}

static inline void rotate(void)
{
	shift();
	rename(path, name(1, ""));
}

/* As gzip and logrotate do it: beside the file, with its times, then instead of it. */
static inline void compress_file(unsigned int number)
{
	const char *from = name(number, ""), *to = name(number, ".gz");
	int fd = open(from, O_RDONLY | O_CLOEXEC), out;
	struct timespec times[2];
	char bytes[4096];
	struct stat st;
	gzFile gz;
	ssize_t n;

	if (fd < 0)
		return;
	fstat(fd, &st);
	gz = gzopen(to, "w");
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		gzwrite(gz, bytes, n);
	gzclose(gz);
	close(fd);
	out = open(to, O_RDONLY | O_CLOEXEC);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	futimens(out, times);
	close(out);
	unlink(from);
}

static inline void copy_and_truncate(void)
{
	char bytes[65536];
	int from, to;
	ssize_t n;

	shift();
	from = open(path, O_RDWR | O_CLOEXEC);
	if (from < 0)
		return;
	to = open(name(1, ""), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		CHECK(write(to, bytes, n) == n);
	CHECK(!ftruncate(from, 0));
	close(from);
	close(to);
}

static inline void remove_all(void)
{
	for (unsigned int i = 0; i <= FILES; i++) {
		unlink(name(i, ""));
		unlink(name(i, ".gz"));
	}
}

/* Another process: it knows the cursor alone. */
static inline void restart(void)
{
	follow_free(&follower);
	CHECK(!follow_init(&follower, path));
}

static inline void begin_world(void)
{
	snprintf(path, sizeof(path), "%s/access.log", dir);
	remove_all();
	written = delivered = 0;
	has_cursor = false;
	CHECK(!follow_init(&follower, path));
}

static inline void end_world(void)
{
	follow_free(&follower);
	remove_all();
}

static inline int begin_following(void)
{
	int r = follow_begin(&follower, has_cursor ? &cursor : NULL);

	if (r == 1 && !has_cursor)
		has_cursor = !follow_mark(&follower, &cursor);
	return r;
}

/* Reads up to n lines, as a batch, and has them delivered. Returns how many. */
static inline unsigned int deliver(unsigned int n)
{
	struct head_text line;
	struct cursor end;
	char should[64];
	unsigned int got = 0;
	int r = 0;

	if (follower.source.fd < 0 && begin_following() != 1)
		return 0;
	while (got < n && (r = follow_next(&follower, &line)) == 1) {
		snprintf(should, sizeof(should), "line %u", delivered + got + 1);
		CHECK(head_text_is(line, should));
		got++;
	}
	if (r == -ESTALE || follow_mark(&follower, &end)) {
		source_close(&follower.source);
		return 0;
	}
	CHECK(r >= 0);
	cursor = end;
	delivered += got;
	return got;
}

#endif
