/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "settings_lines.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int settings_lines_open(struct settings_lines *l, bool required)
{
	int err;

	l->file = fopen(l->path, "re");
	if (l->file || (errno == ENOENT && !required))
		return 0;
	err = -errno;
	fprintf(stderr, "%s: cannot open %s: %s\n", l->collector, l->path, strerror(-err));
	return err;
}

void settings_lines_close(struct settings_lines *l)
{
	free(l->line);
	fclose(l->file);
}

void *settings_lines_fail(struct settings_lines *l, unsigned int number, const char *format, ...)
{
	va_list args;

	if (l->failed)
		return NULL;
	l->failed = true;
	fprintf(stderr, "%s: %s:%u: ", l->collector, l->path, number);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return NULL;
}

static void strip_end(char *line, size_t length)
{
	while (length && strchr(BLANKS "\n", line[length - 1]))
		length--;
	line[length] = '\0';
}

char *settings_lines_next(struct settings_lines *l)
{
	ssize_t n;

	if (l->failed)
		return NULL;
	errno = 0;
	n = getline(&l->line, &l->capacity, l->file);
	l->number++;
	if (n < 0 && errno)
		return settings_lines_fail(l, l->number, "cannot read: %s", strerror(errno));
	if (n < 0)
		return NULL;
	if (strlen(l->line) != (size_t)n)
		return settings_lines_fail(l, l->number, "the line contains a NUL byte");
	strip_end(l->line, n);
	if (strchr(l->line, '\r'))
		return settings_lines_fail(l, l->number, "the line contains a carriage return");
	return l->line;
}

bool settings_line_is_comment(const char *line)
{
	line += strspn(line, BLANKS);
	return !*line || *line == '#' || *line == ';';
}

/* A single blank; what follows would be a comment to inih if it began with # or ; */
static bool can_part(const char *text, size_t at)
{
	return text[at] == ' ' && !strchr(BLANKS, text[at - 1]) &&
	       !strchr(BLANKS "#;", text[at + 1]);
}

size_t settings_line_part(const char *text, size_t after, size_t max)
{
	size_t length = strlen(text);

	if (length <= max)
		return length;
	for (size_t at = max; at > after; at--)
		if (can_part(text, at))
			return at;
	return 0;
}
