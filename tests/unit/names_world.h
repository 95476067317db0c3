/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Units that talk, come and go, and get names, for test_series_names.c: what the kernel counts. */
#ifndef MESHTAP_NAMES_WORLD_H
#define MESHTAP_NAMES_WORLD_H

#include <sys/stat.h>
#include <unistd.h>

#include "chance.h"
#include "check.h"
#include "fake_maps.h"
#include "identity.h"
#include "series_expiry.h"
#include "series_names.h"
#include "series_naming.h"
#include "settings.h"
#include "workload.h"

enum { SERIES = 100, WORKLOADS, SEEN, SHARES, TEXTS, STATE };
enum { VALUES = 3, GAUGE = 2 };

#define UNITS	   12
#define NAMES	   4
#define FIRST_UNIT 1000

/* Names that workloads.ini gives: of each unit, 0 is none. */
struct workloads {
	unsigned int name[UNITS];
};

static struct workloads world_names;
static struct label_tags world_tags;
static bool world_alive[UNITS];
static char world_cgroups[64];
static __u64 world_now;
static const struct series_maps world_maps = { SERIES, WORKLOADS, SEEN, SHARES, TEXTS, STATE };

void workloads_find(const struct workloads *w, const char *unit, struct endpoint at, bool is_local,
		    struct workload_names *ret)
{
	static const char *const names[NAMES] = { NULL, "alpha", "beta", "gamma" };
	unsigned int u;

	(void)at;
	(void)is_local;
	*ret = (struct workload_names){};
	if (unit && sscanf(unit, "u%u.service", &u) == 1)
		ret->workload = names[w->name[u]];
}

const struct service_names *workloads_service(const struct workloads *w, struct endpoint at)
{
	(void)w;
	(void)at;
	return NULL;
}

const struct service_names *workloads_host_service(const struct workloads *w, __u32 host,
						   const char **ret_text)
{
	(void)w;
	(void)host;
	*ret_text = NULL;
	return NULL;
}

static inline void world_begin(void)
{
	struct series_state state = {};
	__u32 zero = 0;

	fake_map_make(SERIES, sizeof(struct series_parties), VALUES * 8, 4000);
	fake_map_make(WORKLOADS, 8, sizeof(struct workload), 4000);
	fake_map_make(SEEN, SERIES_KEY_SIZE, sizeof(struct series_seen), 4000);
	fake_map_make(SHARES, sizeof(struct series_share_key), VALUES * 8, 4000);
	fake_map_make(TEXTS, 8, sizeof(struct series_labels), 4000);
	fake_map_make(STATE, 4, sizeof(state), 1);
	fake_put(FAKE_FD(STATE), &zero, &state);
	memset(&world_names, 0, sizeof(world_names));
	memset(world_alive, 0, sizeof(world_alive));
	world_tags = (struct label_tags){};
	world_now = 1000000;
	strcpy(world_cgroups, "/tmp/test_series_names.XXXXXX");
	CHECK(mkdtemp(world_cgroups) != NULL);
}

static inline void world_path(char ret[128], unsigned int u)
{
	snprintf(ret, 128, "%s/u%u.service", world_cgroups, u);
}

static inline void world_set_alive(unsigned int u, bool alive)
{
	char path[128];

	world_path(path, u);
	if (alive != world_alive[u])
		CHECK((alive ? mkdir(path, 0700) : rmdir(path)) == 0);
	world_alive[u] = alive;
}

static inline void world_end(void)
{
	for (unsigned int u = 0; u < UNITS; u++)
		world_set_alive(u, false);
	CHECK(rmdir(world_cgroups) == 0);
	workload_names_free();
}

static inline struct series_parties world_key(unsigned int u, unsigned int kind, unsigned int shard)
{
	return (struct series_parties){
		.local_workload = FIRST_UNIT + u,
		.peer_workload = kind & 2 ? FIRST_UNIT + (u + 1) % UNITS : WORKLOAD_NONE,
		.reporter = kind & 1 ? REPORTER_SOURCE : REPORTER_DESTINATION,
		.shard = shard,
	};
}

/* As the kernel does it: names the units, and makes the series where it is not. */
static inline void world_count(const struct series_parties *key, __u64 amount)
{
	__u64 values[VALUES] = {};
	char *row = fake_find(FAKE_FD(SERIES), key);

	for (int i = 0; i < 2; i++) {
		__u64 id = i ? key->peer_workload : key->local_workload;
		struct workload w = {};

		snprintf(w.name, sizeof(w.name), "u%u.service", (unsigned int)(id - FIRST_UNIT));
		if (id)
			fake_put(FAKE_FD(WORKLOADS), &id, &w);
	}
	if (row)
		memcpy(values, row + sizeof(*key), sizeof(values));
	values[0] += amount;
	values[1] += 7 * amount;
	fake_put(FAKE_FD(SERIES), key, values);
}

#endif
