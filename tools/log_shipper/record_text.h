/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef MESHTAP_LOG_SHIPPER_RECORD_TEXT_H
#define MESHTAP_LOG_SHIPPER_RECORD_TEXT_H

#include "arena.h"
#include "log_record.h"

/* A line of Istio's default text format: its fields have the keys and types of the default JSON;
 * those that are missing (-) are left out. Returns whether it is one. */
bool record_read_text(struct record *r, struct arena *a);

#endif
