/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The texts that CEL's duration() and timestamp() take. Both return 0 or -EINVAL. */
#ifndef MESHTAP_FILTER_TIME_H
#define MESHTAP_FILTER_TIME_H

#include "http_head.h"

/* "1h30m", "-1.5s", "250ms": numbers with units h, m, s, ms, us, ns; or "0". ret: ns, less than 293
 * years. */
int filter_duration(__s64 *ret, struct head_text text);

/* RFC 3339, "2024-05-01T12:30:00.25+02:00". ret: ns since 1970, from 1678 to 2262. */
int filter_timestamp(__s64 *ret, struct head_text text);

#endif
