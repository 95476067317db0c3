/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What meshtap.ini says of the log's way to a collector. Source: meshtap.ini(5). */
#ifndef MESHTAP_SETTINGS_SHIPPER_H
#define MESHTAP_SETTINGS_SHIPPER_H

#include <limits.h>
#include <stdbool.h>

#define SHIPPER_TEXT_MAX 199 /* a line of the file is no longer */

enum shipper_protocol {
	SHIPPER_HTTP_PROTOBUF, /* OTLP */
	SHIPPER_HTTP_JSON,     /* OTLP */
	SHIPPER_ALS_GRPC,      /* Envoy's access log service */
};

struct shipper_settings {
	char endpoint[SHIPPER_TEXT_MAX +
		      1]; /* "": none; http:// or https://, no slash at its end */
	enum shipper_protocol protocol;
	bool gzip; /* OTLP only */
	char state_dir[PATH_MAX];
	/* "": none */
	char ca_file[PATH_MAX];
	char client_certificate[PATH_MAX];
	char client_key[PATH_MAX];
	char headers_file[PATH_MAX];
	char service_name[SHIPPER_TEXT_MAX + 1];
	char host_name[SHIPPER_TEXT_MAX + 1]; /* "": as gethostname(2) says */
	char log_name[SHIPPER_TEXT_MAX + 1];  /* "": that of Istio for the protocol */
	/* A batch is sent when one of them is reached */
	unsigned int batch_records;
	unsigned int batch_bytes; /* of the request's body, before compression */
	unsigned int batch_age;	  /* milliseconds since its first record was read */
	unsigned int timeout;	  /* seconds for a request and its response */
	/* milliseconds before the first and between later tries */
	unsigned int retry_min, retry_max;
};

#endif
