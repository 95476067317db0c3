/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The attributes of Envoy's CEL that a record has, and meshtap's own. */
#ifndef MESHTAP_FILTER_ATTRIBUTE_H
#define MESHTAP_FILTER_ATTRIBUTE_H

#include "access_record.h"
#include "filter_value.h"
#include "log_needs.h"

struct filter;

enum {
	FILTER_HTTP_ONLY = 1,  /* TCP has none */
	FILTER_KNOWN_HTTP = 2, /* of HTTP/1, status and flag are enough to tell */
	FILTER_KNOWN_TCP = 4,  /* the same whatever the connection */
};

struct filter_attribute {
	const char *map, *name; /* "request", "path" */
	enum filter_kind kind;
	unsigned char traits;
	/* An error when it is absent. Not called for TCP with FILTER_HTTP_ONLY. */
	struct filter_value (*get)(struct filter *f, const struct access_record *r);
	/* Adds what it looks at to *needs. NULL: nothing. Returns 0 or -E2BIG. */
	int (*need)(struct filter *f, struct log_needs *needs);
};

/* Groups of them, each with a last one whose name is NULL. */
extern const struct filter_attribute filter_message_attributes[];    /* request., response. */
extern const struct filter_attribute filter_connection_attributes[]; /* the others */

/* NULL: there is none. */
const struct filter_attribute *filter_attribute_find(struct head_text map, struct head_text name);

/* Whether it is the first part of an attribute's name. */
bool filter_attribute_is_map(struct head_text map);

/* The side of request.headers, response.headers or response.trailers; HEAD_SIDES: something else.
 */
enum head_side filter_attribute_side(struct head_text map, struct head_text name);

/* The header that an attribute is only another name of: request.useragent. NULL: none. */
const char *filter_attribute_header(struct head_text map, struct head_text name);

#endif
