/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "settings_file.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_LENGTH_MAX 199 /* inih splits longer lines */

struct parser {
	const struct collector *collector;
	const char *path;
	FILE *file;
	char *line; /* getline()'s */
	size_t line_capacity;
	unsigned int line_number;
	bool failed;
	unsigned long long seen; /* bit per entry of settings_keys */
	struct settings *own;
	struct settings foreign; /* other collectors' sections: checked, not used */
};

/* Only the first error is printed. Returns NULL, for line readers. */
__attribute__((format(printf, 2, 3))) static char *fail(struct parser *p, const char *format, ...)
{
	va_list args;

	if (p->failed)
		return NULL;
	p->failed = true;
	fprintf(stderr, "%s: %s:%u: ", p->collector->name, p->path, p->line_number);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return NULL;
}

/* Reads the next line into p->line, without its end. Returns it, or NULL: end or error. */
static char *next_line(struct parser *p)
{
	ssize_t n;

	if (p->failed)
		return NULL;
	errno = 0;
	n = getline(&p->line, &p->line_capacity, p->file);
	p->line_number++;
	if (n < 0)
		return errno ? fail(p, "cannot read: %s", strerror(errno)) : NULL;
	if (strlen(p->line) != (size_t)n)
		return fail(p, "the line contains a NUL byte");
	p->line[strcspn(p->line, "\r\n")] = '\0';
	if (strlen(p->line) > LINE_LENGTH_MAX)
		return fail(p, "the line is longer than %d characters", LINE_LENGTH_MAX);
	return p->line;
}

static bool is_blank_or_comment(const char *line)
{
	line += strspn(line, " \t\v\f");
	return !*line || *line == '#' || *line == ';';
}

/* inih tells its handler nothing of a section without keys, and ignores what follows ']'. */
static bool check_section(struct parser *p, const char *line)
{
	size_t length = strcspn(line + 1, "]");
	const char *end = line + 1 + length;

	if (!*end || !is_blank_or_comment(end + 1)) {
		fail(p, "'%s' is not a section: [name] is expected", line);
		return false;
	}
	for (unsigned int i = 0; i < settings_keys_count; i++)
		if (strlen(settings_keys[i].section) == length &&
		    !memcmp(settings_keys[i].section, line + 1, length))
			return true;
	fail(p, "unknown section [%.*s]", (int)length, line + 1);
	return false;
}

/* ini_reader: refuses what inih would read otherwise than its author meant. */
static char *read_line(char *ret, int size, void *stream)
{
	struct parser *p = stream;
	const char *line = next_line(p);

	if (!line)
		return NULL;
	if (p->line_number == 1 && !strncmp(line, "\xef\xbb\xbf", 3))
		line += 3;
	if (!is_blank_or_comment(line)) {
		if (*line == ' ' || *line == '\t')
			return fail(p, "'%s' is indented: continuation lines are not supported",
				    line + strspn(line, " \t"));
		if (*line == '[' && !check_section(p, line))
			return NULL;
		if (*line != '[' && !strpbrk(line, "=:"))
			return fail(p, "'%s' is not 'key = value'", line);
	}
	if (snprintf(ret, size, "%s", line) >= size)
		return fail(p, "the line is too long");
	return ret;
}

static int set_key(void *user, const char *section, const char *name, const char *value)
{
	struct parser *p = user;
	bool own = !strcmp(section, "meshtap") || !strcmp(section, p->collector->section);

	if (p->failed)
		return 0;
	if (!*section)
		return fail(p, "key '%s' stands before the first section", name) != NULL;
	for (unsigned int i = 0; i < settings_keys_count; i++) {
		if (strcmp(settings_keys[i].section, section) ||
		    strcmp(settings_keys[i].name, name))
			continue;
		if (p->seen & 1ULL << i)
			return fail(p, "key '%s' is repeated in [%s]", name, section) != NULL;
		p->seen |= 1ULL << i;
		if (!settings_keys[i].set(own ? p->own : &p->foreign, &settings_keys[i], value))
			return 1;
		return fail(p, "%s = '%s': expected %s", name, value, settings_keys[i].expected) !=
		       NULL;
	}
	return fail(p, "unknown key '%s' in [%s]", name, section) != NULL;
}

/* Returns 0 with *ret NULL when the file is absent and may be. */
static int open_file(FILE **ret, const struct collector *collector, const char *path, bool required)
{
	int err;

	*ret = fopen(path, "re");
	if (*ret || (errno == ENOENT && !required))
		return 0;
	err = -errno;
	fprintf(stderr, "%s: cannot open %s: %s\n", collector->name, path, strerror(-err));
	return err;
}

int settings_file_read(struct settings *ret, const struct collector *collector, const char *path,
		       bool required)
{
	struct parser p = { .collector = collector, .path = path, .own = ret };
	int bad_line;

	if (open_file(&p.file, collector, path, required))
		return EXIT_USAGE;
	if (!p.file)
		return -1;
	bad_line = ini_parse_stream(read_line, &p, set_key, &p);
	if (bad_line && !p.failed) {
		p.line_number = bad_line > 0 ? bad_line : 0;
		fail(&p, "not 'key = value'");
	}
	free(p.line);
	fclose(p.file);
	return p.failed ? EXIT_USAGE : -1;
}

int workloads_file_check(const struct collector *collector, const char *path, bool required)
{
	struct parser p = { .collector = collector, .path = path };
	const char *line;

	if (open_file(&p.file, collector, path, required))
		return EXIT_USAGE;
	if (!p.file)
		return -1;
	while ((line = next_line(&p)))
		if (!is_blank_or_comment(line))
			fail(&p, "'%s': this version defines no section here, only comments", line);
	free(p.line);
	fclose(p.file);
	return p.failed ? EXIT_USAGE : -1;
}
