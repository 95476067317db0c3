/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "identity.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "check.h"
#include "workload.h"

static unsigned int lookups;

/* Stands for libbpf's: ids below 1000 have no entry. */
int bpf_map_lookup_elem(int fd, const void *key, void *value)
{
	unsigned long long id = *(const unsigned long long *)key;
	struct workload *w = value;

	lookups++;
	if (fd != 5 || id < 1000) {
		errno = ENOENT;
		return -ENOENT;
	}
	snprintf(w->name, sizeof(w->name), "u%llu.service", id);
	return 0;
}

/* Returns how many of the names were wrong. */
static int ask(unsigned long long from, unsigned long long to)
{
	char name[32];
	int wrong = 0;

	for (unsigned long long id = from; id < to; id++) {
		snprintf(name, sizeof(name), "u%llu.service", id);
		wrong += strcmp(workload_name(5, id), name) != 0;
	}
	return wrong;
}

static void test_names(void)
{
	const char *first;

	CHECK_STRING(workload_name(5, WORKLOAD_NONE), "");
	CHECK_STRING(workload_name(5, WORKLOAD_OVERFLOW), "unknown");
	CHECK_STRING(workload_name(5, 7), "unknown");
	first = workload_name(5, 1000);
	lookups = 0;
	CHECK(ask(1000, 6000) == 0 && ask(1000, 6000) == 0);
	CHECK(lookups == 4999); /* each once */
	CHECK(workload_name(5, 1000) == first);
	workload_names_free();
	workload_names_free();
}

/* Of many units that come and go, those that are asked for stay. */
static void test_cache_is_bounded(void)
{
	const char *kept = workload_name(5, 1000);
	int wrong = 0;

	lookups = 0;
	for (unsigned long long id = 2000; id < 202000; id++) {
		wrong += ask(id, id + 1);
		if (id % 1000 == 0)
			wrong += workload_name(5, 1000) != kept;
	}
	CHECK(wrong == 0);
	CHECK(lookups == 200000);
	CHECK(ask(2000, 2001) == 0);
	CHECK(lookups == 200001); /* it was dropped */
	workload_names_free();
}

static void test_parties(void)
{
	struct series_parties parties = {
		.local_workload = 1000,
		.peer_workload = WORKLOAD_NONE,
		.local = { .prefix = 3 },
		.peer = { .port = 80 },
		.reporter = REPORTER_DESTINATION,
	};
	struct label_source s = {};

	CHECK(identity_parties(&s, &parties, 5) == 0);
	CHECK(s.reporter == REPORTER_DESTINATION && !s.is_overflow);
	CHECK_STRING(s.local.unit, "u1000.service");
	CHECK_STRING(s.peer.unit, "");
	CHECK(s.local.at.prefix == 3 && s.peer.at.port == 80);
	parties.local_workload = SERIES_OVERFLOW;
	CHECK(identity_parties(&s, &parties, 5) == 0 && !s.is_overflow);
	parties.peer_workload = SERIES_OVERFLOW;
	CHECK(identity_parties(&s, &parties, 5) == 0 && s.is_overflow);
	workload_names_free();
}

int main(void)
{
	test_names();
	test_cache_is_bounded();
	test_parties();
	return check_end();
}
