/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A record as an entry of Envoy's access log service. */
#ifndef MESHTAP_LOG_SHIPPER_ALS_ENTRY_H
#define MESHTAP_LOG_SHIPPER_ALS_ENTRY_H

#include "buffer.h"
#include "log_record.h"

/* It has a protocol, as the lines of requests do. */
bool als_entry_is_http(const struct record *r);

/*
 * Appends it as the field with this number: HTTPAccessLogEntry or TCPAccessLogEntry. Fields that
 * the entries have no place for are custom_tags; so is, as "line", a line that has no fields.
 */
void als_entry_add(struct buffer *b, unsigned int number, const struct record *r, bool is_http);

#endif
