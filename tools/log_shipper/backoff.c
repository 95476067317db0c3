/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "backoff.h"

unsigned int backoff_delay(unsigned int failed, unsigned int min, unsigned int max,
			   long retry_after, unsigned int random)
{
	unsigned int delay = min < max ? min : max;
	long long asked = (retry_after < RETRY_AFTER_MAX ? retry_after : RETRY_AFTER_MAX) * 1000ll;

	while (--failed && delay < max)
		delay = delay < max / 2 ? delay * 2 : max;
	delay -= random % (delay / 2 + 1);
	return delay < asked ? asked : delay;
}
