/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The functions of a filter, but has(), which is CEL's macro. */
#ifndef MESHTAP_FILTER_FUNCTION_H
#define MESHTAP_FILTER_FUNCTION_H

#include "filter_value.h"

#define FILTER_ARGUMENTS_MAX 2

enum {
	FILTER_AS_METHOD = 1, /* 'a'.size() */
	FILTER_AS_GLOBAL = 2, /* size('a') */
};

struct filter_function {
	const char *name;
	unsigned char style;
	unsigned char arguments;
	unsigned short kinds[FILTER_ARGUMENTS_MAX]; /* bits of enum filter_kind */
	enum filter_kind result;
	/* Of values of these kinds. NULL: matches(), whose second argument is compiled. */
	struct filter_value (*call)(const struct filter_value *arguments);
};

/* NULL: there is none. */
const struct filter_function *filter_function_find(struct head_text name);

#endif
