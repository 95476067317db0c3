/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "prom_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log_text_utf8.h"

#define UTF8_MAX	  4
#define TEXT_CAPACITY_MIN 4096
#define DOUBLE_TEXT_MAX	  32

void prom_text_free(struct prom_text *t)
{
	free(t->data);
	*t = (struct prom_text){ 0 };
}

/* Makes room for n more bytes and the NUL. */
static int text_reserve(struct prom_text *t, size_t n)
{
	size_t capacity = t->capacity ? t->capacity : TEXT_CAPACITY_MIN;
	char *data;

	if (t->error)
		return t->error;
	if (t->length + n < t->capacity)
		return 0;
	while (capacity <= t->length + n) {
		if (capacity > SIZE_MAX / 2)
			return t->error = -ENOMEM;
		capacity *= 2;
	}
	data = realloc(t->data, capacity);
	if (!data)
		return t->error = -ENOMEM;
	t->data = data;
	t->capacity = capacity;
	return 0;
}

void prom_append(struct prom_text *t, const char *s, size_t n)
{
	if (text_reserve(t, n))
		return;
	memcpy(t->data + t->length, s, n);
	t->length += n;
	t->data[t->length] = '\0';
}

void prom_printf(struct prom_text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0) {
		if (!t->error)
			t->error = -EINVAL;
		return;
	}
	if (text_reserve(t, n))
		return;
	va_start(args, format);
	vsnprintf(t->data + t->length, (size_t)n + 1, format, args);
	va_end(args);
	t->length += n;
}

void prom_family(struct prom_text *t, const char *name, const char *type, const char *help)
{
	prom_printf(t, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Signed, so that bytes from 0x80 on are less: char alone is unsigned on arm64. */
static bool is_plain_ascii(signed char c)
{
	return c > '\n' && c != '\\' && c != '"'; /* what is before \n is plain too, but rare */
}

/* Bytes at the beginning of value that need no escape. */
static size_t plain_length(const char *value)
{
	size_t length = 0, n;

	for (;;) {
		while (is_plain_ascii(value[length]))
			length++;
		if (!value[length] || strchr("\\\n\"", value[length]))
			return length;
		n = utf8_length(value + length, UTF8_MAX); /* it stops at the NUL */
		if (!n)
			return length;
		length += n;
	}
}

void prom_escape(struct prom_text *t, const char *value)
{
	for (;;) {
		size_t plain = plain_length(value);

		prom_append(t, value, plain);
		value += plain;
		switch (*value++) {
		case '\0':
			return;
		case '\n':
			prom_append(t, "\\n", 2);
			break;
		case '"':
			prom_append(t, "\\\"", 2);
			break;
		case '\\':
			prom_append(t, "\\\\", 2);
			break;
		default:
			prom_append(t, "\xef\xbf\xbd", 3);
		}
	}
}

/* The shortest decimal that reads back as the same number. */
static const char *double_text(char text[DOUBLE_TEXT_MAX], double value)
{
	if (isnan(value))
		return "NaN";
	if (isinf(value))
		return value > 0 ? "+Inf" : "-Inf";
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(text, DOUBLE_TEXT_MAX, "%.*g", precision, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return text;
}

static void append_string(struct prom_text *t, const char *s)
{
	prom_append(t, s, strlen(s));
}

/* Not by printf: a file may have 100,000 lines, each mostly labels. */
static void sample_name(struct prom_text *t, const char *name, const char *suffix,
			const char *labels)
{
	append_string(t, name);
	append_string(t, suffix);
	if (labels && *labels) {
		prom_append(t, "{", 1);
		append_string(t, labels);
		prom_append(t, "}", 1);
	}
	prom_append(t, " ", 1);
}

static void sample_value(struct prom_text *t, unsigned long long value)
{
	char digits[24], *at = digits + sizeof(digits);

	*--at = '\n';
	do
		*--at = '0' + value % 10;
	while (value /= 10);
	prom_append(t, at, digits + sizeof(digits) - at);
}

void prom_sample(struct prom_text *t, const char *name, const char *labels,
		 unsigned long long value)
{
	sample_name(t, name, "", labels);
	sample_value(t, value);
}

void prom_sample_double(struct prom_text *t, const char *name, const char *labels, double value)
{
	char text[DOUBLE_TEXT_MAX];

	sample_name(t, name, "", labels);
	prom_printf(t, "%s\n", double_text(text, value));
}

void prom_histogram(struct prom_text *t, const char *name, const char *labels, const double *bounds,
		    const unsigned long long *counts, unsigned int n, unsigned long long sum)
{
	const char *own = labels ? labels : "";
	unsigned long long total = 0;
	char text[DOUBLE_TEXT_MAX];

	for (unsigned int i = 0; i <= n; i++) {
		total += counts[i];
		append_string(t, name);
		append_string(t, "_bucket{");
		append_string(t, own);
		append_string(t, *own ? ",le=\"" : "le=\"");
		append_string(t, i < n ? double_text(text, bounds[i]) : "+Inf");
		append_string(t, "\"} ");
		sample_value(t, total);
	}
	sample_name(t, name, "_sum", own);
	sample_value(t, sum);
	sample_name(t, name, "_count", own);
	sample_value(t, total);
}

int prom_write_fd(const struct prom_text *t, int fd)
{
	size_t done = 0;

	if (t->error)
		return t->error;
	while (done < t->length) {
		ssize_t n = write(fd, t->data + done, t->length - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -EIO;
		if (n > 0)
			done += n;
	}
	return 0;
}

/* Closes fd in any case. */
static int write_durably(const struct prom_text *t, int fd)
{
	int err = prom_write_fd(t, fd);

	if (!err && (fchmod(fd, 0644) || fsync(fd)))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

int prom_write(const struct prom_text *t, const char *dir, const char *name)
{
	char path[PATH_MAX], temporary[PATH_MAX];
	int fd, err, n;

	if (t->error)
		return t->error;
	/* node_exporter rejects a file whose last line is not ended */
	if (t->length && t->data[t->length - 1] != '\n')
		return -EINVAL;
	n = snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	n = snprintf(temporary, sizeof(temporary), "%s/.%s.XXXXXX", dir, name);
	if (n < 0 || (size_t)n >= sizeof(temporary))
		return -ENAMETOOLONG;
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write_durably(t, fd);
	if (!err && rename(temporary, path))
		err = -errno;
	if (err)
		unlink(temporary);
	return err;
}
