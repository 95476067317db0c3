// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "libbpf_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static char culprit[160];

int libbpf_log_parse(char *ret, size_t size, const char *message)
{
	char kind[5], name[128];
	int end = 0;

	if (sscanf(message, "libbpf: %4[progma] '%127[^']':%n", kind, name, &end) != 2 || !end ||
	    (strcmp(kind, "prog") && strcmp(kind, "map")))
		return -EINVAL;
	snprintf(ret, size, "%s %s", strcmp(kind, "prog") ? "map" : "program", name);
	return 0;
}

void libbpf_log_note(enum libbpf_print_level level, const char *format, va_list args)
{
	char message[512];
	va_list copy;

	if (level != LIBBPF_WARN || *culprit)
		return;
	va_copy(copy, args);
	vsnprintf(message, sizeof(message), format, copy);
	va_end(copy);
	libbpf_log_parse(culprit, sizeof(culprit), message);
}

const char *libbpf_log_culprit(void)
{
	return culprit;
}
