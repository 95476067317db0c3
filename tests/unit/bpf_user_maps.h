/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * BPF maps in user space, for programs that are compiled into a test: hashes and arrays with the
 * kernel's limits and errors. Each value is an allocation of its own, so a sanitizer sees what
 * reaches beyond it, and what is used after it was deleted.
 */
#ifndef MESHTAP_BPF_USER_MAPS_H
#define MESHTAP_BPF_USER_MAPS_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/bpf.h>
#include <linux/types.h>

#define USER_MAPS    40
#define USER_BUCKETS 64
#define USER_CPUS    2

struct user_entry {
	struct user_entry *next;
	void *key;
	void *value;
};

struct user_map {
	const void *definition; /* the address of the program's variable: what a map is known by */
	const char *name;
	int type;
	__u32 key_size;
	__u32 value_size;
	__u32 max_entries;
	int full; /* a test says so: nothing new finds room */
	__u32 count;
	struct user_entry *buckets[USER_BUCKETS]; /* an array's entries too: made when looked up */
};

static struct user_map user_maps[USER_MAPS];
static __u32 user_cpu;
static int user_interrupts; /* programs that run inside another one, see bpf_user.h */
static struct user_entry *user_deleted;

static inline void user_fail(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	abort();
}

static inline struct user_map *user_map_of(const void *definition, const char *name, int type,
					   __u32 key_size, __u32 value_size, __u32 max_entries)
{
	for (struct user_map *m = user_maps; m < user_maps + USER_MAPS; m++) {
		if (m->definition == definition)
			return m;
		if (m->definition)
			continue;
		m->definition = definition;
		m->name = name[0] == '&' ? name + 1 : name;
		m->type = type;
		m->key_size = key_size;
		m->value_size = value_size;
		m->max_entries = max_entries;
		return m;
	}
	user_fail(name, "more than USER_MAPS");
	return NULL;
}

/* __uint(name, n) is a pointer to an array of n, __type(name, t) a pointer to t. */
#define USER_UINT(m, member) (sizeof(*(m)->member) / sizeof(int))
#define USER_MAP(m)                                                                                \
	user_map_of(m, #m, USER_UINT(m, type), sizeof(*(m)->key), sizeof(*(m)->value),             \
		    USER_UINT(m, max_entries))

