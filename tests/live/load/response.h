/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An HTTP/1 response, byte by byte as it comes; nothing of it is shared with what is tested. */
#ifndef LOAD_RESPONSE_H
#define LOAD_RESPONSE_H

#include "mix.h"

#define RESPONSE_LINE 8192 /* longest line that is understood */

enum response_state {
	RESPONSE_STATUS,
	RESPONSE_HEADERS,
	RESPONSE_BODY,
	RESPONSE_CHUNK_SIZE,
	RESPONSE_CHUNK,
	RESPONSE_CHUNK_END,
	RESPONSE_TRAILERS,
	RESPONSE_UNTIL_CLOSE,
	RESPONSE_DONE,
	RESPONSE_DONE_BY_CLOSE,
};

struct response {
	struct request *request;
	enum response_state state;
	unsigned int status;
	uint64_t length; /* Content-Length, or ANY_LENGTH */
	uint64_t left;	 /* of the body or chunk */
	uint64_t wire, body;
	bool chunked, close, interim; /* interim: there was a 1xx before */
	const char *error;
	char line[RESPONSE_LINE];
	size_t line_length;
};

void response_begin(struct response *p, struct request *request);

/* Takes bytes up to the response's end. Returns how many; p->error says what is wrong with them. */
size_t response_feed(struct response *p, const char *data, size_t length);

/* The server closed. */
void response_eof(struct response *p);

#endif
