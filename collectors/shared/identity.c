/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "identity.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workload.h"

struct known_name {
	unsigned long long id; /* WORKLOAD_NONE: free */
	char *name;	       /* owned; NULL: moved to the younger table */
};

/* Open addressing, at most half full; ids are hashes already. */
struct name_table {
	struct known_name *slots;
	size_t capacity, used;
};

/*
 * A service lives for months and sees many transient units: when the young table is full the old
 * one, with all that was not asked for meanwhile, gives way to it.
 */
static struct name_table young, old;

static struct known_name *slot_of(const struct name_table *t, unsigned long long id)
{
	size_t i = id & (t->capacity - 1);

	while (t->slots[i].id != WORKLOAD_NONE && t->slots[i].id != id)
		i = (i + 1) & (t->capacity - 1);
	return &t->slots[i];
}

static void table_free(struct name_table *t)
{
	for (size_t i = 0; i < t->capacity; i++)
		free(t->slots[i].name);
	free(t->slots);
	*t = (struct name_table){};
}

static int grow(struct name_table *t)
{
	struct name_table larger = { .capacity = t->capacity ? 2 * t->capacity : 64 };

	if (2 * (t->used + 1) <= t->capacity)
		return 0;
	larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < t->capacity; i++)
		if (t->slots[i].id != WORKLOAD_NONE)
			*slot_of(&larger, t->slots[i].id) = t->slots[i];
	free(t->slots);
	t->slots = larger.slots;
	t->capacity = larger.capacity;
	return 0;
}

static char *find(const struct name_table *t, unsigned long long id)
{
	return t->capacity ? slot_of(t, id)->name : NULL;
}

static int add(unsigned long long id, char *name)
{
	if (young.used == WORKLOAD_NAMES_MAX) {
		table_free(&old);
		old = young;
		young = (struct name_table){};
	}
	if (grow(&young))
		return -ENOMEM;
	*slot_of(&young, id) = (struct known_name){ .id = id, .name = name };
	young.used++;
	return 0;
}

/* Of the old table, or the map's; owned by the caller. */
static char *take(int workloads_fd, unsigned long long id)
{
	struct workload w;
	char *name = find(&old, id);

	if (name) {
		slot_of(&old, id)->name = NULL;
		return name;
	}
	if (bpf_map_lookup_elem(workloads_fd, &id, &w)) {
		errno = ENOENT;
		return NULL;
	}
	return strndup(w.name, sizeof(w.name));
}

const char *workload_name(int workloads_fd, unsigned long long id)
{
	char *name;

	if (id == WORKLOAD_NONE)
		return "";
	if (id == WORKLOAD_OVERFLOW)
		return "unknown";
	name = find(&young, id);
	if (name)
		return name;
	name = take(workloads_fd, id);
	if (!name) /* not cached: a later sample may find it */
		return errno == ENOENT ? "unknown" : NULL;
	if (!add(id, name))
		return name;
	free(name);
	return NULL;
}

void workload_names_free(void)
{
	table_free(&young);
	table_free(&old);
}

int identity_parties(struct label_source *ret, const struct series_parties *parties,
		     int workloads_fd)
{
	ret->reporter = parties->reporter;
	ret->is_overflow = parties->local_workload == SERIES_OVERFLOW &&
			   parties->peer_workload == SERIES_OVERFLOW;
	if (ret->is_overflow)
		return 0;
	ret->local = (struct label_party){
		workload_name(workloads_fd, parties->local_workload),
		parties->local,
	};
	ret->peer = (struct label_party){
		workload_name(workloads_fd, parties->peer_workload),
		parties->peer,
	};
	return ret->local.unit && ret->peer.unit ? 0 : -ENOMEM;
}
