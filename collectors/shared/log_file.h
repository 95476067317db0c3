/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A log of whole lines that a thread of its own writes, so that a file that does not take them (a
 * full disk, a hung mount, a pipe that nobody reads) never holds up the user's thread. One thread
 * uses it: all calls are its. Memory is two buffers. What does not fit is dropped and counted.
 */
#ifndef MESHTAP_LOG_FILE_H
#define MESHTAP_LOG_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Why lines were dropped; also the values of the metric's label. */
enum log_drop {
	LOG_DROP_NO_SPACE, /* ENOSPC, EDQUOT, EFBIG */
	LOG_DROP_BLOCKED,  /* a write does not come back */
	LOG_DROP_ERROR,	   /* any other errno */
	LOG_DROPS,
};

#define LOG_DROP_NAMES                                                                             \
	{                                                                                          \
		"no_space", "blocked", "error"                                                     \
	}

struct log_status {
	unsigned long long lines; /* written to the file, whole */
	unsigned long long dropped[LOG_DROPS];
	unsigned long long buffered; /* lines; lines + dropped + buffered = all that were given */
	int error;		     /* 0, or -errno of the last try to write */
	bool is_blocked;	     /* lines are dropped until a write comes back */
};

struct log_file;

/*
 * Opens the file (see log_output.h): path, which is borrowed, or fd when path is NULL. size: of
 * each of the two buffers, in bytes, which a line of up to line_max may exceed; a line longer than
 * both is dropped. 0 or -errno.
 */
int log_file_open(struct log_file **ret, const char *path, int fd, size_t size, size_t line_max);

/*
 * Starts the thread, with all signals blocked. Lines may be given before. Capabilities are a
 * thread's own: give them up before. 0 or -errno.
 */
int log_file_start(struct log_file *f);

/*
 * Takes one line with its newline, to be written within LOG_FLUSH_MS. Without room: waits for it,
 * LOG_STALL_MS at most in all until there was room again, and not at all after an error; then the
 * line is dropped.
 */
void log_file_line(struct log_file *f, const char *line, size_t length);

#define LOG_FLUSH_MS 100
#define LOG_STALL_MS 200

/* Has everything written now, also what could not be written before. Returns when that is done or
 * fails, and after LOG_STALL_MS. */
void log_file_flush(struct log_file *f);

/* For rotation: lines given before go to the open file, later ones to the one that the path then
 * names. Does not wait. What the open file does not take goes to the new one. */
void log_file_reopen(struct log_file *f);

void log_file_status(struct log_file *f, struct log_status *ret);

/* Has everything written, for LOG_CLOSE_MS at most; the rest is dropped. Frees. *ret: the last
 * status; error: why lines were dropped here, if any were. f may be NULL: *ret is untouched. */
void log_file_close(struct log_file *f, struct log_status *ret);

#define LOG_CLOSE_MS 2000

#endif
