/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One request at a time to one receiver, by libcurl, which keeps the connection: OTLP over HTTP,
 * and gRPC, which is a POST over HTTP/2 whose status is a trailer.
 */
#ifndef MESHTAP_LOG_SHIPPER_CLIENT_H
#define MESHTAP_LOG_SHIPPER_CLIENT_H

#include "buffer.h"
#include "reply.h"

#include <curl/curl.h>

struct client {
	const struct shipper_settings *settings;
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	struct libdeflate_compressor *compressor;
	struct buffer compressed;
	bool is_busy;
	char error[PATH_MAX + CURL_ERROR_SIZE];
	struct reply reply; /* of the last request */
};

/* settings: borrowed. Returns 0, or -ENOMEM. */
int client_init(struct client *ret, const struct shipper_settings *settings);
void client_free(struct client *c);

/* Sends body, which must stay until the request has ended. What goes wrong is in the reply. */
void client_begin(struct client *c, const struct buffer *body);

/* Does what can be done now. Returns whether the request has ended. */
bool client_run(struct client *c);

/* Waits until there is something to do for client_run(), or one of fds is readable, 1 s at most. */
void client_wait(struct client *c, const int *fds, unsigned int count);

#endif
