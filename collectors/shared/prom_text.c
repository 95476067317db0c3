/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "prom_text.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log_text_number.h"
#include "log_text_plain.h"
#include "log_text_utf8.h"

#define UTF8_MAX	  4
#define TEXT_CAPACITY_MIN 4096
#define BUFFER_MAX	  (64 << 10) /* of text that goes to a file */

struct prom_labels {
	const char *text;
	size_t length;
};

void prom_text_free(struct prom_text *t)
{
	free(t->data);
	*t = (struct prom_text){ 0 };
}

int prom_text_flush(struct prom_text *t)
{
	size_t done = 0;

	while (!t->error && done < t->length) {
		ssize_t n = write(*t->fd, t->data + done, t->length - done);

		if (n > 0)
			done += n;
		else if (n == 0)
			t->error = -EIO;
		else if (errno != EINTR)
			t->error = -errno;
	}
	t->length = 0;
	return t->error;
}

static int make_room(struct prom_text *t, size_t n)
{
	size_t capacity = t->capacity ? t->capacity : TEXT_CAPACITY_MIN;
	char *data;

	if (t->fd && t->length && t->length + n >= BUFFER_MAX)
		prom_text_flush(t);
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

/* Makes room for n more bytes and the NUL. */
static inline int text_reserve(struct prom_text *t, size_t n)
{
	if (!t->fd && !t->error && t->length + n < t->capacity)
		return 0;
	return make_room(t, n);
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
	size_t length = plain_words(value, value + strlen(value), ' '), n;

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
static const char *double_text(char text[PROM_DOUBLE_MAX], double value)
{
	if (isnan(value))
		return "NaN";
	if (isinf(value))
		return value > 0 ? "+Inf" : "-Inf";
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(text, PROM_DOUBLE_MAX, "%.*g", precision, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return text;
}

/* Not by printf: a file may have 100,000 lines, each mostly labels. Returns where the value goes,
 * or NULL. */
static char *begin_sample(struct prom_text *t, const char *name, const char *suffix,
			  struct prom_labels labels, const char *bound)
{
	size_t name_length = strlen(name), suffix_length = strlen(suffix);
	size_t bound_length = strlen(bound);
	char *to;

	if (text_reserve(t, name_length + suffix_length + labels.length + bound_length +
				    sizeof("{,le=\"\"} ") + DECIMAL_MAX))
		return NULL;
	to = mempcpy(t->data + t->length, name, name_length);
	to = mempcpy(to, suffix, suffix_length);
	if (labels.length || bound_length)
		*to++ = '{';
	to = mempcpy(to, labels.text, labels.length);
	if (bound_length) {
		to = stpcpy(to, labels.length ? ",le=\"" : "le=\"");
		to = mempcpy(to, bound, bound_length);
		*to++ = '"';
	}
	if (labels.length || bound_length)
		*to++ = '}';
	*to++ = ' ';
	return to;
}

static void sample(struct prom_text *t, const char *name, const char *suffix,
		   struct prom_labels labels, const char *bound, unsigned long long value)
{
	char *to = begin_sample(t, name, suffix, labels, bound);

	if (!to)
		return;
	to = put_decimal(to, value);
	*to++ = '\n';
	*to = '\0';
	t->length = to - t->data;
}

static struct prom_labels labels_of(const char *text)
{
	return (struct prom_labels){ text ? text : "", text ? strlen(text) : 0 };
}

void prom_sample(struct prom_text *t, const char *name, const char *labels,
		 unsigned long long value)
{
	sample(t, name, "", labels_of(labels), "", value);
}

void prom_sample_double(struct prom_text *t, const char *name, const char *labels, double value)
{
	char *to = begin_sample(t, name, "", labels_of(labels), "");
	char text[PROM_DOUBLE_MAX];

	if (!to)
		return;
	t->length = to - t->data;
	prom_printf(t, "%s\n", double_text(text, value));
}

void prom_bounds_make(struct prom_bounds *ret, const double *bounds, unsigned int n)
{
	ret->count = n < PROM_BOUNDS_MAX ? n : PROM_BOUNDS_MAX;
	for (unsigned int i = 0; i < ret->count; i++) {
		const char *text = double_text(ret->text[i], bounds[i]);

		if (text != ret->text[i])
			strcpy(ret->text[i], text);
	}
}

void prom_histogram(struct prom_text *t, const char *name, const char *labels,
		    const struct prom_bounds *bounds, const unsigned long long *counts,
		    unsigned long long sum)
{
	const struct prom_labels own = labels_of(labels);
	unsigned long long total = 0;

	for (unsigned int i = 0; i <= bounds->count; i++) {
		total += counts[i];
		sample(t, name, "_bucket", own, i < bounds->count ? bounds->text[i] : "+Inf",
		       total);
	}
	sample(t, name, "_sum", own, "", sum);
	sample(t, name, "_count", own, "", total);
}
