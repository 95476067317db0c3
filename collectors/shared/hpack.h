/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Header blocks into fields (HPACK, RFC 7541), by libnghttp2's inflater.
 *
 * A table whose past is not known is resumed: its old entries are placeholders, as many as there
 * can be. HPACK counts from the newest entry, and an entry only leaves with all that are older.
 * So whatever table size the encoder has, of the entries inserted since it refers to those alone
 * that have the same index here: a field is right, unresolved (a placeholder, or inserted with the
 * name of one), or its index is beyond this table, which is an error.
 */
#ifndef MESHTAP_HPACK_H
#define MESHTAP_HPACK_H

#include <nghttp2/nghttp2.h>

#include "http2_memory.h"
#include "http_head.h"

#define HPACK_SIZE     4096u	   /* of a table, until the encoder changes it (RFC 9113 6.5.2) */
#define HPACK_SIZE_MAX (64u << 10) /* that is followed; more is an error */

/* A zeroed one has no table. It stays where it is while it has one. */
struct hpack {
	nghttp2_mem mem;
	nghttp2_hd_inflater *inflater; /* owned; NULL: no table */
};

/* Borrowed, until the next call. */
struct hpack_field {
	struct head_text name, value; /* a name of length 0, which HTTP/2 has not: unresolved */
};

/* A table at its connection's start. m: borrowed by the table. Returns 0 or -ENOMEM. */
int hpack_begin(struct hpack *t, struct http2_memory *m);
/* One with a past of which nothing is known. size: the encoder's, HPACK_SIZE if that is unknown;
 * at most HPACK_SIZE_MAX. Returns 0 or -ENOMEM. */
int hpack_resume(struct hpack *t, struct http2_memory *m, size_t size);
void hpack_free(struct hpack *t);

/* The table's maximum size now, in bytes of RFC 7541 4.1. */
size_t hpack_size(const struct hpack *t);

/*
 * Takes the next field from block, which begins as a whole header block. Returns 1; 0: at the
 * block's end, another may follow; -EBADMSG or -ENOMEM: the block cannot be read further, and the
 * table is freed.
 */
int hpack_next(struct hpack *t, struct head_text *block, struct hpack_field *ret);

#endif
