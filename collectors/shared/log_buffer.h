/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lines that wait to be written. Its user locks it. */
#ifndef MESHTAP_LOG_BUFFER_H
#define MESHTAP_LOG_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct log_buffer {
	char *data; /* owned */
	size_t capacity;
	size_t full; /* beyond it no line is added */
	size_t length;
	size_t written;		  /* bytes; the first line may be written by half */
	unsigned long long lines; /* that are not whole in the file */
	bool has_reopen;
	size_t reopen_at; /* what comes from there on is for the file opened then */
};

/* For size bytes, and what a line of up to line_max adds to them. 0 or -ENOMEM. */
int log_buffer_init(struct log_buffer *ret, size_t size, size_t line_max);
void log_buffer_free(struct log_buffer *b);

/* Is there anything to do? */
bool log_buffer_has_work(const struct log_buffer *b);
bool log_buffer_has_room(const struct log_buffer *b, size_t length);

/* One line with its newline; there must be room. */
void log_buffer_append(struct log_buffer *b, const char *line, size_t length);

/* Notes that n more bytes were written. Returns how many lines they made whole. */
unsigned long long log_buffer_note_written(struct log_buffer *b, size_t n);

/* How many bytes of a line that is not whole were written last. */
size_t log_buffer_unfinished(const struct log_buffer *b);

/* Such a line: writes it from its beginning again, or skips its rest. The latter returns how many
 * there were: 0 or 1. */
void log_buffer_begin_again(struct log_buffer *b);
unsigned int log_buffer_skip_unfinished(struct log_buffer *b);

/* After all was written. */
void log_buffer_clear(struct log_buffer *b);

#endif
