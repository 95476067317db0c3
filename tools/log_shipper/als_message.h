/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The messages of one entry of the access log service. Used by als_entry.c only. */
#ifndef MESHTAP_LOG_SHIPPER_ALS_MESSAGE_H
#define MESHTAP_LOG_SHIPPER_ALS_MESSAGE_H

#include "als_flags.h"
#include "proto_message.h"
#include "log_record.h"

#define NUMBER_MAX 32 /* bytes of a number as text */

typedef Envoy__Config__Core__V3__Address Address;
typedef Envoy__Data__Accesslog__V3__StringEntry StringEntry;

struct address {
	Address message;
	Envoy__Config__Core__V3__SocketAddress socket;
};

/* An entry of a map, and what points to it. */
struct pair {
	StringEntry message;
	StringEntry *pointer;
};

struct entry {
	const struct record *record;
	bool is_http;
	Envoy__Data__Accesslog__V3__HTTPAccessLogEntry http;
	Envoy__Data__Accesslog__V3__TCPAccessLogEntry tcp;
	/* its parts, which are in it once they are set */
	Envoy__Data__Accesslog__V3__AccessLogCommon common;
	Envoy__Data__Accesslog__V3__ConnectionProperties connection;
	Envoy__Data__Accesslog__V3__HTTPRequestProperties request;
	Envoy__Data__Accesslog__V3__HTTPResponseProperties response;
	Envoy__Data__Accesslog__V3__ResponseFlags flags;
	Envoy__Data__Accesslog__V3__ResponseFlags__Unauthorized unauthorized;
	Envoy__Data__Accesslog__V3__TLSProperties tls;
	Google__Protobuf__Timestamp start_time;
	Google__Protobuf__Duration duration;
	Google__Protobuf__UInt32Value response_code;
	struct address upstream_remote_address, upstream_local_address;
	struct address downstream_remote_address, downstream_local_address;
	struct pair request_header, response_header;
	/* of custom_tags; only the first common.n_custom_tags are touched */
	struct pair tags[FIELDS_MAX];
	StringEntry *tag_pointers[FIELDS_MAX];
	char numbers[FIELDS_MAX][NUMBER_MAX];
};

/* Empty, with request and response, or the connection's properties. */
void als_message_init(struct entry *e);

/* key: NULL leaves it out. The texts are borrowed. */
void als_pair_set(struct pair *p, const char *key, struct head_text value);

/* 10.1.2.3:80 or [2001:db8::1]:80, borrowed. Returns whether it is one. */
bool als_address_set(struct address *a, struct head_text t);

#endif
