/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tells http1_keep.h which headers are wanted, as the collector's loader does. */
#ifndef MESHTAP_KEEP_NAMES_H
#define MESHTAP_KEEP_NAMES_H

#include <string.h>

/* side: of kept_names. */
static inline void keep_names(__u32 side, const char *const *names, __u32 count)
{
	struct http1_names *to = &kept_names[side];

	memset(to, 0, sizeof(*to));
	for (__u32 i = 0; i < count; i++) {
		to->letters |= 1u << (names[i][0] & 31);
		for (__u32 j = 0; count <= HTTP1_NAMES && j < 8 && j <= strlen(names[i]); j++) {
			__u64 c = j < strlen(names[i]) ? names[i][j] : ':';

			to->prefix[i] |= (c | 0x20) << 8 * j;
			to->mask[i] |= 0xffull << 8 * j;
		}
	}
	to->count = count <= HTTP1_NAMES ? count : 0;
}

#endif
