/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "settings_lines.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "settings_text.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

#define FAIL(l, ...) settings_lines_fail(l, (l)->number, __VA_ARGS__)

void settings_cannot_read(const char *collector, const char *path, int err)
{
	fprintf(stderr, "%s: cannot open %s: %s\n", collector, path, strerror(-err));
}

int settings_lines_open(struct settings_lines *l, bool required)
{
	int err;

	l->file = fopen(l->path, "re");
	if (l->file || (errno == ENOENT && !required))
		return 0;
	err = -errno;
	settings_cannot_read(l->collector, l->path, err);
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
	return l->line + (l->number == 1 && !strncmp(l->line, BYTE_ORDER_MARK, 3) ? 3 : 0);
}

static bool is_comment(const char *line)
{
	line += strspn(line, BLANKS);
	return !*line || *line == '#' || *line == ';';
}

/* inih would silently cut the value, or not, by its version and the line. */
static bool check_inline_comment(struct settings_lines *l, const char *line, const char *end)
{
	for (const char *at = strchr(line, ';'); at && at < end; at = strchr(at + 1, ';'))
		if (strchr(BLANKS, at[-1])) /* a line that begins with ; is a comment */
			return FAIL(l,
				    "column %u: a ';' behind a blank would begin a comment; "
				    "comments are lines of their own",
				    settings_text_characters(line, at - line) + 1);
	return true;
}

enum settings_line settings_line_kind(struct settings_lines *l, const char *line, bool can_continue)
{
	size_t indent = strspn(line, BLANKS);

	if (is_comment(line))
		return LINE_COMMENT;
	if (indent && !can_continue) {
		FAIL(l, "'%s' is indented: continuation lines are not supported", line + indent);
		return LINE_BAD;
	}
	if (*line == '[')
		return LINE_SECTION;
	if (!check_inline_comment(l, line, line + strlen(line)))
		return LINE_BAD;
	if (indent)
		return LINE_MORE;
	if (line[strcspn(line, "=:")])
		return LINE_KEY;
	FAIL(l, "'%s' is not 'key = value'", line);
	return LINE_BAD;
}

/* inih ignores what follows ']'. */
const char *settings_line_section(struct settings_lines *l, const char *line, size_t *ret_length)
{
	const char *name = line + 1;
	size_t length = strcspn(name, "]");

	if (!name[length] || !is_comment(name + length + 1))
		return FAIL(l, "'%s' is not a section: [name] is expected", line);
	if (!check_inline_comment(l, line, name + length))
		return NULL;
	*ret_length = length;
	return name;
}

size_t settings_line_value(const char *line)
{
	size_t begin = strcspn(line, "=:") + 1;

	return begin + strspn(line + begin, BLANKS);
}

char *settings_line_give(struct settings_lines *l, char *ret, int size, const char *line)
{
	if (strlen(line) > LINE_LENGTH_MAX)
		return FAIL(l, "the line is longer than %d characters", LINE_LENGTH_MAX);
	if (snprintf(ret, size, "%s", line) >= size)
		return FAIL(l, "the line is too long");
	return ret;
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
