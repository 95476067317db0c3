/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The keys of workloads.ini. */
#ifndef MESHTAP_WORKLOADS_KEYS_H
#define MESHTAP_WORKLOADS_KEYS_H

#include "workloads_entry.h"

struct entry_key {
	const char *name;
	unsigned int kinds; /* of sections that may have it */
	/* Of a list: appends a word, and sets *ret to a hash of what it means. Returns 0, -EINVAL
	 * when it is not what is expected, or -ENOMEM. NULL: the value is the text. */
	int (*add)(struct entry *e, const char *word, __u64 *ret);
	enum entry_text text;
	const char *expected;
};

extern const struct entry_key entry_keys[];
extern const unsigned int entry_keys_count;

/* NULL: a section of this kind has no such key. */
const struct entry_key *entry_key_find(enum entry_kind kind, const char *name, size_t length);

/* A bit of entry.keys. */
static inline unsigned int entry_key_bit(const struct entry_key *key)
{
	return 1U << (key - entry_keys);
}

/* How many items the entry has of a list. */
size_t entry_key_items(const struct entry *e, const struct entry_key *key);

#endif
