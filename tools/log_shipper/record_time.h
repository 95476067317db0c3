/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef MESHTAP_LOG_SHIPPER_RECORD_TIME_H
#define MESHTAP_LOG_SHIPPER_RECORD_TIME_H

#include "http_head.h"

#include <stdint.h>

/* Nanoseconds since the epoch of 2026-11-29T13:34:24.123Z, with 0 to 9 decimals; 0: it is none. */
uint64_t record_time(struct head_text t);

#endif
