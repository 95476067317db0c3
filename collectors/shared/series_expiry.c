// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "series_expiry.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "identity.h"
#include "privileges.h"
#include "series_names.h"
#include "series_take.h"
#include "unit_names.h"
#include "workload.h"

/* A busy series is noted so many times in the time that it may be silent, not at each sample. */
#define NOTES 16

static const struct series_parties *parties_of(const struct series_sample *s, unsigned int row)
{
	return series_key(&s->table, row);
}

/* Whether the row has been silent for long; its values are noted when they have changed. */
static int look_at(struct series_sample *s, unsigned int row, unsigned int expiry, __u64 now)
{
	struct series_seen seen = series_sample_seen(s, row);
	__u64 digest = series_hash(series_values(&s->table, row), s->table.values * sizeof(__u64));
	__u64 silent = now - seen.changed;
	int r;

	if (seen.digest && (!expiry || silent < expiry / NOTES))
		return 0;
	if (seen.digest == digest)
		return silent >= expiry;
	seen.digest = digest;
	seen.changed = now;
	r = series_sample_set_seen(s, row, &seen);
	return r == -E2BIG ? 0 : r; /* it will be noted when others have gone */
}

static bool may_expire(const struct series_sample *s, unsigned int row)
{
	const struct series_parties *p = parties_of(s, row);

	return !s->rows[row].is_kept &&
	       (p->local_workload > SERIES_OVERFLOW || p->peer_workload > SERIES_OVERFLOW);
}

/* Left by a process that was killed while it took the row out. */
static bool is_half_taken(const struct series_sample *s, unsigned int row)
{
	__u64 present[SERIES_VALUES_MAX];

	return !series_sample_present(s, row, present);
}

static int find_silent(struct series_sample *s, unsigned int expiry, __u64 now)
{
	int found = 0;

	for (unsigned int i = 0; i < s->table.count; i++) {
		int r = look_at(s, i, expiry, now);

		if (r < 0)
			return r;
		s->rows[i].is_stale = may_expire(s, i) && (r || is_half_taken(s, i));
		found += s->rows[i].is_stale;
	}
	return found;
}

/* Whether the unit is known to be gone: not when its name is not known. */
static bool is_gone(const struct series_sample *s, __u64 workload, const struct unit_names *units)
{
	const char *name;

	if (workload <= SERIES_OVERFLOW)
		return false;
	name = workload_name(s->maps->workloads, workload);
	return name && strcmp(name, "unknown") && !unit_names_have(units, name);
}

int series_expiry_find_at(struct series_sample *s, unsigned int expiry, __u64 now,
			  const char *cgroups)
{
	struct unit_names units = {};
	int found = find_silent(s, expiry, now), r;

	if (found <= 0)
		return found;
	r = unit_names_read(&units, cgroups);
	if (r)
		return r == -ENOMEM ? r : 0; /* what is there is not known: nothing is stale */
	found = 0;
	for (unsigned int i = 0; i < s->table.count; i++) {
		if (!s->rows[i].is_stale)
			continue;
		s->rows[i].is_stale = is_half_taken(s, i) ||
				      is_gone(s, parties_of(s, i)->local_workload, &units) ||
				      is_gone(s, parties_of(s, i)->peer_workload, &units);
		found += s->rows[i].is_stale;
	}
	unit_names_free(&units);
	return found;
}

int series_expiry_find(struct series_sample *s, unsigned int expiry)
{
	char cgroups[PATH_MAX];
	struct timespec now;

	if (cgroup2_mount_point(cgroups, sizeof(cgroups)))
		expiry = 0;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return series_expiry_find_at(s, expiry, now.tv_sec, cgroups);
}

static void keep(struct series_sample *s, const void *key)
{
	__u64 own[SERIES_KEY_MAX / sizeof(__u64)];
	int row;

	memcpy(own, key, s->table.key_size);
	((struct series_parties *)own)->shard = 0;
	row = series_table_find(&s->table, own);
	if (row >= 0)
		s->rows[row].is_kept = true;
}

#define USERS_AT_ONCE 1024

static int keep_all(struct series_sample *s, int fd, char *keys, char *values, size_t value_size)
{
	__u32 position = 0, n;
	int first = 1, end = 0;

	while (!end) {
		n = USERS_AT_ONCE;
		if (bpf_map_lookup_batch(fd, first ? NULL : &position, &position, keys, values, &n,
					 NULL)) {
			if (errno != ENOENT)
				return -errno;
			end = 1;
		}
		first = 0;
		for (__u32 i = 0; i < n; i++)
			keep(s, values + i * value_size);
	}
	return 0;
}

int series_expiry_keep_used(struct series_sample *s, int fd)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	size_t value_size;
	char *keys, *values;
	int r = -ENOMEM;

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	value_size = (info.value_size + 7) & ~7U;
	if (value_size < s->table.key_size)
		return -EINVAL;
	keys = calloc(USERS_AT_ONCE, info.key_size);
	values = calloc(USERS_AT_ONCE, value_size);
	if (keys && values)
		r = keep_all(s, fd, keys, values, info.value_size);
	free(keys);
	free(values);
	return r;
}

static bool is_used(const struct series_sample *s, __u64 workload)
{
	for (unsigned int i = 0; i < s->table.count; i++)
		if (!s->rows[i].is_taken && (parties_of(s, i)->local_workload == workload ||
					     parties_of(s, i)->peer_workload == workload))
			return true;
	return false;
}

/* A unit that comes again is named again by the kernel: its cgroup is another one. */
static void forget_units(const struct series_sample *s)
{
	for (unsigned int i = 0; i < s->table.count; i++) {
		__u64 workload = parties_of(s, i)->local_workload;

		if (s->rows[i].is_taken && !is_used(s, workload))
			bpf_map_delete_elem(s->maps->workloads, &workload);
	}
}

int series_expire(struct series_sample *s)
{
	struct series_heirs heirs = {};
	int r;

	for (unsigned int i = 0; i < s->table.count; i++)
		if (s->rows[i].is_kept)
			s->rows[i].is_stale = false;
	r = series_heirs_find(&heirs, s);
	if (!r)
		series_heirs_check(s, &heirs);
	for (unsigned int i = 0; !r && i < s->table.count; i++)
		if (s->rows[i].is_stale)
			r = series_take(s, i, &heirs);
	series_heirs_free(&heirs);
	s->labels_changed = true;
	if (!r)
		forget_units(s);
	return r;
}

int series_expiry_run(struct series_sample *s, unsigned int expiry)
{
	int r = series_expiry_find(s, expiry);

	if (r > 0)
		r = series_expire(s);
	return r ? r : series_names_clean(s);
}
