/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Records on their way into the body of one request, in the protocol that is configured. */
#ifndef MESHTAP_LOG_SHIPPER_BATCH_H
#define MESHTAP_LOG_SHIPPER_BATCH_H

#include "buffer.h"
#include "log_record.h"
#include "settings.h"

/* What all requests say of where they come from; borrowed. */
struct origin {
	const char *service_name;
	const char *host_name;
	const char *log_name;
};

struct batch {
	enum shipper_protocol protocol;
	const struct origin *origin;
	struct buffer body;
	unsigned int records;
	/* ALS: entries from run_begin on have no message around them yet */
	bool run_is_http;
	size_t run_begin;
};

void batch_clear(struct batch *b);
void batch_add(struct batch *b, const struct record *r);

/* Completes the body. Returns 0 or -ENOMEM. */
int batch_finish(struct batch *b);

/* Each protocol's part, of batch.c only. */
void otlp_add(struct batch *b, const struct record *r);
void otlp_finish(struct batch *b);
void otlp_json_begin(struct batch *b);
void otlp_json_add(struct batch *b, const struct record *r);
void otlp_json_finish(struct batch *b);
void als_add(struct batch *b, const struct record *r);
void als_finish(struct batch *b);

#endif
