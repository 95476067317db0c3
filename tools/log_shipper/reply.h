/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What became of a request, and what that means for its records. */
#ifndef MESHTAP_LOG_SHIPPER_REPLY_H
#define MESHTAP_LOG_SHIPPER_REPLY_H

#include "settings.h"

#include <stddef.h>

#define REPLY_BODY_MAX	  (64u << 10)
#define REPLY_MESSAGE_MAX 200

/* The response as it comes, or why there is none. */
struct reply {
	const char *error; /* NULL: there is a response */
	long http_status;
	int grpc_status;  /* -1: there was none */
	long retry_after; /* seconds that the receiver asks to wait; 0: it does not */
	char message[REPLY_MESSAGE_MAX]; /* grpc-message */
	size_t length;
	unsigned char body[REPLY_BODY_MAX]; /* what is longer is left out */
};

enum verdict {
	VERDICT_ACCEPTED,
	VERDICT_RETRY,	  /* the same again, later */
	VERDICT_REJECTED, /* never again */
};

struct judgement {
	enum verdict verdict;
	unsigned long long rejected; /* VERDICT_ACCEPTED: records that were not */
	char why[REPLY_MESSAGE_MAX]; /* printable; "": nothing to say */
};

void reply_clear(struct reply *r);

/* A header or a trailer: a line of any bytes, as it came. */
void reply_add_header(struct reply *r, const char *line, size_t length);
void reply_add_body(struct reply *r, const void *bytes, size_t length);

/* As the OTLP specification has it for HTTP and for gRPC's codes. */
void reply_judge(struct judgement *ret, const struct reply *r, enum shipper_protocol protocol);

#endif
