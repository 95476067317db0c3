/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef MESHTAP_LOG_SHIPPER_ALS_FLAGS_H
#define MESHTAP_LOG_SHIPPER_ALS_FLAGS_H

#include "http_head.h"

#include "envoy/data/accesslog/v3/accesslog.pb-c.h"

/* Sets what the letters say (RESPONSE_FLAGS, separated by commas). Returns whether all are known.
 */
bool als_flags_set(Envoy__Data__Accesslog__V3__ResponseFlags *flags,
		   Envoy__Data__Accesslog__V3__ResponseFlags__Unauthorized *unauthorized,
		   struct head_text letters);

#endif
