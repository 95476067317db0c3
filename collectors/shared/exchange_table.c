// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "exchange_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS	   4096u /* a power of two */
#define TEXT_FIRST 512u	 /* most heads fit */

struct text {
	char *data; /* owned */
	unsigned int length, capacity;
};

struct exchange_entry {
	struct exchange_entry *next_in_bucket;
	struct exchange_entry *older, *newer;
	__u64 connection;
	__u32 ordinal;
	struct text text[HEAD_SIDES];
};

int exchange_table_init(struct exchange_table *ret, unsigned int max_entries, size_t max_bytes)
{
	*ret = (struct exchange_table){ .max_entries = max_entries, .max_bytes = max_bytes };
	ret->buckets = calloc(BUCKETS, sizeof(*ret->buckets));
	return ret->buckets ? 0 : -ENOMEM;
}

static struct exchange_entry **bucket_of(const struct exchange_table *t, __u64 connection,
					 __u32 ordinal)
{
	__u64 hash = (connection + ordinal) * 0x9e3779b97f4a7c15ull;

	return &t->buckets[hash >> 32 & (BUCKETS - 1)];
}

static struct exchange_entry *find(const struct exchange_table *t, __u64 connection, __u32 ordinal)
{
	struct exchange_entry *e = *bucket_of(t, connection, ordinal);

	while (e && (e->connection != connection || e->ordinal != ordinal))
		e = e->next_in_bucket;
	return e;
}

static void remove_entry(struct exchange_table *t, struct exchange_entry *e)
{
	struct exchange_entry **p = bucket_of(t, e->connection, e->ordinal);

	while (*p != e)
		p = &(*p)->next_in_bucket;
	*p = e->next_in_bucket;
	*(e->older ? &e->older->newer : &t->oldest) = e->newer;
	*(e->newer ? &e->newer->older : &t->newest) = e->older;
	t->entries--;
	t->bytes -= sizeof(*e);
	for (int i = 0; i < HEAD_SIDES; i++) {
		t->bytes -= e->text[i].capacity;
		free(e->text[i].data);
	}
	free(e);
}

/* Makes room for size bytes more, at the cost of others than keep. */
static bool make_room(struct exchange_table *t, size_t size, const struct exchange_entry *keep)
{
	while (t->bytes + size > t->max_bytes) {
		struct exchange_entry *e = t->oldest;

		if (e && e == keep)
			e = e->newer;
		if (!e)
			return false;
		remove_entry(t, e);
		t->dropped++;
	}
	return true;
}

static struct exchange_entry *insert(struct exchange_table *t, __u64 connection, __u32 ordinal)
{
	struct exchange_entry **bucket = bucket_of(t, connection, ordinal);
	struct exchange_entry *e;

	if (t->entries == t->max_entries && t->oldest) {
		remove_entry(t, t->oldest);
		t->dropped++;
	}
	if (!make_room(t, sizeof(*e), NULL))
		return NULL;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->connection = connection;
	e->ordinal = ordinal;
	e->next_in_bucket = *bucket;
	*bucket = e;
	e->older = t->newest;
	*(t->newest ? &t->newest->newer : &t->oldest) = e;
	t->newest = e;
	t->entries++;
	t->bytes += sizeof(*e);
	return e;
}

/* Makes text as large as need, or leaves it: then what follows is cut. */
static void grow(struct exchange_table *t, struct exchange_entry *e, struct text *text, size_t need)
{
	size_t capacity = text->capacity ? text->capacity : TEXT_FIRST;
	char *data;

	while (capacity < need)
		capacity *= 2;
	if (capacity == text->capacity || !make_room(t, capacity - text->capacity, e))
		return;
	data = realloc(text->data, capacity);
	if (!data)
		return;
	t->bytes += capacity - text->capacity;
	text->data = data;
	text->capacity = capacity;
}

void exchange_table_append(struct exchange_table *t, __u64 connection, __u32 ordinal,
			   enum head_side side, bool first, struct head_text piece)
{
	struct exchange_entry *e = find(t, connection, ordinal);
	struct text *text;

	if (!e && first)
		e = insert(t, connection, ordinal);
	if (!e)
		return;
	text = &e->text[side];
	if (first)
		text->length = 0;
	else if (!text->data)
		return;
	if (piece.length > HEAD_TEXT_MAX - text->length)
		piece.length = HEAD_TEXT_MAX - text->length;
	if (!piece.length)
		return;
	grow(t, e, text, text->length + piece.length);
	if (piece.length > text->capacity - text->length)
		piece.length = text->capacity - text->length;
	if (!piece.length)
		return;
	memcpy(text->data + text->length, piece.data, piece.length);
	text->length += piece.length;
}

struct exchange_heads exchange_table_get(const struct exchange_table *t, __u64 connection,
					 __u32 ordinal)
{
	const struct exchange_entry *e = find(t, connection, ordinal);
	struct exchange_heads heads = {};

	for (int i = 0; e && i < HEAD_SIDES; i++)
		heads.side[i] = (struct head_text){ e->text[i].data, e->text[i].length };
	return heads;
}

void exchange_table_remove(struct exchange_table *t, __u64 connection, __u32 ordinal)
{
	struct exchange_entry *e = find(t, connection, ordinal);

	if (e)
		remove_entry(t, e);
}

void exchange_table_free(struct exchange_table *t)
{
	while (t->oldest)
		remove_entry(t, t->oldest);
	free(t->buckets);
	*t = (struct exchange_table){};
}
