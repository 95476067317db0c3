// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "series_sample.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEEN_VALUES  (sizeof(struct series_seen) / sizeof(__u64))
#define HASH_OFFSET  offsetof(struct series_share_key, labels)
#define MAP_COUNT(m) (sizeof(m) / sizeof(int))

int series_maps_configure(struct bpf_object *obj, unsigned int max_series, unsigned int value_size)
{
	static const char *const sized[] = { "series_seen", "series_shares", "series_labels" };
	struct bpf_map *map;
	int r = 0;

	for (unsigned int i = 0; !r && i < sizeof(sized) / sizeof(sized[0]); i++) {
		map = bpf_object__find_map_by_name(obj, sized[i]);
		r = map ? bpf_map__set_max_entries(map, 2 * max_series) : -ENOENT;
	}
	map = bpf_object__find_map_by_name(obj, "series_shares");
	return r ? r : bpf_map__set_value_size(map, value_size);
}

int series_maps_open(struct series_maps *ret, const struct pins *pins)
{
	static const char *const names[] = { "series",	      "workloads",     "series_seen",
					     "series_shares", "series_labels", "series_state" };

	return pins_get_all(pins, names, &ret->series, MAP_COUNT(*ret));
}

void series_maps_close(struct series_maps *maps)
{
	for (unsigned int i = 0; i < MAP_COUNT(*maps); i++)
		close((&maps->series)[i]);
}

/* What a process that was killed has left of a series that it took out. */
static void drop_orphans(const struct series_sample *s, const struct series_table *of, int fd)
{
	for (unsigned int i = 0; i < of->count; i++)
		if (series_table_find(&s->table, series_key(of, i)) < 0)
			bpf_map_delete_elem(fd, series_key(of, i));
}

static int add_rows(struct series_sample *s)
{
	s->rows = calloc(s->table.count + 1, sizeof(*s->rows));
	s->next_share = calloc(s->shares.count + 1, sizeof(*s->next_share));
	if (!s->rows || !s->next_share)
		return -ENOMEM;
	for (unsigned int i = 0; i < s->table.count; i++)
		s->rows[i].shares = -1;
	for (unsigned int i = 0; i < s->shares.count; i++) {
		int row = series_table_find(&s->table, series_key(&s->shares, i));

		if (row < 0)
			continue;
		s->next_share[i] = s->rows[row].shares;
		s->rows[row].shares = i;
	}
	return 0;
}

static int read_state(struct series_sample *s)
{
	struct series_state state;
	__u32 zero = 0;

	if (bpf_map_lookup_elem(s->maps->state, &zero, &state))
		return -errno;
	s->in_force = state.in_force;
	return 0;
}

int series_sample_read(struct series_sample *ret, const struct series_maps *maps,
		       unsigned int key_size, unsigned int values)
{
	struct series_sample s = { .maps = maps };
	int r = read_state(&s);

	if (!r)
		r = series_table_read(&s.table, maps->series, key_size, values);
	if (!r)
		r = series_table_read(&s.seen, maps->seen, SERIES_KEY_SIZE, SEEN_VALUES);
	if (!r)
		r = series_table_read(&s.shares, maps->shares, sizeof(struct series_share_key),
				      values);
	if (!r)
		r = add_rows(&s);
	if (r) {
		series_sample_free(&s);
		return r;
	}
	drop_orphans(&s, &s.seen, maps->seen);
	drop_orphans(&s, &s.shares, maps->shares);
	*ret = s;
	return 0;
}

void series_sample_free(struct series_sample *s)
{
	for (unsigned int i = 0; s->rows && i < s->table.count; i++) {
		free(s->rows[i].labels);
		free(s->rows[i].default_labels);
	}
	free(s->rows);
	free(s->next_share);
	series_table_free(&s->table);
	series_table_free(&s->seen);
	series_table_free(&s->shares);
	*s = (struct series_sample){};
}

