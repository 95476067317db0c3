/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Values of meshtap.ini that are words between blanks. */
#ifndef MESHTAP_SETTINGS_WORDS_H
#define MESHTAP_SETTINGS_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "log_needs.h" /* struct source_error */

struct word {
	const char *text; /* not NUL-terminated */
	size_t length;
};

/* Moves *at behind the next word. Returns false at the end. */
bool word_next(const char **at, struct word *ret);

bool word_is(const struct word *w, const char *text);

/* Says what is wrong with a word of source, a printf format. Returns -EINVAL. */
__attribute__((format(printf, 4, 5))) int word_fail(struct source_error *ret, const char *source,
						    const struct word *w, const char *format, ...);

#endif
