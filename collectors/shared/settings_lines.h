/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The lines of a configuration file, and errors that name one. Used by settings_file.c only. */
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

/*
 * Prints "COLLECTOR: PATH: why" and returns an error when the file cannot be opened. Returns 0 with
 * file NULL when it is absent and may be.
 */
int settings_lines_open(struct settings_lines *l, bool required);
void settings_lines_close(struct settings_lines *l);

/* The next line without its end and the blanks before that; NULL: end or error. */
char *settings_lines_next(struct settings_lines *l);

/* Prints "COLLECTOR: PATH:number: what is wrong", of the first error only. Returns NULL. */
__attribute__((format(printf, 3, 4))) void *
settings_lines_fail(struct settings_lines *l, unsigned int number, const char *format, ...);

bool settings_line_is_comment(const char *line); /* or blank */

/*
 * How much of a long text inih can have at once: up to the last blank within max bytes, but behind
 * `after`, at which the text can be parted so that joining the parts with a blank gives the same
 * text; all of a shorter one. 0: there is no such blank.
 */
size_t settings_line_part(const char *text, size_t after, size_t max);

#endif
