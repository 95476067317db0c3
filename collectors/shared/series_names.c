// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "series_names.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static __u64 hash_of(const char *labels)
{
	return series_hash(labels, strlen(labels));
}

/* Labels that are too long are not kept: at their next change all values move to the new name. */
static int keep_text(struct series_sample *s, __u64 hash, const char *text)
{
	struct series_labels labels = {};
	size_t length = strlen(text);

	if (length >= sizeof(labels.text))
		return 0;
	memcpy(labels.text, text, length);
	s->labels_changed = true;
	return bpf_map_update_elem(s->maps->labels, &hash, &labels, BPF_ANY) ? -errno : 0;
}

static bool has_text(const struct series_sample *s, __u64 hash)
{
	struct series_labels labels;

	return !bpf_map_lookup_elem(s->maps->labels, &hash, &labels);
}

/* Puts it at the head of the row's shares, or over what was there. */
static int add_share(struct series_sample *s, unsigned int row, const struct series_share_key *key,
		     const __u64 *values)
{
	int at = series_table_find(&s->shares, key), *next;

	if (at >= 0) {
		memcpy(series_values(&s->shares, at), values, s->table.values * sizeof(*values));
		return 0;
	}
	next = reallocarray(s->next_share, s->shares.count + 2, sizeof(*next));
	if (!next)
		return -ENOMEM;
	s->next_share = next;
	at = s->shares.count;
	if (series_table_add(&s->shares, key, values))
		return -ENOMEM;
	next[at] = s->rows[row].shares;
	s->rows[row].shares = at;
	return 0;
}

/* What the row has counted under the labels of this hash, its present ones until now, is theirs. */
static int leave_share(struct series_sample *s, unsigned int row, __u64 hash)
{
	struct series_share_key key = { .labels = hash };
	__u64 values[SERIES_VALUES_MAX], now = s->rows[row].hash;
	bool counts;

	s->rows[row].hash = hash;
	counts = series_sample_present(s, row, values);
	s->rows[row].hash = now;
	if (!counts)
		return 0;
	for (unsigned int v = 0; v < s->table.values; v++)
		if (series_sample_is_gauge(s, v))
			values[v] = 0;
	series_sample_key(s, row, key.series);
	if (bpf_map_update_elem(s->maps->shares, &key, values, BPF_ANY))
		return -errno;
	return add_share(s, row, &key, values);
}

static int hold(struct series_sample *s, unsigned int row, __u64 hash)
{
	char *text = series_sample_text(s, hash);

	if (!text)
		return -ENOMEM;
	free(s->rows[row].labels);
	s->rows[row].labels = text;
	s->rows[row].hash = hash;
	s->held++;
	return 0;
}

/*
 * In this order: until the new labels are the present ones, the share of the old ones is not looked
 * at, so that it may be written again.
 */
static int rename_row(struct series_sample *s, unsigned int row, struct series_seen *seen)
{
	__u64 before = seen->labels;
	bool leaves = has_text(s, before);
	int r = keep_text(s, s->rows[row].hash, s->rows[row].labels);

	if (!leaves)
		r = 0;
	else if (!r)
		r = leave_share(s, row, before);
	seen->labels = s->rows[row].hash;
	if (!r)
		r = series_sample_set_seen(s, row, seen);
	return r == -E2BIG && leaves ? hold(s, row, before) : r;
}

static int settle_row(struct series_sample *s, unsigned int row)
{
	struct series_row *r = &s->rows[row];
	struct series_seen seen = series_sample_seen(s, row);
	int err;

	if (!seen.labels && seen.digest && !s->in_force && r->default_labels) {
		seen.labels = hash_of(r->default_labels);
		if (seen.labels != r->hash)
			keep_text(s, seen.labels, r->default_labels);
	}
	if (seen.labels && seen.labels != r->hash)
		return rename_row(s, row, &seen);
	if (seen.labels == r->hash && s->in_force)
		return 0;
	seen.labels = r->hash;
	err = keep_text(s, r->hash, r->labels);
	if (!err)
		err = series_sample_set_seen(s, row, &seen);
	return err == -E2BIG ? 0 : err; /* as with labels that are too long */
}

/* Names of a first change may have been kept by a process that was killed before its end. */
static bool is_default(const struct series_sample *s)
{
	for (unsigned int i = 0; i < s->seen.count; i++)
		if (((const struct series_seen *)series_values(&s->seen, i))->labels)
			return false;
	for (unsigned int i = 0; i < s->table.count; i++)
		if (s->rows[i].labels && s->rows[i].default_labels &&
		    strcmp(s->rows[i].labels, s->rows[i].default_labels))
			return false;
	return true;
}

static int put_in_force(struct series_sample *s)
{
	struct series_state state = { .in_force = 1 };
	__u32 zero = 0;

	if (bpf_map_update_elem(s->maps->state, &zero, &state, BPF_ANY))
		return -errno;
	s->in_force = true;
	return 0;
}

int series_names_settle(struct series_sample *s)
{
	int r = 0;

	for (unsigned int i = 0; i < s->table.count; i++)
		if (s->rows[i].labels)
			s->rows[i].hash = hash_of(s->rows[i].labels);
	if (!s->in_force && is_default(s))
		return 0;
	for (unsigned int i = 0; !r && i < s->table.count; i++)
		if (s->rows[i].labels)
			r = settle_row(s, i);
	return r || s->in_force || s->held ? r : put_in_force(s);
}

static int by_value(const void *a, const void *b)
{
	__u64 p = *(const __u64 *)a, q = *(const __u64 *)b;

	return p < q ? -1 : p > q;
}

static int delete_unused(const struct series_sample *s, const __u64 *used, size_t count)
{
	__u64 hash, next;
	int more = !bpf_map_get_next_key(s->maps->labels, NULL, &hash);

	while (more) {
		more = !bpf_map_get_next_key(s->maps->labels, &hash, &next);
		if (!bsearch(&hash, used, count, sizeof(hash), by_value) &&
		    bpf_map_delete_elem(s->maps->labels, &hash) && errno != ENOENT)
			return -errno;
		hash = next;
	}
	return 0;
}

int series_names_clean(const struct series_sample *s)
{
	struct series_table seen = {}, shares = {};
	size_t count = 0;
	__u64 *used;
	int r;

	if (!s->labels_changed)
		return 0;
	r = series_table_read(&seen, s->maps->seen, s->seen.key_size, s->seen.values);
	if (!r)
		r = series_table_read(&shares, s->maps->shares, s->shares.key_size,
				      s->shares.values);
	used = r ? NULL : calloc(seen.count + shares.count + 1, sizeof(*used));
	for (unsigned int i = 0; used && i < seen.count; i++)
		used[count++] = ((struct series_seen *)series_values(&seen, i))->labels;
	for (unsigned int i = 0; used && i < shares.count; i++)
		used[count++] = ((const struct series_share_key *)series_key(&shares, i))->labels;
	if (used) {
		qsort(used, count, sizeof(*used), by_value);
		r = delete_unused(s, used, count);
	}
	free(used);
	series_table_free(&seen);
	series_table_free(&shares);
	return r;
}
