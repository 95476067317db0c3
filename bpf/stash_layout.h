/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The stash's maps (stash.h) as user space sees them, which removes those of connections that never
 * were established. */
#ifndef MESHTAP_STASH_LAYOUT_H
#define MESHTAP_STASH_LAYOUT_H

#include <linux/types.h>

#define STASH_ENTRIES 256 /* per connection */

struct stash_entry {
	__u64 seen_ns;
	__u32 seq;
	__u32 length; /* 0: free */
	__u32 has_copy;
	__u32 claimed; /* while its copy is made */
};

/* By connection id. */
struct stash {
	struct stash_entry entry[STASH_ENTRIES];
};

/* Of a copy. */
struct stash_key {
	__u64 connection;
	__u32 entry;
	__u32 reserved;
};

#endif
