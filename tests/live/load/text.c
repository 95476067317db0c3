// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEP 16384 /* bytes that an empty text may hold */

static void reserve(struct text *t, size_t more)
{
	size_t capacity = t->capacity ? t->capacity : 512;

	while (capacity < t->length + more)
		capacity *= 2;
	if (capacity == t->capacity)
		return;
	t->data = realloc(t->data, capacity);
	if (!t->data)
		abort();
	t->capacity = capacity;
}

void text_append(struct text *t, const char *data, size_t length)
{
	if (!length)
		return;
	reserve(t, length);
	memcpy(t->data + t->length, data, length);
	t->length += length;
}

void text_format(struct text *t, const char *format, ...)
{
	char buffer[1024];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(buffer, sizeof(buffer), format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(buffer))
		abort();
	text_append(t, buffer, n);
}

void text_repeat(struct text *t, char c, size_t n)
{
	reserve(t, n);
	memset(t->data + t->length, c, n);
	t->length += n;
}

void text_clear(struct text *t)
{
	t->length = 0;
	if (t->capacity <= KEEP)
		return;
	free(t->data);
	*t = (struct text){ 0 };
}

/* splitmix64 */
static uint64_t random_next(struct random *r)
{
	uint64_t x = r->state += 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

uint64_t random_below(struct random *r, uint64_t n)
{
	return random_next(r) % n;
}

bool random_chance(struct random *r, unsigned int in_10000)
{
	return random_below(r, 10000) < in_10000;
}

uint64_t random_log(struct random *r, uint64_t low, uint64_t high)
{
	unsigned int doublings = 0;
	uint64_t value;

	while (low << (doublings + 1) <= high)
		doublings++;
	value = low << random_below(r, doublings + 1);
	value += random_below(r, value);
	return value < high ? value : high;
}

static const char pattern[] =
	"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
	"GET /from-a-body HTTP/1.1\r\nHost: body\r\nX-Request-Id: from-a-body\r\n\r\n"
	"HTTP/1.1 204 No Content\r\n\r\n0\r\n\r\n5\r\nhello\r\n0\r\n\r\n\r\n\n\n\r\r"
	"POST /from-a-body HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n";

const char *body_at(uint64_t offset)
{
	enum { LENGTH = sizeof(pattern) - 1 };
	static char bytes[BODY_PIECE + LENGTH];

	if (!bytes[0]) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = pattern[i % LENGTH];
	}
	return bytes + offset % LENGTH;
}
