/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What every record in a ring begins with, and records of HTTP/2, which both HTTP collectors have.
 */
#ifndef MESHTAP_RECORD_H
#define MESHTAP_RECORD_H

#include <linux/types.h>

enum record_type {
	RECORD_EXCHANGE = 1,
	RECORD_HEAD,
	RECORD_TCP,
	RECORD_HELLO,
	RECORD_BLOCK,
	RECORD_STREAM, /* a stream ended; a record_header alone: nothing is to be done for it */
	RECORD_GONE, /* a record_header alone: the connection is closed, nothing more comes of it */
};

struct record_header {
	__u32 type;	  /* enum record_type */
	__u32 ordinal;	  /* of the exchange on its connection; HTTP/2: the stream */
	__u64 connection; /* unique */
};

enum {
	BLOCK_BEGINS = 1,  /* the header block begins with this piece */
	BLOCK_ENDS = 2,	   /* and ends with this one */
	BLOCK_PROMISE = 4, /* it is a PUSH_PROMISE's: HPACK needs it, nobody else */
};

/*
 * RECORD_BLOCK: a piece of a header block (RFC 9113 section 4.3), without frame headers, padding
 * and priority, in the order of the wire. Its bytes follow.
 */
struct record_block {
	struct record_header header;
	__u32 length;  /* of the bytes that follow, 0 to HTTP1_WINDOW */
	__u32 index;   /* of the piece on its connection and direction, from 0. One that is missing
			  was lost, and so may others be that stood before the next one */
	__u8 response; /* the server sent it */
	__u8 flags;
	__u16 reserved;
};

#endif
