/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The descriptor that a log goes to: a path that is only appended to, never followed through a
 * symlink, and opened again when it was unlinked; or a descriptor of somebody else's (standard
 * output). Calls may block as long as the device does.
 */
#ifndef MESHTAP_LOG_OUTPUT_H
#define MESHTAP_LOG_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct log_output {
	const char *path; /* borrowed; NULL: fd is not ours and is never opened again */
	int fd;		  /* -1: not open */
	bool is_pipe;
	bool is_stale;	    /* to be opened again before the next line */
	bool lacks_newline; /* the file's last line has no end: its writer was killed */
};

/*
 * Opens path (O_APPEND|O_CREAT|O_NOFOLLOW|O_CLOEXEC, 0640), or takes fd when path is NULL. A FIFO
 * that nobody reads yet is no error: log_output_prepare() opens it. A last line without an end gets
 * one before the first line. 0 or -errno.
 */
int log_output_open(struct log_output *ret, const char *path, int fd);

/*
 * Call before lines are written: opens the path if it is not open, is stale, or was unlinked.
 * *ret_is_other: it is another file than before. *unfinished: the bytes of a line that were written
 * last without its end; another file cannot take the rest, so they are taken off the file before,
 * and it is 0 then (a pipe keeps them, and a file that somebody else writes to). 0 or -errno: both
 * and the descriptor are as they were, and the next call tries again.
 */
int log_output_prepare(struct log_output *o, bool *ret_is_other, size_t *unfinished);

/*
 * Writes what begins with a line's begin, or with its rest, and ends with a newline. Returns how
 * many bytes (> 0, possibly fewer than length) were written, or -errno. Into a pipe whole lines go
 * at once where PIPE_BUF allows it, so that an end of the process splits none. SIGPIPE and SIGXFSZ
 * are to be blocked or ignored.
 */
ssize_t log_output_write(struct log_output *o, const char *lines, size_t length);

/* Closes what is ours. */
void log_output_close(struct log_output *o);

#endif
