// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "workloads_map.h"

#include <errno.h>
#include <stdlib.h>

#define SIZE_MIN 16

/* The slot that has the key, or the free one where it belongs. size > 0, and one slot is free. */
static struct number_map_slot *slot_of(const struct number_map *m, __u64 key)
{
	/* Fibonacci hashing: keys that count upwards are spread too */
	size_t i = (key * 0x9e3779b97f4a7c15ULL) >> 32;

	for (;; i++) {
		struct number_map_slot *slot = &m->slots[i & (m->size - 1)];

		if (!slot->is_used || slot->key == key)
			return slot;
	}
}

static int grow(struct number_map *m)
{
	struct number_map bigger = { .size = m->size ? m->size * 2 : SIZE_MIN, .used = m->used };

	bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < m->size; i++)
		if (m->slots[i].is_used)
			*slot_of(&bigger, m->slots[i].key) = m->slots[i];
	free(m->slots);
	*m = bigger;
	return 0;
}

int number_map_add(struct number_map *m, __u64 key, __u32 number, __u32 *ret)
{
	struct number_map_slot *slot;

	if ((m->used + 1) * 2 > m->size && grow(m))
		return -ENOMEM;
	slot = slot_of(m, key);
	if (slot->is_used) {
		if (ret)
			*ret = slot->number;
		return -EEXIST;
	}
	*slot = (struct number_map_slot){ key, number, true };
	m->used++;
	return 0;
}

bool number_map_find(const struct number_map *m, __u64 key, __u32 *ret)
{
	const struct number_map_slot *slot;

	if (!m->size)
		return false;
	slot = slot_of(m, key);
	if (!slot->is_used)
		return false;
	*ret = slot->number;
	return true;
}

void number_map_free(struct number_map *m)
{
	free(m->slots);
	*m = (struct number_map){ 0 };
}

__u64 hash_bytes(__u64 hash, const void *bytes, size_t length)
{
	const unsigned char *b = bytes;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ b[i]) * 0x100000001b3ULL;
	return hash;
}
