/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stands for libbpf's calls on hash maps, by small arrays. The process can be "killed": from one
 * call on, nothing is written any more.
 */
#ifndef MESHTAP_FAKE_MAPS_H
#define MESHTAP_FAKE_MAPS_H

#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FAKE_MAPS   8
#define FAKE_ENTRY  2200
#define FAKE_ROWS   9000
#define FAKE_FD(fd) (&fake_maps[(fd)-100])

struct fake_map {
	size_t key_size, value_size;
	unsigned int max_entries, count;
	char *rows; /* FAKE_ENTRY bytes each: key, value */
};

static struct fake_map fake_maps[FAKE_MAPS];
static long fake_writes_left = -1; /* until the kill; -1: none comes */
static void (*fake_before_take)(const void *key);

static inline void fake_map_make(int fd, size_t key_size, size_t value_size, unsigned int max)
{
	struct fake_map *m = FAKE_FD(fd);

	free(m->rows);
	*m = (struct fake_map){ key_size, value_size, max, 0, calloc(FAKE_ROWS, FAKE_ENTRY) };
}

static inline void fake_maps_free(void)
{
	for (int i = 0; i < FAKE_MAPS; i++)
		free(fake_maps[i].rows);
}

static inline char *fake_row(const struct fake_map *m, unsigned int i)
{
	return m->rows + (size_t)i * FAKE_ENTRY;
}

static inline char *fake_find(const struct fake_map *m, const void *key)
{
	for (unsigned int i = 0; i < m->count; i++)
		if (!memcmp(fake_row(m, i), key, m->key_size))
			return fake_row(m, i);
	return NULL;
}

static inline int fake_fail(int error)
{
	errno = error;
	return -error;
}

static inline int fake_put(struct fake_map *m, const void *key, const void *value)
{
	char *row = fake_find(m, key);

	if (!row && m->count == m->max_entries)
		return fake_fail(E2BIG);
	if (!row) {
		row = fake_row(m, m->count++);
		memcpy(row, key, m->key_size);
	}
	memcpy(row + m->key_size, value, m->value_size);
	return 0;
}

static inline bool fake_is_killed(void)
{
	if (fake_writes_left > 0)
		fake_writes_left--;
	return fake_writes_left == 0;
}

int bpf_map_lookup_elem(int fd, const void *key, void *value)
{
	const struct fake_map *m = FAKE_FD(fd);
	const char *row = fake_find(m, key);

	if (!row)
		return fake_fail(ENOENT);
	memcpy(value, row + m->key_size, m->value_size);
	return 0;
}

int bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags)
{
	(void)flags;
	return fake_is_killed() ? fake_fail(EIO) : fake_put(FAKE_FD(fd), key, value);
}

int bpf_map_update_batch(int fd, const void *keys, const void *values, __u32 *count,
			 const struct bpf_map_batch_opts *opts)
{
	struct fake_map *m = FAKE_FD(fd);

	(void)opts;
	if (fake_is_killed())
		return fake_fail(EIO);
	for (__u32 i = 0; i < *count; i++) {
		int r = fake_put(m, (const char *)keys + i * m->key_size,
				 (const char *)values + i * m->value_size);

		if (r) {
			*count = i;
			return r;
		}
	}
	return 0;
}

static inline int fake_delete(struct fake_map *m, const void *key)
{
	char *row = fake_find(m, key);

	if (!row)
		return fake_fail(ENOENT);
	m->count--;
	if (row != fake_row(m, m->count))
		memcpy(row, fake_row(m, m->count), FAKE_ENTRY);
	return 0;
}

int bpf_map_delete_elem(int fd, const void *key)
{
	return fake_is_killed() ? fake_fail(EIO) : fake_delete(FAKE_FD(fd), key);
}

int bpf_map_lookup_and_delete_elem(int fd, const void *key, void *value)
{
	int r;

	if (fake_is_killed())
		return fake_fail(EIO);
	if (fake_before_take)
		fake_before_take(key);
	r = bpf_map_lookup_elem(fd, key, value);
	return r ? r : fake_delete(FAKE_FD(fd), key);
}

int bpf_map_get_next_key(int fd, const void *key, void *next)
{
	const struct fake_map *m = FAKE_FD(fd);
	const char *row = key ? fake_find(m, key) : NULL;
	unsigned int i = row ? (row - m->rows) / FAKE_ENTRY + 1 : 0;

	if (i >= m->count)
		return fake_fail(ENOENT);
	memcpy(next, fake_row(m, i), m->key_size);
	return 0;
}

/* In pieces of 7, so that there is more than one. */
int bpf_map_lookup_batch(int fd, void *in, void *out, void *keys, void *values, __u32 *count,
			 const struct bpf_map_batch_opts *opts)
{
	const struct fake_map *m = FAKE_FD(fd);
	__u32 at = in ? *(__u32 *)in : 0, n = 0;

	(void)opts;
	for (; n < 7 && n < *count && at < m->count; n++, at++) {
		memcpy((char *)keys + n * m->key_size, fake_row(m, at), m->key_size);
		memcpy((char *)values + n * m->value_size, fake_row(m, at) + m->key_size,
		       m->value_size);
	}
	*count = n;
	*(__u32 *)out = at;
	return at == m->count ? fake_fail(ENOENT) : 0;
}

#endif
