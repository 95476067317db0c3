/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The fields of one header block: those that are wanted, until it is known what the block is. */
#ifndef MESHTAP_HTTP2_FIELDS_H
#define MESHTAP_HTTP2_FIELDS_H

#include "hpack.h"
#include "http2_heads.h"

enum http2_pseudo {
	HTTP2_METHOD,
	HTTP2_SCHEME,
	HTTP2_AUTHORITY,
	HTTP2_PATH,
	HTTP2_PROTOCOL,
	HTTP2_STATUS,
	HTTP2_PSEUDOS,
};

/* The headers of one side, made ready to compare. */
struct http2_wanted {
	const char *const *names; /* borrowed, lower case */
	unsigned int count;
	__u8 length[HEAD_NAMES_MAX];
	__u64 repeated;	  /* by their numbers: senders commonly send more than one */
	int cookie, host; /* their numbers; -1: not wanted */
};

void http2_wanted_init(struct http2_wanted *ret, const struct head_names *names);

struct http2_fields {
	const struct http2_wanted *wanted; /* NULL: nothing is kept */
	unsigned int count, unresolved;
	bool pseudo; /* there was a pseudo-header field */
	struct {
		bool seen;
		unsigned int start, length; /* in text */
	} value[HTTP2_PSEUDOS + HEAD_NAMES_MAX];
	unsigned int used, cookies_used;
	char text[HEAD_TEXT_MAX], cookies[HEAD_TEXT_MAX];
};

void http2_fields_begin(struct http2_fields *f);
void http2_fields_add(struct http2_fields *f, const struct hpack_field *field);
/* One that is not known. */
void http2_fields_add_unresolved(struct http2_fields *f);
/* What was kept is not used, because what the block is, is not sure. */
void http2_fields_forget(struct http2_fields *f);
/* :status; 0: none, or no number of three digits. */
unsigned short http2_fields_status(const struct http2_fields *f);

/* A head of its own, to be freed by http2_memory_free(). NULL: no memory. */
struct http2_head *http2_fields_keep(const struct http2_fields *f, struct http2_memory *m);

#endif
