/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The log shipper: reads a batch, delivers it, saves how far it is; one thread. */
#ifndef MESHTAP_LOG_SHIPPER_SHIPPER_H
#define MESHTAP_LOG_SHIPPER_SHIPPER_H

#include "batch.h"
#include "client.h"
#include "follow.h"
#include "service.h"

#define NAME   "meshtap-log-shipper"
#define PREFIX "meshtap_log_shipper"

struct shipper {
	const struct settings *settings;
	struct origin origin;
	struct service service;
	struct follower follower;
	struct record_reader *reader;
	struct batch batch;
	struct client client;

	bool is_open; /* there was a file to begin with */
	bool has_cursor;
	struct cursor delivered; /* as it is saved */
	struct cursor end;	 /* of the batch */
	uint64_t batch_begun_ms; /* CLOCK_MONOTONIC, when its first record was read */
	uint64_t oldest_ns; /* of the batch's first record: when its request began, or as read */
	unsigned int batch_unparsed; /* of its records: of no known format */
	bool is_stopping;
	/* what was said on stderr and is so still */
	bool is_failing, is_rejecting, is_unreadable;

	unsigned long long read, sent, unparsed;
	unsigned long long rejected_requests, rejected_partially; /* records */
	unsigned long long retries;				  /* requests */
	uint64_t last_delivery_ns;				  /* CLOCK_REALTIME; 0: none yet */
};

/* Ships until it is told to stop. Returns 0 or -errno. */
int shipper_run(struct shipper *s);

/* gather.c: fills the batch until it is to be sent, or the shipper to stop. Returns 0 or -errno. */
int shipper_gather(struct shipper *s);

/* deliver.c: sends the batch until it is accepted, rejected, or the shipper to stop, and saves
 * that.
 */
void shipper_deliver(struct shipper *s);

/* Handles what happens for so many ms; ends earlier when the shipper is to stop. */
void shipper_wait(struct shipper *s, unsigned int ms);

/* metrics.c. Returns 0 or -errno. */
int shipper_write_metrics(const struct shipper *s);

uint64_t shipper_now_ms(void);	 /* CLOCK_MONOTONIC */
uint64_t shipper_realtime(void); /* nanoseconds */

#endif
