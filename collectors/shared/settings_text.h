/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A value that was written on several lines, and where each of them stands in its file. */
#ifndef MESHTAP_SETTINGS_TEXT_H
#define MESHTAP_SETTINGS_TEXT_H

#include <stddef.h>

/* Columns are characters of UTF-8, from 1, as editors count them. */
struct text_place {
	unsigned int line, column;
};

struct text_origin {
	size_t offset; /* in the value */
	struct text_place place;
};

struct settings_text {
	char *value; /* borrowed: room for max bytes and a NUL */
	size_t length, max;
	unsigned int lines;
	struct text_origin *origins; /* of each line; owned */
};

/*
 * Append to the value: a line that stands at place, behind `join` unless it is the first that is
 * not empty; or more of the last line, behind a blank. Return 0, -E2BIG or -ENOMEM.
 */
int settings_text_add_line(struct settings_text *t, const char *line, char join,
			   struct text_place place);
int settings_text_add_more(struct settings_text *t, const char *more);

/* Where the byte at offset stands; of what joins two lines, or ends the value: behind the line. At
 * least one line was added. */
struct text_place settings_text_find(const struct settings_text *t, size_t offset);

void settings_text_free(struct settings_text *t);

/* Characters of UTF-8 in bytes; an invalid byte may count as none. */
unsigned int settings_text_characters(const char *bytes, size_t length);

#endif