static inline int user_is_array(const struct user_map *m)
{
	return m->type == BPF_MAP_TYPE_ARRAY || m->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

/* NULL where the kernel refuses or ends a program; a copy, because callers change what is theirs.
 */
static inline void *user_copy(const void *from, __u32 size)
{
	void *copy = malloc(size);

	if (!copy)
		abort();
	if (from)
		memcpy(copy, from, size);
	else
		memset(copy, 0, size);
	return copy;
}

static inline struct user_entry **user_bucket(struct user_map *m, const void *key)
{
	const __u8 *bytes = key;
	__u32 hash = 2166136261U;

	for (__u32 i = 0; i < m->key_size; i++)
		hash = (hash ^ bytes[i]) * 16777619;
	return &m->buckets[hash % USER_BUCKETS];
}

/* The pointer that points to the key's entry, or to NULL. */
static inline struct user_entry **user_find(struct user_map *m, const void *key)
{
	struct user_entry **at = user_bucket(m, key);

	while (*at && memcmp((*at)->key, key, m->key_size))
		at = &(*at)->next;
	return at;
}

static inline void user_free(struct user_entry *e)
{
	free(e->key);
	free(e->value);
	free(e);
}

/* The kernel keeps a deleted value until no program runs; one's own it may reuse at once. */
static inline void user_unlink(struct user_map *m, struct user_entry **at)
{
	struct user_entry *e = *at;

	*at = e->next;
	m->count--;
	if (user_interrupts) {
		e->next = user_deleted;
		user_deleted = e;
		return;
	}
	user_free(e);
}

static inline void user_free_deleted(void)
{
	while (user_deleted) {
		struct user_entry *next = user_deleted->next;

		user_free(user_deleted);
		user_deleted = next;
	}
}

static inline void user_insert(struct user_map *m, const void *key, const void *value)
{
	struct user_entry **at = user_find(m, key), *e = user_copy(NULL, sizeof(*e));

	e->key = user_copy(key, m->key_size);
	e->value = user_copy(value, m->value_size);
	e->next = *at;
	*at = e;
	m->count++;
}

/* An array's key is its index; per CPU, index * USER_CPUS + CPU. NULL: out of bounds. */
static inline struct user_entry *user_element(struct user_map *m, const void *key)
{
	struct user_entry **at;
	__u32 index;

	memcpy(&index, key, sizeof(index));
	if (index >= m->max_entries)
		return NULL;
	if (m->type == BPF_MAP_TYPE_PERCPU_ARRAY)
		index = index * USER_CPUS + user_cpu;
	at = user_find(m, &index);
	if (!*at)
		user_insert(m, &index, NULL);
	return *user_find(m, &index);
}

/* Of a trie: the value of the longest prefix that the key begins with, bits beyond its own length
 * left aside. */
static inline void *user_longest(struct user_map *m, const void *key)
{
	__u8 bytes[64];
	__u32 length;

	if (m->key_size > sizeof(bytes))
		user_fail(__func__, "a longer key than there is room for");
	memcpy(bytes, key, m->key_size);
	memcpy(&length, bytes, sizeof(length));
	for (;; length--) {
		struct user_entry *e;

		memcpy(bytes, &length, sizeof(length));
		for (__u32 bit = length; bit < 8 * (m->key_size - sizeof(length)); bit++)
			bytes[sizeof(length) + bit / 8] &= ~(0x80 >> bit % 8);
		e = *user_find(m, bytes);
		if (e || !length)
			return e ? e->value : NULL;
	}
}

static inline void *user_lookup(struct user_map *m, const void *key)
{
	struct user_entry *e;

	if (m->type == BPF_MAP_TYPE_LPM_TRIE)
		return user_longest(m, key);
	e = user_is_array(m) ? user_element(m, key) : *user_find(m, key);
	return e ? e->value : NULL;
}

/* Any one that is not this: a program may not count on which. */
static inline void user_evict(struct user_map *m)
{
	for (__u32 i = 0; i < USER_BUCKETS; i++)
		if (m->buckets[i]) {
			user_unlink(m, &m->buckets[i]);
			return;
		}
}

static inline long user_update(struct user_map *m, const void *key, const void *value, __u64 flags)
{
	struct user_entry **at, *element;

	if (flags > BPF_EXIST)
		return -EINVAL;
	if (user_is_array(m)) {
		element = user_element(m, key);
		if (!element)
			return -E2BIG;
		if (flags == BPF_NOEXIST)
			return -EEXIST;
		memcpy(element->value, value, m->value_size);
		return 0;
	}
	at = user_find(m, key);
	if (*at && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!*at && flags == BPF_EXIST)
		return -ENOENT;
	if (*at) /* the kernel replaces the element, so pointers to its value are void */
		user_unlink(m, at);
	else if (m->full || m->count >= m->max_entries) {
		if (m->type != BPF_MAP_TYPE_LRU_HASH)
			return -E2BIG;
		user_evict(m);
	}
	user_insert(m, key, value);
	return 0;
}

static inline long user_delete(struct user_map *m, const void *key)
{
	struct user_entry **at;

	if (user_is_array(m))
		return -EINVAL;
	at = user_find(m, key);
	if (!*at)
		return -ENOENT;
	user_unlink(m, at);
	return 0;
}

/* Once it was used. */
static inline struct user_map *user_map_named(const char *name)
{
	for (struct user_map *m = user_maps; m < user_maps + USER_MAPS && m->definition; m++)
		if (!strcmp(m->name, name))
			return m;
	user_fail(name, "no such map");
	return NULL;
}

/* Empties every map. */
static inline void user_maps_reset(void)
{
	for (struct user_map *m = user_maps; m < user_maps + USER_MAPS && m->definition; m++) {
		for (__u32 i = 0; i < USER_BUCKETS; i++)
			while (m->buckets[i])
				user_unlink(m, &m->buckets[i]);
		m->full = 0;
	}
}

#endif