void series_sample_key(const struct series_sample *s, unsigned int row,
		       unsigned char ret[SERIES_KEY_SIZE])
{
	memset(ret, 0, SERIES_KEY_SIZE);
	memcpy(ret, series_key(&s->table, row), s->table.key_size);
}

struct series_seen series_sample_seen(const struct series_sample *s, unsigned int row)
{
	unsigned char key[SERIES_KEY_SIZE];
	struct series_seen seen = {};
	int at;

	series_sample_key(s, row, key);
	at = series_table_find(&s->seen, key);
	if (at >= 0)
		memcpy(&seen, series_values(&s->seen, at), sizeof(seen));
	return seen;
}

int series_sample_set_seen(struct series_sample *s, unsigned int row,
			   const struct series_seen *seen)
{
	unsigned char key[SERIES_KEY_SIZE];
	int at;

	series_sample_key(s, row, key);
	if (bpf_map_update_elem(s->maps->seen, key, seen, BPF_ANY))
		return -errno;
	at = series_table_find(&s->seen, key);
	if (at < 0)
		return series_table_add(&s->seen, key, (const __u64 *)seen);
	memcpy(series_values(&s->seen, at), seen, sizeof(*seen));
	return 0;
}

__u64 series_sample_share_hash(const struct series_sample *s, int share)
{
	__u64 hash;

	memcpy(&hash, (const char *)series_key(&s->shares, share) + HASH_OFFSET, sizeof(hash));
	return hash;
}

char *series_sample_text(const struct series_sample *s, __u64 hash)
{
	struct series_labels labels;

	if (bpf_map_lookup_elem(s->maps->labels, &hash, &labels))
		return NULL;
	return strndup(labels.text, sizeof(labels.text));
}

bool series_sample_present(const struct series_sample *s, unsigned int row, __u64 *ret)
{
	const struct series_row *r = &s->rows[row];

	memcpy(ret, series_values(&s->table, row), s->table.values * sizeof(*ret));
	for (int share = r->shares; share >= 0; share = s->next_share[share]) {
		const __u64 *values = series_values(&s->shares, share);

		if (series_sample_share_hash(s, share) == r->hash)
			continue; /* it has these labels again: all of it is present */
		for (unsigned int v = 0; v < s->table.values; v++)
			ret[v] -= series_sample_is_gauge(s, v) ? 0 : values[v];
	}
	for (unsigned int v = 0; v < s->table.values; v++)
		if (!series_sample_is_gauge(s, v) && (__s64)ret[v] < 0)
			return false;
	return true;
}

static int add_line(struct series_lines *lines, char *labels, const __u64 *values)
{
	return labels ? series_lines_add(lines, labels, values) : -ENOMEM;
}

/* A text may be missing: then its labels were too long, and settling has left no share. */
static int add_shares(const struct series_sample *s, unsigned int row, struct series_lines *lines)
{
	int r = 0;

	for (int share = s->rows[row].shares; !r && share >= 0; share = s->next_share[share]) {
		__u64 hash = series_sample_share_hash(s, share);

		if (hash != s->rows[row].hash)
			r = add_line(lines, series_sample_text(s, hash),
				     series_values(&s->shares, share));
	}
	return r;
}

int series_sample_lines(struct series_sample *s, struct series_lines *ret)
{
	struct series_lines lines = { .values = s->table.values };
	__u64 present[SERIES_VALUES_MAX];
	int r = 0;

	for (unsigned int i = 0; !r && i < s->table.count; i++) {
		if (!s->rows[i].labels || !series_sample_present(s, i, present))
			continue;
		r = series_lines_add(&lines, s->rows[i].labels, present);
		s->rows[i].labels = NULL;
		if (!r)
			r = add_shares(s, i, &lines);
	}
	if (r) {
		series_lines_free(&lines);
		return r;
	}
	series_lines_merge(&lines);
	*ret = lines;
	return 0;
}
