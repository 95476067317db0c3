// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "workloads_endpoints.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workloads_value.h"

/* An IPv6 prefix inside of which IPv4's addresses lie, as they are written in IPv6. */
static bool surrounds_ipv4(const struct workloads_prefix *p)
{
	return p->length <= 80 && !p->address[0] && !p->address[1] && !p->address[2];
}

static int compare_prefixes(const void *a, const void *b)
{
	const struct workloads_prefix *x = a, *y = b;
	int order = memcmp(x->address, y->address, sizeof(x->address));

	return order ? order : (int)x->length - (int)y->length;
}

static bool covers(const struct workloads_prefix *p, const struct workloads_prefix *q)
{
	if (p->length > q->length || prefix_is_ipv4(p) != prefix_is_ipv4(q))
		return false;
	for (unsigned int i = 0; i < 4 && 32 * i < p->length; i++) {
		unsigned int kept = p->length - 32 * i;
		__u32 mask = kept < 32 ? ~(0xffffffffU >> kept) : 0xffffffffU;

		if ((p->address[i] ^ q->address[i]) & htonl(mask))
			return false;
	}
	return true;
}

/* With repetitions. If an IPv6 prefix surrounds IPv4, all of IPv4 is a prefix too: ::/0 is not
 * meant to match it. */
static void collect_prefixes(struct endpoint_table *t, struct entries *es)
{
	struct workloads_prefix ipv4 = { .address = { [2] = htonl(0xffff) }, .length = 96 };
	bool is_surrounded = false;

	for (size_t i = 0; i < es->n; i++) {
		struct entry *e = &es->items[i];

		for (size_t j = 0; j < e->n_prefixes; j++) {
			struct workloads_prefix *p = &e->prefixes[j];

			p->id = prefix_id(p->address, p->length);
			is_surrounded |= surrounds_ipv4(p);
			t->prefixes[t->n_prefixes++] = *p;
		}
	}
	ipv4.id = prefix_id(ipv4.address, ipv4.length);
	if (is_surrounded)
		t->prefixes[t->n_prefixes++] = ipv4;
}

static void sort_prefixes(struct endpoint_table *t)
{
	size_t n = 0;

	qsort(t->prefixes, t->n_prefixes, sizeof(*t->prefixes), compare_prefixes);
	for (size_t i = 0; i < t->n_prefixes; i++)
		if (!n || compare_prefixes(&t->prefixes[i], &t->prefixes[n - 1]))
			t->prefixes[n++] = t->prefixes[i];
	t->n_prefixes = n;
}

/* In ascending order the prefixes that cover one stand before it, the longest last. */
static void find_parents(struct endpoint_table *t)
{
	for (size_t i = 1; i < t->n_prefixes; i++) {
		__u32 parent = i; /* the number of the prefix before it */

		while (parent && !covers(&t->prefixes[parent - 1], &t->prefixes[i]))
			parent = t->parents[parent];
		t->parents[i + 1] = parent;
	}
}

static const struct entry *entry_of_prefix(const struct entries *es, __u32 id)
{
	for (size_t i = 0; i < es->n; i++)
		for (size_t j = 0; j < es->items[i].n_prefixes; j++)
			if (es->items[i].prefixes[j].id == id)
				return &es->items[i];
	return es->items;
}

static int number_prefixes(struct endpoint_table *t, const struct entries *es,
			   struct entries_error *error)
{
	for (size_t i = 0; i < t->n_prefixes; i++) {
		__u32 id = t->prefixes[i].id;
		int r = number_map_add(&t->numbers, id, i + 1, NULL);

		if (r == -EEXIST)
			return entries_refuse(error, entry_of_prefix(es, id),
					      "address: two prefixes have the same hash %#x; write "
					      "one of them as two longer ones",
					      id);
		if (r)
			return r;
	}
	return 0;
}

/* Ascending, each once. */
static int collect_ports(struct endpoint_table *t, const struct entries *es)
{
	__u64 used[65536 / 64] = {};
	size_t n = 0;

	for (size_t i = 0; i < es->n; i++) {
		const struct entry *e = &es->items[i];

		for (size_t j = 0; j < e->n_ports; j++)
			used[e->ports[j] / 64] |= 1ULL << e->ports[j] % 64;
		n += e->n_ports;
	}
	t->ports = calloc(n + 1, sizeof(*t->ports));
	if (!t->ports)
		return -ENOMEM;
	for (unsigned int port = 1; port < 65536; port++)
		if (used[port / 64] >> port % 64 & 1)
			t->ports[t->n_ports++] = port;
	return 0;
}

int endpoint_table_build(struct endpoint_table *ret, struct entries *es,
			 struct entries_error *error)
{
	size_t n = 1; /* all of IPv4 */

	for (size_t i = 0; i < es->n; i++)
		n += es->items[i].n_prefixes;
	ret->prefixes = calloc(n, sizeof(*ret->prefixes));
	ret->parents = calloc(n + 1, sizeof(*ret->parents));
	if (!ret->prefixes || !ret->parents || collect_ports(ret, es))
		return -ENOMEM;
	collect_prefixes(ret, es);
	sort_prefixes(ret);
	find_parents(ret);
	return number_prefixes(ret, es, error);
}

void endpoint_table_free(struct endpoint_table *t)
{
	free(t->prefixes);
	free(t->parents);
	free(t->ports);
	number_map_free(&t->numbers);
}

__u32 endpoint_table_number(const struct endpoint_table *t, __u32 id)
{
	__u32 number;

	return number_map_find(&t->numbers, id, &number) ? number : 0;
}
