/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The heads of exchanges in flight, joined from their pieces. Bounded: what does not fit pushes the
 * oldest exchange out, because nothing says that an exchange that ended inexactly will never be
 * asked for.
 */
#ifndef MESHTAP_EXCHANGE_TABLE_H
#define MESHTAP_EXCHANGE_TABLE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#define HEAD_TEXT_MAX (64u << 10) /* a longer head is cut */

enum head_side {
	HEAD_REQUEST,
	HEAD_RESPONSE,
	HEAD_SIDES,
};

struct head_text {
	const char *data; /* not NUL-terminated; NULL: missing */
	size_t length;
};

struct exchange_heads {
	struct head_text side[HEAD_SIDES];
};

struct exchange_entry;

struct exchange_table {
	struct exchange_entry **buckets;	/* owned */
	struct exchange_entry *oldest, *newest; /* owned, in the order of their first piece */
	unsigned int entries, max_entries;
	size_t bytes, max_bytes;    /* of entries and their texts */
	unsigned long long dropped; /* exchanges pushed out */
};

/* Returns 0 or -ENOMEM. */
int exchange_table_init(struct exchange_table *ret, unsigned int max_entries, size_t max_bytes);
void exchange_table_free(struct exchange_table *t);

/*
 * first: the text starts anew. A piece that follows no first one is ignored: the head is incomplete
 * anyway, and what stands in its middle would be taken for its start.
 */
void exchange_table_append(struct exchange_table *t, __u64 connection, __u32 ordinal,
			   enum head_side side, bool first, struct head_text piece);

/* What is known of an exchange's heads, valid until the table changes. */
struct exchange_heads exchange_table_get(const struct exchange_table *t, __u64 connection,
					 __u32 ordinal);

void exchange_table_remove(struct exchange_table *t, __u64 connection, __u32 ordinal);

#endif
