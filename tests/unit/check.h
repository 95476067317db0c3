/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Checks of a test program, which ends with `return check_end();`. */
#ifndef MESHTAP_CHECK_H
#define MESHTAP_CHECK_H

#include <stdio.h>
#include <string.h>

static unsigned int check_passed, check_failed, check_skipped;

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (condition) {                                                                   \
			check_passed++;                                                            \
		} else {                                                                           \
			check_failed++;                                                            \
			printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);             \
		}                                                                                  \
	} while (0)

#define CHECK_STRING(is, should) check_string(__FILE__, __LINE__, is, should)
#define SKIP(why)                                                                                  \
	do {                                                                                       \
		check_skipped++;                                                                   \
		printf("%s:%d: skipped: %s\n", __FILE__, __LINE__, why);                           \
	} while (0)

static inline void check_string(const char *file, int line, const char *is, const char *should)
{
	if (is && !strcmp(is, should)) {
		check_passed++;
		return;
	}
	check_failed++;
	printf("%s:%d: failed:\n  is:     %s\n  should: %s\n", file, line, is ? is : "NULL",
	       should);
}

static inline int check_end(void)
{
	printf("%u passed, %u failed, %u skipped\n", check_passed, check_failed, check_skipped);
	return check_failed ? 1 : 0;
}

#endif
