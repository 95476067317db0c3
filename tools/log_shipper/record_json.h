/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef MESHTAP_LOG_SHIPPER_RECORD_JSON_H
#define MESHTAP_LOG_SHIPPER_RECORD_JSON_H

#include "arena.h"
#include "log_record.h"

#include <json-c/json.h>

/* A line that is a JSON object: its members are the fields, in their order; null is left out, what
 * is no scalar is its text. *object: owns the texts, for json_object_put(). Returns whether the
 * line is one. */
bool record_read_json(struct record *r, struct arena *a, struct json_tokener *tokener,
		      struct json_object **object);

#endif
