// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "series_overflow.h"

#include "series.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int make(int fd, void *key, const void *zero, enum reporter reporter)
{
	for (__u32 shard = 0; shard <= SERIES_SHARD_OWN; shard++) {
		struct series_parties p = { .reporter = reporter, .shard = shard };

		series_overflow(&p);
		memcpy(key, &p, sizeof(p));
		if (bpf_map_update_elem(fd, key, zero, BPF_NOEXIST) && errno != EEXIST)
			return -errno;
	}
	return 0;
}

int series_overflow_make(const struct bpf_object *obj)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, "series");
	void *key, *zero;
	int r = -ENOMEM;

	if (!map)
		return 0;
	key = calloc(1, bpf_map__key_size(map));
	zero = calloc(1, bpf_map__value_size(map));
	if (key && zero)
		r = make(bpf_map__fd(map), key, zero, REPORTER_SOURCE);
	if (!r)
		r = make(bpf_map__fd(map), key, zero, REPORTER_DESTINATION);
	free(key);
	free(zero);
	return r;
}
