/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The format of START_TIME: strftime(3) with Envoy's %s, %f, %1f to %9f and %E1S to %E9S. The text
 * of a second is kept, so that records of the same second only write their fractions.
 */
#ifndef MESHTAP_LOG_FORMAT_TIME_H
#define MESHTAP_LOG_FORMAT_TIME_H

#include "http_head.h"

#define LOG_TIME_MAX 256 /* bytes of a time that is formatted */

struct log_time;

/* is_local: the time zone is the host's, not UTC. Returns 0, -EINVAL: not such a format, or one
 * that can be longer than LOG_TIME_MAX, or -ENOMEM. */
int log_time_compile(struct log_time **ret, struct head_text format, bool is_local);
void log_time_free(struct log_time **t);

/* ns: of CLOCK_REALTIME. The text is valid until the next call. */
struct head_text log_time_format(struct log_time *t, __s64 ns);

#endif
