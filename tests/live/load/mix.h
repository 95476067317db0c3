/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is asked for: requests of many kinds, by chance, each with the answer that is due. */
#ifndef LOAD_MIX_H
#define LOAD_MIX_H

#include "text.h"

#define ANY_LENGTH UINT64_MAX

enum expect {
	EXPECT_NONE,
	EXPECT_SEND, /* Expect: 100-continue, but the body follows at once */
	EXPECT_WAIT,
};

enum content {
	CONTENT_ANY,
	CONTENT_FILE,	/* the pattern from .offset on */
	CONTENT_NUMBER, /* how many body bytes the server got, in decimal */
};

struct request {
	uint64_t id;
	struct text head;	/* as it is sent */
	size_t leading;		/* empty lines at its beginning, not part of the request */
	struct text target;	/* origin form */
	const char *method;	/* a literal */
	unsigned int minor;	/* of HTTP/1.minor */
	struct text fields;	/* header lines of its kind, while it is made */
	uint64_t body;		/* bytes to send */
	bool has_body, chunked; /* has_body: also when it has no bytes */
	enum expect expect;
	bool discards; /* the server does not keep the body, and nginx does not count it */
	bool last;     /* the server closes after the response */

	/* the answer that is due */
	unsigned int status;
	uint64_t length; /* of its body, or ANY_LENGTH */
	uint64_t offset;
	enum content content;

	/* while it is under way */
	uint64_t wire_sent;
	int64_t started_ms; /* real time */
	bool continued;	    /* 100 was received */
};

/* Makes the next request in *r, whose texts are reused. */
void mix_request(struct random *random, uint64_t id, struct request *r);

/* Appends what comes before left bytes of a chunked body that are still to be sent; first: nothing
 * was sent yet. Returns the chunk's size, 0 for the last one, with trailers. */
uint64_t mix_chunk(struct random *random, uint64_t left, bool first, struct text *ret);

/* The files that the server must have, and that requests are for. Returns 0 or -errno. */
int mix_make_files(const char *directory);

#endif
