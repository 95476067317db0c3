// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* 10,000 entries, compared with a search through all of them that knows no tables. */
#include <arpa/inet.h>
#include <fnmatch.h>

#include "chance.h"
#include "workloads_call.h"

#define ENTRIES	 10000
#define LOOKUPS	 3000
#define UNITS	 300
#define NETWORKS 120
#define PORTS	 5 /* 0: none */
#define TEXT_MAX (4U << 20)

/* What an entry may give of each kind; 0 of each: nothing. */
static char units[UNITS][32];
static char networks[NETWORKS][64];
static struct workloads_prefix prefixes[NETWORKS];

struct model_entry {
	unsigned int unit, network, port;
};

static struct model_entry entries[ENTRIES];
static bool is_used[UNITS][NETWORKS][PORTS];

/* Globs of equal literal count have no name in common: a number in the same place differs. */
static void make_units(void)
{
	for (unsigned int i = 1; i < UNITS; i++) {
		if (i < 100)
			snprintf(units[i], sizeof(units[i]), "u%u.service", i);
		else if (i < 110)
			snprintf(units[i], sizeof(units[i]), "u%u*", i % 10);
		else if (i < 120)
			snprintf(units[i], sizeof(units[i]), "*%u.service", i % 10);
		else if (i < 220)
			snprintf(units[i], sizeof(units[i]), "*%02u.service", i - 120);
		else
			snprintf(units[i], sizeof(units[i]), "u%02u*vi?e", i - 220);
	}
}

static void make_networks(void)
{
	for (unsigned int i = 1; i < NETWORKS; i++) {
		unsigned int a = i % 4, b = i / 4 % 5;
		struct workloads_prefix *p = &prefixes[i];
		char address[48];

		if (i < 20)
			snprintf(networks[i], sizeof(networks[i]), "10.%u.%u.0/24", a, b);
		else if (i < 40)
			snprintf(networks[i], sizeof(networks[i]), "10.%u.%u.1", a, b);
		else if (i < 60)
			snprintf(networks[i], sizeof(networks[i]), "fd00:%u:%u::/48", a, b);
		else if (i < 80)
			snprintf(networks[i], sizeof(networks[i]), "fd00:%u:%u::1/128", a, b);
		else if (i < 100)
			snprintf(networks[i], sizeof(networks[i]), "128.0.0.0/%u", i - 79);
		else
			snprintf(networks[i], sizeof(networks[i]), "8000::/%u", i - 99);
		snprintf(address, sizeof(address), "%.*s", (int)strcspn(networks[i], "/"),
			 networks[i]);
		address_of(p->address, address);
		p->length = strchr(networks[i], '/') ? atoi(strchr(networks[i], '/') + 1) : 32;
		if (!strchr(address, ':'))
			p->length += 96;
	}
}

static void make_entries(struct chance *c)
{
	for (unsigned int i = 0; i < ENTRIES;) {
		struct model_entry e = { chance(c, UNITS), chance(c, NETWORKS), chance(c, PORTS) };

		if (one_in(c, 20))
			e.unit = 0;
		if (is_used[e.unit][e.network][e.port] || !(e.unit || e.network || e.port))
			continue;
		is_used[e.unit][e.network][e.port] = true;
		entries[i++] = e;
	}
}

static void read_entries(void)
{
	static char text[TEXT_MAX];
	char *at = text;

	for (unsigned int i = 0; i < ENTRIES; i++) {
		const struct model_entry *e = &entries[i];

		at += sprintf(at, "[workload %u]\n", i);
		if (e->unit)
			at += sprintf(at, "unit = %s\n", units[e->unit]);
		if (e->network)
			at += sprintf(at, "address = %s\n", networks[e->network]);
		if (e->port)
			at += sprintf(at, "port = %u\n", e->port);
	}
	check_accepted(text);
}

/* Greater is more specific. */
static unsigned long rank(const struct model_entry *e)
{
	const char *unit = units[e->unit];
	unsigned long literals = 0;

	for (const char *c = unit; *c; c++)
		literals += *c != '*' && *c != '?';
	if (e->unit)
		literals = strpbrk(unit, "*?") ? 1 + literals : 1000;
	return literals << 20 | (e->network ? 1 + prefixes[e->network].length : 0) << 1 |
	       (e->port != 0);
}

static const struct model_entry *search(const char *unit, const __be32 address[4],
					unsigned int port)
{
	const struct model_entry *best = NULL;

	for (unsigned int i = 0; i < ENTRIES; i++) {
		const struct model_entry *e = &entries[i];

		if (e->unit && fnmatch(units[e->unit], unit, FNM_NOESCAPE))
			continue;
		if (e->network && !is_inside(address, &prefixes[e->network]))
			continue;
		if (e->port && e->port != port)
			continue;
		if (!best || rank(e) > rank(best))
			best = e;
	}
	return best;
}

static void random_address(char ret[64], struct chance *c)
{
	unsigned int a = chance(c, 5), b = chance(c, 6), last = chance(c, 3);

	switch (chance(c, 4)) {
	case 0:
		snprintf(ret, 64, "10.%u.%u.%u", a, b, last);
		break;
	case 1:
		snprintf(ret, 64, "fd00:%u:%u::%u", a, b, last);
		break;
	case 2:
		snprintf(ret, 64, "128.%u.%u.%u", last, 1U << a, 1U << b);
		break;
	default:
		snprintf(ret, 64, "8000:%x::%u", 1U << (3 * a), last);
	}
}

static void test_lookups(struct chance *c)
{
	unsigned int differ = 0, none = 0;
	struct workload_names names;
	char unit[32], address[64], should[32];
	__be32 bytes[4];

	for (unsigned int i = 0; i < LOOKUPS; i++) {
		unsigned int port = chance(c, PORTS + 1);
		const struct model_entry *e;

		snprintf(unit, sizeof(unit), one_in(c, 3) ? "" : "u%u.service", chance(c, 120));
		random_address(address, c);
		address_of(bytes, address);
		workloads_find(workloads, unit, endpoint_of(bytes, port), false, &names);
		e = search(unit, bytes, port);
		none += !e;
		snprintf(should, sizeof(should), "%zd", e ? e - entries : -1);
		if (strcmp(names.workload ? names.workload : "-1", should) && !differ++)
			printf("'%s' %s %u: %s, should be %s\n", unit, address, port,
			       names.workload, should);
	}
	CHECK(differ == 0);
	CHECK(none < LOOKUPS / 4);
}

int main(void)
{
	struct chance c = chance_of_seed(1);

	begin_calls();
	make_units();
	make_networks();
	make_entries(&c);
	read_entries();
	test_lookups(&c);
	end_calls();
	return check_end();
}
