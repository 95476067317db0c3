/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "prom_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static void text_append(struct prom_text *t, const char *s, size_t n)
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

/* Length of the UTF-8 sequence at s (RFC 3629), 0 when there is none. s is NUL-terminated. */
static size_t utf8_length(const unsigned char *s)
{
	unsigned char low = 0x80, high = 0xbf; /* the second byte's range */
	size_t n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0; /* shorter forms exist */
	else if (s[0] == 0xed)
		high = 0x9f; /* surrogates */
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f; /* beyond U+10FFFF */
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

void prom_escape(struct prom_text *t, const char *value)
{
	while (*value) {
		size_t plain = strcspn(value, "\\\n\"");
		const char *end = value + plain;

		while (value < end) {
			size_t n = utf8_length((const unsigned char *)value);

			if (n)
				text_append(t, value, n);
			else
				text_append(t, "\xef\xbf\xbd", 3);
			value += n ? n : 1;
		}
		if (*value) {
			text_append(t, *value == '\n' ? "\\n" : *value == '"' ? "\\\"" : "\\\\", 2);
			value++;
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

static void sample_name(struct prom_text *t, const char *name, const char *labels)
{
	if (labels && *labels)
		prom_printf(t, "%s{%s} ", name, labels);
	else
		prom_printf(t, "%s ", name);
}

void prom_sample(struct prom_text *t, const char *name, const char *labels,
		 unsigned long long value)
{
	sample_name(t, name, labels);
	prom_printf(t, "%llu\n", value);
}

void prom_sample_double(struct prom_text *t, const char *name, const char *labels, double value)
{
	char text[DOUBLE_TEXT_MAX];

	sample_name(t, name, labels);
	prom_printf(t, "%s\n", double_text(text, value));
}

void prom_histogram(struct prom_text *t, const char *name, const char *labels, const double *bounds,
		    const unsigned long long *counts, unsigned int n, unsigned long long sum)
{
	const char *own = labels ? labels : "";
	const char *comma = *own ? "," : "";
	const char *open = *own ? "{" : "", *close = *own ? "}" : "";
	unsigned long long total = 0;
	char text[DOUBLE_TEXT_MAX];

	for (unsigned int i = 0; i <= n; i++) {
		total += counts[i];
		prom_printf(t, "%s_bucket{%s%sle=\"%s\"} %llu\n", name, own, comma,
			    i < n ? double_text(text, bounds[i]) : "+Inf", total);
	}
	prom_printf(t, "%s_sum%s%s%s %llu\n", name, open, own, close, sum);
	prom_printf(t, "%s_count%s%s%s %llu\n", name, open, own, close, total);
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
