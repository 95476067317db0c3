/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The heads of exchanges in flight, joined from their pieces. Bounded: what does not fit pushes the
 * oldest exchange out, because the record that an exchange ended may be lost.
 */
#ifndef MESHTAP_EXCHANGE_TABLE_H
#define MESHTAP_EXCHANGE_TABLE_H

#include "exchange.h"
#include "http_head.h"
#include "prom_file.h"

enum head_side {
	HEAD_REQUEST,
	HEAD_RESPONSE,
	HEAD_SIDES,
};

struct exchange_heads {
	struct head_text side[HEAD_SIDES]; /* what was kept; missing: nothing is known */
};

struct exchange_entry;

struct exchange_table {
	struct exchange_entry **buckets;	/* owned */
	struct exchange_entry *oldest, *newest; /* owned, in the order of their first piece */
	struct head_names wanted[HEAD_SIDES];
	unsigned int entries;
	size_t bytes, max_bytes;     /* of entries and their texts */
	unsigned long long evicted;  /* exchanges pushed out */
	unsigned long long damaged;  /* heads missing, incomplete or cut */
	unsigned long long unjoined; /* exchanges that lack a head they should have */
};

/* wanted: its names are borrowed. Returns 0, -ENOMEM, or -E2BIG: too many names. */
int exchange_table_init(struct exchange_table *ret, size_t max_bytes,
			const struct head_names wanted[HEAD_SIDES]);
void exchange_table_free(struct exchange_table *t);

/*
 * offset: of the piece in its head. 0 begins a head anew: the one before answered nothing, or was a
 * request that is not followed. Other bytes that have come before are ignored. A hole makes the
 * head unknown, as a header might stand in it. A request's head begins an exchange, a response's
 * does not.
 */
void exchange_table_append(struct exchange_table *t, __u64 connection, __u32 ordinal,
			   enum head_side side, __u32 offset, struct head_text piece);

/* What is known of the heads of an exchange that has ended, valid until the table changes. A head
 * that ended in x, but not here, lost its last bytes: it is missing. */
struct exchange_heads exchange_table_get(struct exchange_table *t, __u64 connection,
					 const struct exchange *x);

/* The exchange, and what cannot be in flight any more with it on the same connection. */
void exchange_table_remove(struct exchange_table *t, __u64 connection, __u32 ordinal);

/* The connection's exchanges before ordinal. */
void exchange_table_forget(struct exchange_table *t, __u64 connection, __u32 ordinal);

/* Appends the table's counters. prefix: of their names. */
void exchange_table_write(struct prom_text *text, const char *prefix,
			  const struct exchange_table *t);

#endif
