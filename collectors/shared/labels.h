/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Istio's labels of a series, made of who talks to whom and of what workloads.ini says of them
 * (telemetry specification: labels in emission order, with their defaults).
 */
#ifndef MESHTAP_LABELS_H
#define MESHTAP_LABELS_H

#include "prom_text.h"
#include "series.h"
#include "workloads.h"

/* In emission order; the last ones only where add_tags asks for them. */
enum label {
	LABEL_REPORTER,
	LABEL_SOURCE_WORKLOAD,
	LABEL_SOURCE_CANONICAL_SERVICE,
	LABEL_SOURCE_CANONICAL_REVISION,
	LABEL_SOURCE_WORKLOAD_NAMESPACE,
	LABEL_SOURCE_PRINCIPAL,
	LABEL_SOURCE_APP,
	LABEL_SOURCE_VERSION,
	LABEL_SOURCE_CLUSTER,
	LABEL_DESTINATION_WORKLOAD,
	LABEL_DESTINATION_WORKLOAD_NAMESPACE,
	LABEL_DESTINATION_PRINCIPAL,
	LABEL_DESTINATION_APP,
	LABEL_DESTINATION_VERSION,
	LABEL_DESTINATION_SERVICE,
	LABEL_DESTINATION_CANONICAL_SERVICE,
	LABEL_DESTINATION_CANONICAL_REVISION,
	LABEL_DESTINATION_SERVICE_NAME,
	LABEL_DESTINATION_SERVICE_NAMESPACE,
	LABEL_DESTINATION_CLUSTER,
	LABEL_REQUEST_PROTOCOL,
	LABEL_RESPONSE_CODE,	    /* HTTP only */
	LABEL_GRPC_RESPONSE_STATUS, /* HTTP only */
	LABEL_RESPONSE_FLAGS,
	LABEL_CONNECTION_SECURITY_POLICY,
	LABELS_STANDARD,
	LABEL_REQUEST_METHOD = LABELS_STANDARD, /* HTTP only */
	LABEL_REQUEST_HOST,			/* HTTP only */
	LABEL_UNIT,				/* the local end's */
	LABELS,
};

#define LABELS_ADDED_MAX (LABELS - LABELS_STANDARD)

/* remove_tags and add_tags of meshtap.ini, in the manner of Istio's Telemetry API. */
struct label_tags {
	unsigned int removed;	  /* bit per enum label */
	unsigned int added_count; /* of added */
	enum label added[LABELS_ADDED_MAX];
};

struct label_party {
	const char *unit; /* "" or NULL: none is known; "unknown": it has one, of a lost name */
	struct endpoint at;
};

struct label_source {
	enum reporter reporter;
	bool is_http;
	bool is_overflow; /* the series of what found no room: all but reporter and protocol are
			     unknown */
	struct label_party local, peer;
	const char *flags; /* short flags joined by ','; NULL: none */
	/* HTTP only */
	unsigned int response_code;
	unsigned int host;  /* of struct http_series_key */
	const char *method; /* NULL: unknown */
	bool is_grpc;
	bool is_messages;	  /* without the standard labels of a single response */
	unsigned int grpc_status; /* + 1; 0: none is known */
};

/*
 * Appends the labels, escaped, without braces. w: NULL as if nothing was configured; tags: NULL for
 * none. Returns 0, -EINVAL for REPORTER_NONE, or -errno.
 */
int labels_write(struct prom_text *ret, const struct label_source *source,
		 const struct workloads *w, const struct label_tags *tags);

const char *label_name(enum label label);

/* LABELS: there is none of this name. */
enum label label_find(const char *name, size_t length);

#endif
