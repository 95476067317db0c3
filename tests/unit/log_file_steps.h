/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A log_file in a directory of the test's own. */
#ifndef MESHTAP_LOG_FILE_STEPS_H
#define MESHTAP_LOG_FILE_STEPS_H

#include "log_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static char dir[] = "/tmp/test_log_file.XXXXXX";
static char path[64], old_path[64], sub_dir[64], sub_path[80];
static struct log_status status; /* of the last call of one of those below */

static inline void begin_directory(void)
{
	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/log", dir);
	snprintf(old_path, sizeof(old_path), "%s/log.1", dir);
	snprintf(sub_dir, sizeof(sub_dir), "%s/sub", dir);
	snprintf(sub_path, sizeof(sub_path), "%s/sub/log", dir);
	umask(022);
}

static inline void end_directory(void)
{
	CHECK(rmdir(dir) == 0);
}

static inline void check_content(const char *name, const char *should)
{
	char content[256] = "";
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0 && read(fd, content, sizeof(content) - 1) >= 0);
	CHECK_STRING(content, should);
	if (fd >= 0)
		close(fd);
}

static inline struct log_file *started(const char *name, int fd, size_t capacity)
{
	struct log_file *f = NULL;

	CHECK(log_file_open(&f, name, fd, capacity, 0) == 0 && log_file_start(f) == 0);
	return f;
}

static inline void line(struct log_file *f, const char *text)
{
	log_file_line(f, text, strlen(text));
}

static inline void flush(struct log_file *f)
{
	log_file_flush(f);
	log_file_status(f, &status);
}

static inline void pause_ms(long ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static inline long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until nothing is buffered: nobody asks for it. */
static inline bool is_written(struct log_file *f)
{
	for (int i = 0; i < 5000; i++) {
		log_file_status(f, &status);
		if (!status.buffered && !status.error)
			return true;
		pause_ms(1);
	}
	return false;
}

/* A flush does not wait for longer than LOG_STALL_MS, the machine may. */
static inline bool fails_with(struct log_file *f, int error)
{
	for (int i = 0; i < 25; i++) {
		flush(f);
		if (status.error == error)
			return true;
	}
	return false;
}

static inline unsigned long long all_dropped(void)
{
	return status.dropped[LOG_DROP_NO_SPACE] + status.dropped[LOG_DROP_BLOCKED] +
	       status.dropped[LOG_DROP_ERROR];
}

static inline void end(struct log_file *f, const char *name)
{
	log_file_close(f, &status);
	CHECK(status.buffered == 0);
	if (name)
		unlink(name);
}

#endif
