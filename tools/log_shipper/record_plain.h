/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef MESHTAP_LOG_SHIPPER_RECORD_PLAIN_H
#define MESHTAP_LOG_SHIPPER_RECORD_PLAIN_H

#include "log_record.h"

/*
 * A JSON object as most lines of the log are: without blanks, nested values, escapes and fractions.
 * It costs a tenth of what a JSON library does. Returns whether the line is one; what is not may
 * still be JSON.
 */
bool record_read_plain(struct record *r);

#endif
