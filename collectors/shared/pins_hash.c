// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "pins_hash.h"

#include <bpf/btf.h>
#include <string.h>

#define FNV_PRIME 0x100000001b3ULL

void pins_hash_bytes(__u64 *h, const void *data, size_t size)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < size; i++)
		*h = (*h ^ p[i]) * FNV_PRIME;
}

static void hash_number(__u64 *h, __u64 n)
{
	pins_hash_bytes(h, &n, sizeof(n));
}

void pins_hash_name(__u64 *h, const char *name)
{
	pins_hash_bytes(h, name ? name : "", name ? strlen(name) + 1 : 1);
}

__u64 pins_hash_programs(struct bpf_object *obj, const void *elf, size_t size)
{
	struct bpf_map *map;
	__u64 h = PINS_HASH_BEGIN;

	pins_hash_bytes(&h, elf, size);
	bpf_object__for_each_map (map, obj) {
		size_t length = 0;
		const void *data = NULL;

		if (bpf_map__is_internal(map) && strstr(bpf_map__name(map), ".rodata"))
			data = bpf_map__initial_value(map, &length);
		if (data)
			pins_hash_bytes(&h, data, length);
	}
	return h ? h : 1;
}

static void hash_type(__u64 *h, const struct btf *btf, __u32 id);

static void hash_members(__u64 *h, const struct btf *btf, const struct btf_type *t)
{
	const struct btf_member *m = btf_members(t);

	for (__u32 i = 0; i < btf_vlen(t); i++) {
		pins_hash_name(h, btf__name_by_offset(btf, m[i].name_off));
		hash_number(h, btf_member_bit_offset(t, i));
		hash_number(h, btf_member_bitfield_size(t, i));
		hash_type(h, btf, m[i].type);
	}
}

/* Pointers are not followed, so the recursion ends: a type cannot contain itself. */
static void hash_type(__u64 *h, const struct btf *btf, __u32 id)
{
	int resolved = btf__resolve_type(btf, id);
	const struct btf_type *t = resolved < 0 ? NULL : btf__type_by_id(btf, resolved);
	long long size;

	if (!t)
		return;
	size = btf__resolve_size(btf, resolved);
	hash_number(h, btf_kind(t));
	hash_number(h, size < 0 ? 0 : size);
	if (btf_is_composite(t)) {
		hash_members(h, btf, t);
	} else if (btf_is_array(t)) {
		hash_number(h, btf_array(t)->nelems);
		hash_type(h, btf, btf_array(t)->type);
	}
}

__u64 pins_hash_layout(const struct bpf_object *obj)
{
	const struct btf *btf = bpf_object__btf(obj);
	struct bpf_map *map;
	__u64 h = PINS_HASH_BEGIN;

	bpf_object__for_each_map (map, obj) {
		if (bpf_map__is_internal(map))
			continue;
		pins_hash_name(&h, bpf_map__name(map));
		hash_number(&h, bpf_map__type(map));
		hash_number(&h, bpf_map__key_size(map));
		hash_number(&h, bpf_map__value_size(map));
		hash_number(&h, bpf_map__max_entries(map));
		hash_number(&h, bpf_map__map_flags(map));
		if (btf && bpf_map__btf_key_type_id(map))
			hash_type(&h, btf, bpf_map__btf_key_type_id(map));
		if (btf && bpf_map__btf_value_type_id(map))
			hash_type(&h, btf, bpf_map__btf_value_type_id(map));
	}
	return h;
}
