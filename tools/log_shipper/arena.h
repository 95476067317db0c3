/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Copies of a record's texts; forgotten all at once. */
#ifndef MESHTAP_LOG_SHIPPER_ARENA_H
#define MESHTAP_LOG_SHIPPER_ARENA_H

#include "http_head.h"

struct arena {
	char *data; /* owned */
	size_t used, capacity;
};

/* The text as valid UTF-8: itself, or a copy with U+FFFD for each byte that is none. Without room
 * it ends earlier. */
struct head_text arena_utf8(struct arena *a, struct head_text t);

/* The text with its \xHH as bytes, as valid UTF-8. */
struct head_text arena_unescape(struct arena *a, struct head_text t);

#endif
