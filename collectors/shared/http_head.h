/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The head of an HTTP/1 message. It comes in pieces, cut anywhere; kept are its start line and the
 * first of each header that is wanted, so that a head of 64 KiB costs what will be looked up in it.
 * Lines may end in LF alone.
 */
#ifndef MESHTAP_HTTP_HEAD_H
#define MESHTAP_HTTP_HEAD_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define HEAD_TEXT_MAX  (64u << 10) /* what is kept beyond is cut */
#define HEAD_NAMES_MAX 64
#define HEAD_NAME_MAX  64 /* bytes */

struct head_text {
	const char *data; /* not NUL-terminated; NULL: missing */
	size_t length;
};

static inline bool head_text_is(struct head_text t, const char *other)
{
	return t.length == strlen(other) && (!t.length || !memcmp(t.data, other, t.length));
}

/* Headers to keep; upper and lower case are the same. */
struct head_names {
	const char *const *names; /* of 1 to HEAD_NAME_MAX bytes */
	unsigned int count;	  /* at most HEAD_NAMES_MAX */
};

enum head_side {
	HEAD_REQUEST,
	HEAD_RESPONSE,
	HEAD_TRAILER, /* of the response */
	HEAD_SIDES,
};

enum head_state {
	HEAD_BEFORE,  /* empty lines may stand before a start line (RFC 9112 2.2) */
	HEAD_START,   /* in the start line */
	HEAD_NAME,    /* in a line of which is not known yet whether it is wanted */
	HEAD_KEPT,    /* in a line that is wanted */
	HEAD_FOLD,    /* in the blanks that continue such a line (obs-fold, RFC 9112 5.2) */
	HEAD_SKIPPED, /* in a line that is not */
	HEAD_ENDED,
	HEAD_CUT,     /* full: what follows is ignored */
	HEAD_DAMAGED, /* no memory: nothing is known */
};

/* Zero, but for response, before the first piece; or as http_head_begin() makes it. */
struct http_head {
	char *text; /* owned: the lines kept, each with LF but the last, when it has no end yet */
	unsigned int length, capacity;
	unsigned int line; /* where in text the line that comes now begins */
	unsigned char state;
	bool response;	/* interim heads may come before it, and are dropped */
	bool trailers;	/* without a start line */
	bool last_kept; /* the line before this one, so what continues it is kept too */
	__u64 seen;	/* wanted headers by their number */
};

/* The next bytes. What follows the head's end is ignored. */
void http_head_append(struct http_head *h, const struct head_names *wanted, struct head_text piece);

/* Makes ready for another head, and keeps the memory. */
void http_head_begin(struct http_head *h, enum head_side side);

void http_head_free(struct http_head *h);

/*
 * A request's start line. Blanks in the target, which some servers accept, stay in it. A target in
 * absolute or authority form (RFC 9112 3.2) names the authority, which then counts instead of Host;
 * path is what remains, and lacks its slash when the target has a query only.
 */
struct request_line {
	struct head_text method, target, authority, path; /* data NULL: missing */
};

/* kept: a head's text. */
struct request_line http_head_request_line(struct head_text kept);
/* The wanted headers, trimmed, by their numbers in wanted: the first of each name, data NULL where
 * there is none. ret has wanted->count elements and borrows from h. */
void http_head_values(const struct http_head *h, const struct head_names *wanted,
		      struct head_text *ret);

/*
 * The same of a request's head that is there in one piece, without copying it: its start line and
 * its wanted headers, which borrow from head. Returns false when it has no end, or a line that
 * continues another or is otherwise unusual: only http_head_append() can read it.
 */
bool http_head_whole(struct head_text head, const struct head_names *wanted,
		     struct head_text *ret_start, struct head_text *ret);

#endif
