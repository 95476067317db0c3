/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Requests on their way out, one after the other, by way of a buffer. */
#ifndef LOAD_SENDER_H
#define LOAD_SENDER_H

#include "mix.h"

#define OUT_BYTES 65536

struct sender {
	struct random *content, *timing; /* not owned */
	struct request *request;	 /* not owned; NULL: the last one is in the buffer */
	bool head_taken, last_chunk;
	const char *piece; /* of the request, next to be copied to the buffer */
	size_t piece_left;
	uint64_t body_left, chunk_left;
	struct text framing;
	char out[OUT_BYTES];
	size_t from, to; /* of what the buffer holds */
	size_t dribble;	 /* so many bytes more go out in small segments */
	uint64_t bytes;	 /* sent in all */
};

void sender_begin(struct sender *s, struct request *request);

/* Copies of the request to the buffer what has room. Returns true when all of it is there. */
bool sender_fill(struct sender *s);

bool sender_is_empty(const struct sender *s);

/* Returns 1 when the buffer was sent, 0 when the socket takes no more, or -errno. */
int sender_flush(struct sender *s, int fd);

#endif
