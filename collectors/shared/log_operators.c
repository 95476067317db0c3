// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "log_operators.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void log_argument_free(struct log_argument *a)
{
	log_time_free(&a->time);
	free(a->text);
	a->text = NULL;
}

int log_refuse(struct source_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return -EINVAL;
}

bool log_parse_number(struct head_text t, unsigned int *ret)
{
	unsigned int n = 0;

	if (!t.length || t.length > 9)
		return false;
	for (size_t i = 0; i < t.length; i++) {
		if (t.data[i] < '0' || t.data[i] > '9')
			return false;
		n = n * 10 + t.data[i] - '0';
	}
	*ret = n;
	return true;
}
