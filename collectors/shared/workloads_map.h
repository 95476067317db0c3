/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A hash table of numbers by 64-bit keys, which may be hashes themselves. Nothing is removed. */
#ifndef MESHTAP_WORKLOADS_MAP_H
#define MESHTAP_WORKLOADS_MAP_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct number_map_slot {
	__u64 key;
	__u32 number;
	bool is_used;
};

struct number_map { /* zeroed: empty */
	struct number_map_slot *slots;
	size_t size, used; /* size: 0 or a power of two */
};

/* Returns 0; -EEXIST, with the number that the key has in *ret, unless ret is NULL; or -ENOMEM. */
int number_map_add(struct number_map *m, __u64 key, __u32 number, __u32 *ret);
bool number_map_find(const struct number_map *m, __u64 key, __u32 *ret);
void number_map_free(struct number_map *m);

/* FNV-1a. Goes on from hash, which begins as HASH_BEGIN (or as another hash). */
#define HASH_BEGIN 0xcbf29ce484222325ULL
__u64 hash_bytes(__u64 hash, const void *bytes, size_t length);

#endif
