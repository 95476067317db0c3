/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The lines of a configuration file, and errors that name one. */
#ifndef MESHTAP_SETTINGS_LINES_H
#define MESHTAP_SETTINGS_LINES_H

#include <stdbool.h>
#include <stdio.h>

#define BLANKS		" \t\v\f\r" /* isspace(), as inih sees it, within a line */
#define LINE_LENGTH_MAX 199	    /* inih splits longer lines */

struct settings_lines {
	const char *collector, *path;
	FILE *file;
	char *line; /* getline()'s */
	size_t capacity;
	unsigned int number; /* of line, from 1 */
	bool failed;
};

/* Prints "COLLECTOR: cannot open PATH: why". */
void settings_cannot_read(const char *collector, const char *path, int err);

/*
 * Prints that too and returns an error when the file cannot be opened. Returns 0 with
 * file NULL when it is absent and may be.
 */
int settings_lines_open(struct settings_lines *l, bool required);
void settings_lines_close(struct settings_lines *l);

/* The next line without its end, the blanks before that, and a byte order mark; NULL: end or
 * error. */
char *settings_lines_next(struct settings_lines *l);

/* Prints "COLLECTOR: PATH:number: what is wrong", of the first error only. Returns NULL. */
__attribute__((format(printf, 3, 4))) void *
settings_lines_fail(struct settings_lines *l, unsigned int number, const char *format, ...);

enum settings_line {
	LINE_BAD,     /* inih would read it otherwise than its author meant; that was said */
	LINE_COMMENT, /* or blank */
	LINE_SECTION,
	LINE_KEY,
	LINE_MORE, /* it is indented: continues the value before it */
};

/* What line l is on; can_continue: the value before it may have more lines. */
enum settings_line settings_line_kind(struct settings_lines *l, const char *line,
				      bool can_continue);

/* What stands between the brackets of a LINE_SECTION, in line; NULL: error. */
const char *settings_line_section(struct settings_lines *l, const char *line, size_t *ret_length);

/* Where the value of a LINE_KEY begins. */
size_t settings_line_value(const char *line);

/* Gives inih a line as it is, unless it is too long. Returns ret or NULL. */
char *settings_line_give(struct settings_lines *l, char *ret, int size, const char *line);

/*
 * How much of a long text inih can have at once: up to the last blank within max bytes, but behind
 * `after`, at which the text can be parted so that joining the parts with a blank gives the same
 * text; all of a shorter one. 0: there is no such blank.
 */
size_t settings_line_part(const char *text, size_t after, size_t max);

#endif
