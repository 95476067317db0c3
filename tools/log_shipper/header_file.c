/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "header_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX	64
#define LINE_MAX_LENGTH 8192

/* RFC 9110: a token, a colon, printable bytes */
static bool is_header(const char *line, size_t length)
{
	const char *colon = memchr(line, ':', length);

	if (!colon || colon == line || strlen(line) != length || length > LINE_MAX_LENGTH)
		return false;
	for (const char *p = line; p < colon; p++)
		if (!isalnum((unsigned char)*p) && !strchr("!#$%&'*+-.^_`|~", *p))
			return false;
	for (const char *p = colon; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return strspn(colon + 1, " ") != strlen(colon + 1);
}

static int add_line(struct curl_slist **headers, char *line, size_t length, bool *added)
{
	struct curl_slist *more;

	while (length && strchr(" \t\r\n", line[length - 1]))
		line[--length] = '\0';
	if (!length || *line == '#')
		return 0;
	if (!is_header(line, length))
		return -EINVAL;
	more = curl_slist_append(*headers, line);
	if (!more)
		return -ENOMEM;
	*headers = more;
	*added = true;
	return 0;
}

int header_file_read(const char *path, struct curl_slist **headers, unsigned int *line)
{
	FILE *f = fopen(path, "re");
	bool has_header = false;
	size_t capacity = 0;
	char *text = NULL;
	ssize_t n;
	int r = 0;

	*line = 0;
	if (!f)
		return -errno;
	while (!r && (n = getline(&text, &capacity, f)) >= 0) {
		++*line;
		r = *line > LINES_MAX ? -EINVAL : add_line(headers, text, n, &has_header);
	}
	if (!r && ferror(f))
		r = -EIO;
	if (!r && !has_header)
		r = -ENODATA;
	free(text);
	fclose(f);
	return r;
}
