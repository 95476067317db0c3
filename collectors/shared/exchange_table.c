// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "exchange_table.h"

#include "http1.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define BUCKETS	      16384u /* a power of two */
#define IN_FLIGHT_MAX 128    /* more than the kernel side follows on one connection */
#define MALLOC_BYTES  48     /* malloc's own for an entry and its texts, about */

struct head_part {
	struct http_head head;
	__u32 position; /* bytes of it that have come */
};

struct exchange_entry {
	struct exchange_entry *next_in_bucket;
	struct exchange_entry *older, *newer;
	__u64 connection;
	__u32 ordinal;
	struct head_part part[HEAD_SIDES];
};

int exchange_table_init(struct exchange_table *ret, size_t max_bytes,
			const struct head_names wanted[HEAD_SIDES])
{
	*ret = (struct exchange_table){ .max_bytes = max_bytes };
	for (int i = 0; i < HEAD_SIDES; i++) {
		if (wanted[i].count > HEAD_NAMES_MAX)
			return -E2BIG;
		ret->wanted[i] = wanted[i];
	}
	ret->buckets = calloc(BUCKETS, sizeof(*ret->buckets));
	return ret->buckets ? 0 : -ENOMEM;
}

/* A connection's exchanges are in one bucket. */
static struct exchange_entry **bucket_of(const struct exchange_table *t, __u64 connection)
{
	return &t->buckets[connection * 0x9e3779b97f4a7c15ull >> 32 & (BUCKETS - 1)];
}

static struct exchange_entry *find(const struct exchange_table *t, __u64 connection, __u32 ordinal)
{
	struct exchange_entry *e = *bucket_of(t, connection);

	while (e && (e->connection != connection || e->ordinal != ordinal))
		e = e->next_in_bucket;
	return e;
}

/* place: what points to it in its bucket. */
static void remove_at(struct exchange_table *t, struct exchange_entry **place)
{
	struct exchange_entry *e = *place;

	*place = e->next_in_bucket;
	*(e->older ? &e->older->newer : &t->oldest) = e->newer;
	*(e->newer ? &e->newer->older : &t->newest) = e->older;
	t->entries--;
	t->bytes -= sizeof(*e) + MALLOC_BYTES;
	for (int i = 0; i < HEAD_SIDES; i++) {
		t->bytes -= e->part[i].head.capacity;
		http_head_free(&e->part[i].head);
	}
	free(e);
}

/* Keeps the table's size, at the cost of others than keep. */
static void evict(struct exchange_table *t, const struct exchange_entry *keep)
{
	while (t->bytes > t->max_bytes) {
		struct exchange_entry *e = t->oldest == keep ? keep->newer : t->oldest;
		struct exchange_entry **place;

		if (!e)
			return;
		place = bucket_of(t, e->connection);
		while (*place != e)
			place = &(*place)->next_in_bucket;
		remove_at(t, place);
		t->evicted++;
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
	e->part[HEAD_RESPONSE].head.response = true;
	e->next_in_bucket = *bucket;
	*bucket = e;
	e->older = t->newest;
	*(t->newest ? &t->newest->newer : &t->oldest) = e;
	t->newest = e;
	t->entries++;
	t->bytes += sizeof(*e) + MALLOC_BYTES;
	return e;
}

void exchange_table_append(struct exchange_table *t, __u64 connection, __u32 ordinal,
			   enum head_side side, __u32 offset, struct head_text piece)
{
	struct exchange_entry *e = find(t, connection, ordinal);
	struct head_part *part;
	struct http_head *head;
	__u32 known;

	if (!e && !offset && side == HEAD_REQUEST)
		e = insert(t, connection, ordinal);
	if (!e) /* the beginning was lost or pushed out, or this answers nothing */
		return;
	part = &e->part[side];
	head = &part->head;
	t->bytes -= head->capacity;
	if (!offset && piece.length) {
		http_head_free(head);
		part->position = 0;
	}
	known = part->position - offset;
	if (head->state < HEAD_ENDED && offset > part->position) {
		http_head_damage(head);
	} else if (head->state < HEAD_ENDED && known < piece.length) {
		piece.data += known;
		piece.length -= known;
		part->position += piece.length;
		http_head_append(head, &t->wanted[side], piece);
		t->damaged += head->state == HEAD_CUT;
	}
	t->bytes += head->capacity;
	evict(t, e);
}

/* Must the head have ended? An early answer ends a CONNECT even when its head has not. */
static bool must_end(const struct exchange *x, enum head_side side)
{
	if (side == HEAD_RESPONSE)
		return x->status >= 200 || x->status == 101;
	return x->state & EXCHANGE_REQUEST_DONE && x->method != HTTP1_METHOD_CONNECT;
}

struct exchange_heads exchange_table_get(struct exchange_table *t, __u64 connection,
					 const struct exchange *x)
{
	const struct exchange_entry *e = find(t, connection, x->ordinal);
	struct exchange_heads heads = {};
	unsigned int damaged = 0;

	for (int i = 0; i < HEAD_SIDES; i++) {
		const struct http_head *head = e ? &e->part[i].head : NULL;

		if (head &&
		    (head->state == HEAD_ENDED || head->state == HEAD_CUT || !must_end(x, i)))
			heads.side[i] = (struct head_text){ head->text, head->length };
		damaged += !heads.side[i].data && (i == HEAD_REQUEST || x->status);
	}
	t->damaged += damaged;
	t->unjoined += damaged != 0;
	return heads;
}

static void remove_range(struct exchange_table *t, __u64 connection, __u32 before, __u32 exactly)
{
	struct exchange_entry **place = bucket_of(t, connection);

	while (*place) {
		const struct exchange_entry *e = *place;

		if (e->connection == connection &&
		    ((__s32)(e->ordinal - before) < 0 || e->ordinal == exactly))
			remove_at(t, place);
		else
			place = &(*place)->next_in_bucket;
	}
}

void exchange_table_remove(struct exchange_table *t, __u64 connection, __u32 ordinal)
{
	remove_range(t, connection, ordinal - IN_FLIGHT_MAX, ordinal);
}

void exchange_table_forget(struct exchange_table *t, __u64 connection, __u32 ordinal)
{
	remove_range(t, connection, ordinal, ordinal - 1);
}

void exchange_table_free(struct exchange_table *t)
{
	while (t->oldest) {
		struct exchange_entry *e = t->oldest;

		remove_range(t, e->connection, e->ordinal, e->ordinal);
	}
	free(t->buckets);
	*t = (struct exchange_table){};
}

void exchange_table_write(struct prom_text *text, const char *prefix,
			  const struct exchange_table *t)
{
	const struct {
		const char *name, *help;
		unsigned long long value;
	} counters[] = {
		{ "unjoined_total", "Lines without a head they should have.", t->unjoined },
		{ "damaged_heads_total", "Heads missing, incomplete or cut.", t->damaged },
		{ "evicted_exchanges_total", "Exchanges whose heads gave way to newer ones.",
		  t->evicted },
	};

	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++) {
		char name[128];

		snprintf(name, sizeof(name), "%s_%s", prefix, counters[i].name);
		prom_family(text, name, "counter", counters[i].help);
		prom_sample(text, name, NULL, counters[i].value);
	}
}
