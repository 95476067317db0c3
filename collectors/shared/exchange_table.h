/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Heads that come in more than one record, joined until the record of their exchange comes. The
 * kernel sends all of an exchange at once, so few are here at a time. Bounded: the oldest gives
 * way, because its exchange's record may have been lost.
 */
#ifndef MESHTAP_EXCHANGE_TABLE_H
#define MESHTAP_EXCHANGE_TABLE_H

#include "exchange.h"
#include "http_head.h"

struct exchange_entry;

struct exchange_table {
	struct exchange_entry **buckets;	/* owned */
	struct exchange_entry *oldest, *newest; /* owned, in the order of their first piece */
	const struct head_names *wanted;	/* borrowed, HEAD_SIDES of them */
	unsigned int entries;
	size_t bytes, max_bytes; /* of entries and their texts */
};

/* NULL: nothing came, or not all. */
struct exchange_heads {
	const struct http_head *side[HEAD_SIDES];
};

/* Returns 0 or -ENOMEM. */
int exchange_table_init(struct exchange_table *ret, size_t max_bytes,
			const struct head_names wanted[HEAD_SIDES]);
void exchange_table_free(struct exchange_table *t);

/*
 * index: of the piece in its message, from 0; trailers go on counting where their response's head
 * ended. 0 begins the message anew. A piece that is not the next makes the message unknown.
 */
void exchange_table_append(struct exchange_table *t, __u64 connection, __u32 ordinal,
			   enum head_side side, unsigned int index, struct head_text piece);

/* What came of the exchange's heads, valid until the table changes. pieces: how many there should
 * be of the request and of the response; with others than came, the message is unknown. */
struct exchange_heads exchange_table_get(const struct exchange_table *t, __u64 connection,
					 __u32 ordinal, const __u8 pieces[2]);

void exchange_table_remove(struct exchange_table *t, __u64 connection, __u32 ordinal);

#endif
