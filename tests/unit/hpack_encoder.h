/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An HPACK encoder (RFC 7541) of our own, which chooses among all that is allowed: every index that
 * fits, entries that are larger than the table, sizes that other encoders do not use. It knows what
 * a decoder can know that lost everything up to some block.
 */
#ifndef MESHTAP_HPACK_ENCODER_H
#define MESHTAP_HPACK_ENCODER_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"

#define FIELD_NAME_MAX	16
#define FIELD_VALUE_MAX 5200
#define ENTRIES_MAX	2048 /* of 32 bytes and a name in 64 KiB */
#define ENCODED_MAX	(1 << 17)

struct test_field {
	char name[FIELD_NAME_MAX + 1];
	size_t length;
	uint8_t value[FIELD_VALUE_MAX];
};

struct encoder_entry {
	struct test_field *field;
	bool name_known, known; /* to a decoder since encoder_forget() */
};

struct encoder {
	struct encoder_entry entry[ENTRIES_MAX]; /* the newest first */
	unsigned int count;
	size_t bytes, size;
	uint8_t out[ENCODED_MAX];
	size_t length;
};

static inline size_t entry_bytes(const struct test_field *f)
{
	return 32 + strlen(f->name) + f->length;
}

static inline void encoder_shrink(struct encoder *e, size_t size)
{
	while (e->bytes > size) {
		struct test_field *f = e->entry[--e->count].field;

		e->bytes -= entry_bytes(f);
		free(f);
	}
}

static inline void encoder_free(struct encoder *e)
{
	encoder_shrink(e, 0);
}

static inline void encoder_forget(struct encoder *e)
{
	for (unsigned int i = 0; i < e->count; i++)
		e->entry[i].known = e->entry[i].name_known = false;
}

static inline void put_integer(struct encoder *e, int flags, int bits, size_t n)
{
	size_t most = (1u << bits) - 1;

	if (n < most) {
		e->out[e->length++] = flags | n;
		return;
	}
	e->out[e->length++] = flags | most;
	for (n -= most; n > 127; n >>= 7)
		e->out[e->length++] = 0x80 | (n & 127);
	e->out[e->length++] = n;
}

static inline void put_bytes(struct encoder *e, const void *bytes, size_t n)
{
	put_integer(e, 0, 7, n);
	memcpy(e->out + e->length, bytes, n);
	e->length += n;
}

static inline void encoder_resize(struct encoder *e, size_t size)
{
	e->size = size;
	encoder_shrink(e, size);
	put_integer(e, 0x20, 5, size);
}

static inline void encoder_insert(struct encoder *e, const struct test_field *f, bool name_known)
{
	size_t n = entry_bytes(f);
	struct test_field *copy;

	encoder_shrink(e, n > e->size ? 0 : e->size - n);
	if (n > e->size)
		return;
	copy = malloc(sizeof(*copy));
	*copy = *f;
	memmove(e->entry + 1, e->entry, e->count++ * sizeof(*e->entry));
	e->entry[0] = (struct encoder_entry){ copy, name_known, name_known };
	e->bytes += n;
}

/* One of the entries with that name, and that value if whole; -1: there is none. */
static inline int entry_like(const struct encoder *e, const struct test_field *f, bool whole,
			     struct chance *c)
{
	int found = -1, n = 0;

	for (unsigned int i = 0; i < e->count; i++) {
		const struct test_field *g = e->entry[i].field;

		if (strcmp(f->name, g->name))
			continue;
		if (whole && (f->length != g->length || memcmp(f->value, g->value, f->length)))
			continue;
		if (!chance(c, ++n))
			found = i;
	}
	return found;
}

/* Returns whether a decoder that lost everything up to encoder_forget() can know the field. */
static inline bool encoder_put(struct encoder *e, const struct test_field *f, struct chance *c)
{
	static const struct {
		int flags, bits;
	} literal[] = { { 0x40, 6 }, { 0, 4 }, { 0x10, 4 } };
	int mode = one_in(c, 3) ? 1 + chance(c, 2) : 0, i = entry_like(e, f, true, c);
	bool known;

	if (i >= 0 && !one_in(c, 5)) {
		put_integer(e, 0x80, 7, 62 + i);
		return e->entry[i].known;
	}
	i = one_in(c, 3) ? -1 : entry_like(e, f, false, c);
	known = i < 0 || e->entry[i].name_known;
	put_integer(e, literal[mode].flags, literal[mode].bits, i < 0 ? 0 : 62 + i);
	if (i < 0)
		put_bytes(e, f->name, strlen(f->name));
	put_bytes(e, f->value, f->length);
	if (!mode)
		encoder_insert(e, f, known);
	return known;
}

/* Few names and few values, so that entries are used again. */
static inline void random_field(struct test_field *ret, struct chance *c)
{
	static const char *const names[] = {
		":path", "a",	     "b",    "cookie", "x-id",
		"x-y",	 "x-longer", "host", "accept", "zzzzzzzzzzzzzz"
	};
	uint32_t which = chance(c, 4);

	strcpy(ret->name, names[chance(c, sizeof(names) / sizeof(*names))]);
	ret->length = one_in(c, 40) ? chance(c, FIELD_VALUE_MAX) : chance(c, which ? 4 : 100);
	memset(ret->value, which ? 'a' + which : chance(c, 256), ret->length);
}

#endif
