/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libFuzzer: however a stream is cut, tls_hello.c must find the same server name in it, the one
 * that a parser of the whole message finds. clang -g -O1 -fsanitize=fuzzer,address,undefined
 * -Itests/unit tests/fuzz/fuzz_tls_hello.c The first four input bytes choose the cuts, the fifth
 * what the rest is: enum input.
 */
#include "../../collectors/shared/tls_hello.c"

#include <stdint.h>
#include <stdlib.h>

#include "chance.h"

#define RECORDS_MAX (1 << 16)
#define HELLO_MAX   2048

enum input {
	INPUT_MESSAGE, /* put into records, so that the fuzzer need not find their lengths */
	INPUT_RECORDS,
	INPUT_CHOICES, /* of a message whose lengths agree, but for a few */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed(struct tls_hello *h, const uint8_t *data, size_t size, uint32_t longest,
		 uint32_t seed)
{
	struct chance c = chance_of_seed(seed);

	while (size) {
		size_t piece = 1 + chance(&c, longest);
		uint8_t *copy;

		if (piece > size)
			piece = size;
		copy = malloc(piece); /* the sanitizer sees a byte too many read */
		memcpy(copy, data, piece);
		tls_hello_append(h, copy, piece);
		free(copy);
		data += piece;
		size -= piece;
	}
}

/* Returns the length. */
static size_t put_in_records(uint8_t *ret, const uint8_t *data, size_t size, struct chance *c)
{
	uint32_t longest = 1 + chance(c, 2000);
	uint8_t *p = ret;

	while (size && p - ret + 5 + longest < RECORDS_MAX) {
		size_t n = 1 + chance(c, longest);

		if (n > size)
			n = size;
		*p++ = RECORD_HANDSHAKE;
		*p++ = RECORD_MAJOR;
		*p++ = 1;
		*p++ = n >> 8;
		*p++ = n;
		memcpy(p, data, n);
		p += n;
		data += n;
		size -= n;
	}
	return p - ret;
}

/* What is left of a vector whose length has so many bytes; NULL: it is not whole. */
static const uint8_t *vector(const uint8_t **p, const uint8_t *end, int bytes, size_t *length)
{
	const uint8_t *start;

	if (end - *p < bytes)
		return NULL;
	for (*length = 0; bytes--;)
		*length = *length << 8 | *(*p)++;
	if ((size_t)(end - *p) < *length)
		return NULL;
	start = *p;
	*p += *length;
	return start;
}

/* The name in a message that is there as a whole, read as RFC 8446 4.1.2 has it; NULL: none. */
static const uint8_t *name_of(const uint8_t *p, const uint8_t *end, size_t *ret)
{
	size_t n, list, left;
	const uint8_t *v;

	if (end - p < 4 || p[0] != 1)
		return NULL;
	p++;
	v = vector(&p, end, 3, &n);
	if (!v || n > 65536 || n < 34)
		return NULL;
	end = v + n;
	p = v + 34;
	if (!vector(&p, end, 1, &n) || n > 32 || !vector(&p, end, 2, &n) || !n || n % 2 ||
	    !vector(&p, end, 1, &n) || !n)
		return NULL;
	v = vector(&p, end, 2, &n);
	if (!v || p != end)
		return NULL;
	for (p = v; end - p >= 4;) {
		unsigned int type = p[0] << 8 | p[1];

		p += 2;
		v = vector(&p, end, 2, &n);
		if (!v)
			return NULL;
		if (type)
			continue;
		end = v + n;
		v = vector(&v, end, 2, &list);
		if (!v)
			return NULL;
		left = end - v;
		if (list != left || left < 4 || v[0] != 0)
			return NULL;
		*ret = v[1] << 8 | v[2];
		return *ret == left - 3 && *ret <= 255 && !memchr(v + 3, 0, *ret) ? v + 3 : NULL;
	}
	return NULL;
}

static void put_length(uint8_t *at, const uint8_t *end, int bytes, struct chance *c)
{
	size_t length = end - at - bytes;

	if (one_in(c, 30))
		length += chance(c, 5) - 2;
	while (bytes--)
		*at++ = length >> 8 * bytes;
}

static uint8_t *put_vector(uint8_t *p, int bytes, size_t length, struct chance *c)
{
	uint8_t *end = p + bytes + length;

	memset(p + bytes, one_in(c, 30) ? 0 : 'N', length);
	put_length(p, end, bytes, c);
	return end;
}

/* Of a type that says nothing. */
static uint8_t *put_extension(uint8_t *p, struct chance *c)
{
	*p++ = chance(c, 2);
	*p++ = 16;
	return put_vector(p, 2, chance(c, 100), c);
}

static uint8_t *put_server_name(uint8_t *p, struct chance *c)
{
	uint8_t *extension, *list;

	*p++ = 0;
	*p++ = 0;
	extension = p;
	list = p + 2;
	p = list + 2;
	*p++ = one_in(c, 30);
	p = put_vector(p, 2, chance(c, 258), c);
	put_length(list, p, 2, c);
	put_length(extension, p, 2, c);
	return p;
}

/* Returns the length. */
static size_t make_hello(uint8_t *ret, struct chance *c)
{
	uint8_t *p = ret, *message, *extensions;

	memset(ret, 0, HELLO_MAX);
	*p++ = one_in(c, 30) ? 2 : 1;
	message = p;
	p += 3 + 34;
	p = put_vector(p, 1, chance(c, 35), c);
	p = put_vector(p, 2, one_in(c, 30) ? 3 : 2 * chance(c, 20), c);
	p = put_vector(p, 1, chance(c, 3), c);
	extensions = p;
	p += 2;
	for (uint32_t n = chance(c, 4); n--;)
		p = put_extension(p, c);
	if (!one_in(c, 10))
		p = put_server_name(p, c);
	for (uint32_t n = chance(c, 4); n--;)
		p = put_extension(p, c);
	put_length(extensions, p, 2, c);
	put_length(message, p, 3, c);
	return p - ret + 4; /* with what comes after the message */
}

static void check_message(const struct tls_hello *h, const uint8_t *data, size_t size)
{
	const uint8_t *name;
	size_t length;

	if (size < 4 || size < 4 + (size_t)(data[1] << 16 | data[2] << 8 | data[3]))
		return;
	name = name_of(data, data + size, &length);
	if ((h->result == TLS_HELLO_NAME) != !!name || h->result == TLS_HELLO_MORE)
		abort();
	if (name && (h->name_length != length || strncasecmp(h->name, (const char *)name, length)))
		abort();
}

static void check_same(const struct tls_hello *a, const struct tls_hello *b)
{
	if (a->result != b->result)
		abort();
	if (a->result == TLS_HELLO_NAME && strcmp(a->name, b->name))
		abort();
	if (a->result == TLS_HELLO_NAME && strlen(a->name) != a->name_length)
		abort();
}

/* Every way of cutting says the same. */
static struct tls_hello feed_all(const uint8_t *stream, size_t length, uint32_t seed)
{
	struct tls_hello whole = { 0 };

	tls_hello_append(&whole, stream, length);
	for (uint32_t longest = 1; longest < 5000; longest *= 9) {
		struct tls_hello cut = { 0 };

		feed(&cut, stream, length, longest, seed);
		check_same(&whole, &cut);
	}
	return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t records[RECORDS_MAX], hello[HELLO_MAX];
	struct tls_hello whole;
	struct chance cuts, choices;
	uint32_t seed;
	uint8_t input;

	if (size < 5)
		return 0;
	memcpy(&seed, data, sizeof(seed));
	cuts = chance_of_seed(seed);
	input = data[4];
	data += 5;
	size -= 5;
	if (input == INPUT_RECORDS) {
		feed_all(data, size, seed);
		return 0;
	}
	if (input == INPUT_CHOICES) {
		choices = (struct chance){ .bytes = data, .left = size };
		size = make_hello(hello, &choices);
		data = hello;
	}
	whole = feed_all(records, put_in_records(records, data, size, &cuts), seed);
	check_message(&whole, data, size);
	return 0;
}
