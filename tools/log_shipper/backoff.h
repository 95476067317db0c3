/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef MESHTAP_LOG_SHIPPER_BACKOFF_H
#define MESHTAP_LOG_SHIPPER_BACKOFF_H

#define RETRY_AFTER_MAX 3600 /* seconds: no receiver holds up the log for longer */

/*
 * Milliseconds until the next try, after so many that failed (from 1): min, doubled with each, at
 * most max, of which a random half is taken off; but not before the receiver wants it (retry_after,
 * in seconds, 0: it does not say).
 */
unsigned int backoff_delay(unsigned int failed, unsigned int min, unsigned int max,
			   long retry_after, unsigned int random);

#endif
