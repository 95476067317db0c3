/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The header names that a format and a filter want of one side, numbered in the order of their
 * first mention. */
#ifndef MESHTAP_HEADER_SET_H
#define MESHTAP_HEADER_SET_H

#include "http_head.h"

/* Cannot be copied: it points to itself. */
struct header_set {
	char text[HEAD_NAMES_MAX][HEAD_NAME_MAX + 1]; /* lower case */
	const char *names[HEAD_NAMES_MAX];
	unsigned int count;
};

/*
 * The number of a name, added if it is new; upper and lower case are the same. Returns the number,
 * -EINVAL: not a header's name (RFC 9110 5.6.2, at most HEAD_NAME_MAX bytes), or -E2BIG: too many.
 */
int header_set_add(struct header_set *s, const char *name, size_t length);

/* For http_head_append() and http_head_values(); borrows s. */
struct head_names header_set_names(const struct header_set *s);

#endif
