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

#define HEAD_TEXT_MAX  (64u << 10) /* what is kept beyond is cut */
#define HEAD_NAMES_MAX 64
#define HEAD_NAME_MAX  64 /* bytes */

struct head_text {
	const char *data; /* not NUL-terminated; NULL: missing */
	size_t length;
};

/* Headers to keep; upper and lower case are the same. */
struct head_names {
	const char *const *names; /* of 1 to HEAD_NAME_MAX bytes */
	unsigned int count;	  /* at most HEAD_NAMES_MAX */
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
	HEAD_DAMAGED, /* bytes are missing: nothing is known */
};

/* Zero, but for response, before the first piece. */
struct http_head {
	char *text; /* owned: the lines kept, each with LF but the last, when it has no end yet */
	unsigned int length, capacity;
	unsigned int line; /* where in text the line that comes now begins */
	unsigned char state;
	bool response;	/* interim heads may come before it, and are dropped */
	bool last_kept; /* the line before this one, so what continues it is kept too */
	__u64 seen;	/* wanted headers by their number */
};

/* The next bytes. What follows the head's end is ignored. */
void http_head_append(struct http_head *h, const struct head_names *wanted, struct head_text piece);

/* Bytes are missing here. */
void http_head_damage(struct http_head *h);

void http_head_free(struct http_head *h);

/*
 * A request's start line. Blanks in the target, which some servers accept, stay in it. A target in
 * absolute or authority form (RFC 9112 3.2) names the authority, which then counts instead of Host;
 * path is what remains, and lacks its slash when the target has a query only.
 */
struct request_line {
	struct head_text method, target, authority, path; /* data NULL: missing */
};

/* What was kept. A header's value is trimmed. */
struct request_line http_head_request_line(struct head_text kept);
struct head_text http_head_header(struct head_text kept, const char *name);

#endif
