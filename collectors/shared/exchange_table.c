// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "exchange_table.h"

#include <errno.h>
#include <stdlib.h>

#define BUCKETS	     1024u /* a power of two */
#define MALLOC_BYTES 48	   /* malloc's own for an entry and its texts, about */

enum { REQUEST, RESPONSE, MESSAGES };

static int message_of(enum head_side side)
{
	return side == HEAD_REQUEST ? REQUEST : RESPONSE;
}

struct exchange_entry {
	struct exchange_entry *next_in_bucket;
	struct exchange_entry *older, *newer;
	__u64 connection;
	__u32 ordinal;
	unsigned int pieces[MESSAGES]; /* that came in order */
	struct http_head head[HEAD_SIDES];
};

int exchange_table_init(struct exchange_table *ret, size_t max_bytes,
			const struct head_names wanted[HEAD_SIDES])
{
	*ret = (struct exchange_table){ .max_bytes = max_bytes, .wanted = wanted };
	ret->buckets = calloc(BUCKETS, sizeof(*ret->buckets));
	return ret->buckets ? 0 : -ENOMEM;
}

static struct exchange_entry **bucket_of(const struct exchange_table *t, __u64 connection)
{
	return &t->buckets[connection * 0x9e3779b97f4a7c15ull >> 32 & (BUCKETS - 1)];
}

/* What points to the exchange's entry, or to NULL. */
static struct exchange_entry **place_of(const struct exchange_table *t, __u64 connection,
					__u32 ordinal)
{
	struct exchange_entry **place = bucket_of(t, connection);

	while (*place && ((*place)->connection != connection || (*place)->ordinal != ordinal))
		place = &(*place)->next_in_bucket;
	return place;
}

static void remove_at(struct exchange_table *t, struct exchange_entry **place)
{
	struct exchange_entry *e = *place;

	*place = e->next_in_bucket;
	*(e->older ? &e->older->newer : &t->oldest) = e->newer;
	*(e->newer ? &e->newer->older : &t->newest) = e->older;
	t->entries--;
	t->bytes -= sizeof(*e) + MALLOC_BYTES;
	for (int i = 0; i < HEAD_SIDES; i++) {
		t->bytes -= e->head[i].capacity;
		http_head_free(&e->head[i]);
	}
	free(e);
}

/* Keeps the table's size, at the cost of others than keep. */
static void evict(struct exchange_table *t, const struct exchange_entry *keep)
{
	while (t->bytes > t->max_bytes) {
		const struct exchange_entry *e = t->oldest == keep ? keep->newer : t->oldest;

		if (!e)
			return;
		remove_at(t, place_of(t, e->connection, e->ordinal));
	}
}

static struct exchange_entry *insert(struct exchange_table *t, __u64 connection, __u32 ordinal)
{
	struct exchange_entry **bucket = bucket_of(t, connection);
	struct exchange_entry *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->connection = connection;
	e->ordinal = ordinal;
	for (int i = 0; i < HEAD_SIDES; i++)
		http_head_begin(&e->head[i], i);
	e->next_in_bucket = *bucket;
	*bucket = e;
	e->older = t->newest;
	*(t->newest ? &t->newest->newer : &t->oldest) = e;
	t->newest = e;
	t->entries++;
	t->bytes += sizeof(*e) + MALLOC_BYTES;
	return e;
}

static void begin(struct exchange_table *t, struct exchange_entry *e, int message)
{
	e->pieces[message] = 0;
	for (int i = 0; i < HEAD_SIDES; i++) {
		if (message_of(i) != message)
			continue;
		t->bytes -= e->head[i].capacity;
		http_head_free(&e->head[i]);
	}
}

void exchange_table_append(struct exchange_table *t, __u64 connection, __u32 ordinal,
			   enum head_side side, unsigned int index, struct head_text piece)
{
	int message = message_of(side);
	struct exchange_entry *e = *place_of(t, connection, ordinal);

	if (!e && !index)
		e = insert(t, connection, ordinal);
	if (!e)
		return;
	if (!index)
		begin(t, e, message);
	if (e->pieces[message] != index)
		return;
	e->pieces[message]++;
	t->bytes -= e->head[side].capacity;
	http_head_append(&e->head[side], &t->wanted[side], piece);
	t->bytes += e->head[side].capacity;
	evict(t, e);
}

struct exchange_heads exchange_table_get(const struct exchange_table *t, __u64 connection,
					 __u32 ordinal, const __u8 pieces[2])
{
	const struct exchange_entry *e = *place_of(t, connection, ordinal);
	struct exchange_heads ret = {};

	for (int i = 0; e && i < HEAD_SIDES; i++) {
		int message = message_of(i);

		if (e->pieces[message] && e->pieces[message] == pieces[message])
			ret.side[i] = &e->head[i];
	}
	return ret;
}

void exchange_table_remove(struct exchange_table *t, __u64 connection, __u32 ordinal)
{
	struct exchange_entry **place = place_of(t, connection, ordinal);

	if (*place)
		remove_at(t, place);
}

void exchange_table_free(struct exchange_table *t)
{
	while (t->oldest)
		exchange_table_remove(t, t->oldest->connection, t->oldest->ordinal);
	free(t->buckets);
	*t = (struct exchange_table){};
}
