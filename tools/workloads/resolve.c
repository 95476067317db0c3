/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What only one may have: an address and port, a host. workloads.ini refuses contradictions; here
 * the older object wins, as Istio has it (sortConfigByCreationTime), and a warning says so.
 */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "tree.h"

struct claim {
	struct prefix prefix;
	unsigned int port; /* 0: any */
	const char *host;  /* NULL: a claim on prefix and port */
	const struct object *owner;
	unsigned int owners;
};

static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order;

	if (x->host)
		return strcmp(x->host, y->host);
	order = prefix_compare(&x->prefix, &y->prefix);
	return order ? order : (int)x->port - (int)y->port;
}

static struct claim *find_claim(void *const *tree, const struct claim *wanted)
{
	void *found = tfind(wanted, tree, compare_claims);

	return found ? *(struct claim **)found : NULL;
}

static void add_claim(struct converter *c, void **tree, const struct claim *claim)
{
	struct claim *copy = converter_copy(c, claim, sizeof(*claim));
	const struct node *at = claim->owner->node;

	if (++c->claims > CLAIMS_MAX)
		fail(c, at, "more than %lu addresses, ports and hosts", CLAIMS_MAX);
	else if (!tsearch(copy, tree, compare_claims))
		fail(c, at, "no memory");
}

/* The claims themselves are the converter's. */
static void keep(void *claim)
{
	(void)claim;
}

static void warn_of_owner(struct converter *c, const struct object *loser,
			  const struct object *owner, const char *what)
{
	warn(c, loser->node, "%s is left to the older %s %s/%s (%s:%u)", what, owner->kind,
	     owner->namespace, owner->name, owner->node->file, owner->node->line);
}

static void warn_of_address(struct converter *c, const struct object *loser,
			    const struct claim *claim)
{
	char text[PREFIX_TEXT_MAX];

	prefix_print(text, &claim->prefix);
	if (claim->port)
		warn_of_owner(c, loser, claim->owner,
			      converter_print(c, "%s port %u", text, claim->port));
	else
		warn_of_owner(c, loser, claim->owner, text);
}

/* Several on one address are told apart by their ports; a client's port tells nothing. */
static void resolve_shared(struct converter *c, struct workload *w, void **tree)
{
	size_t all = w->ports.count, kept = 0;
	struct claim claim = { .prefix = w->address, .owner = &w->object };

	for (size_t i = 0; i < (all ? all : 1) && !c->failed; i++) {
		const struct claim *other;

		claim.port = all ? w->ports.numbers[i] : 0;
		other = find_claim(tree, &claim);
		if (other) {
			warn_of_address(c, &w->object, other);
			continue;
		}
		add_claim(c, tree, &claim);
		if (all)
			w->ports.numbers[kept] = claim.port;
		kept++;
	}
	w->ports.count = all ? kept : 0;
	w->is_dropped = !kept;
}

static int compare_addresses(const void *a, const void *b)
{
	const struct workload *x = *(struct workload *const *)a, *y = *(struct workload *const *)b;
	int order = prefix_compare(&x->address, &y->address);

	return order ? order : object_compare_age(&x->object, &y->object);
}

static void resolve_workloads(struct converter *c)
{
	size_t count = c->workloads_count;
	struct workload **sorted = converter_take(c, count, sizeof(*sorted));
	void *tree = NULL;

	for (size_t i = 0; i < count; i++)
		sorted[i] = c->workloads[i];
	qsort(sorted, count, sizeof(*sorted), compare_addresses);
	for (size_t i = 0; i < count; i++) {
		const struct prefix *p = &sorted[i]->address;

		if ((i && !prefix_compare(p, &sorted[i - 1]->address)) ||
		    (i + 1 < count && !prefix_compare(p, &sorted[i + 1]->address)))
			resolve_shared(c, sorted[i], &tree);
		else
			sorted[i]->ports.count = 0;
	}
	tdestroy(tree, keep);
}

static void resolve_hosts(struct converter *c, struct service *s, void **tree)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->hosts_count && !c->failed; i++) {
		struct claim claim = { .host = s->hosts[i], .owner = &s->object };
		const struct claim *other = find_claim(tree, &claim);

		if (!other) {
			add_claim(c, tree, &claim);
			s->hosts[kept++] = s->hosts[i];
		} else if (other->owner != &s->object) {
			warn_of_owner(c, &s->object, other->owner, s->hosts[i]);
		}
	}
	s->hosts_count = kept;
	s->is_dropped = !kept;
}

/*
 * A host NAME.NAMESPACE.svc.DOMAIN has shorter names, which the resolver's search path or Istio's
 * virtual hosts complete. One that several services could mean is nobody's.
 */
static void make_short_hosts(struct converter *c, struct service *s, void *const *hosts,
			     void **shorts)
{
	const char *end = converter_print(c, ".svc.%s", c->options->domain);
	const char *host = s->hosts[0], *dot = strchr(host, '.');
	size_t length = strlen(host), tail = strlen(end);
	int head = (int)(length - tail);

	if (length <= tail || strcasecmp(host + head, end) || !dot || dot >= host + head ||
	    memchr(dot + 1, '.', (size_t)(host + head - dot - 1)))
		return;
	s->short_hosts[0] = converter_print(c, "%.*s", (int)(dot - host), host);
	s->short_hosts[1] = converter_print(c, "%.*s", head, host);
	s->short_hosts[2] = converter_print(c, "%.*s.svc", head, host);
	for (size_t i = 0; i < SHORT_HOSTS; i++) {
		struct claim claim = { .host = s->short_hosts[i], .owner = &s->object };
		struct claim *other = find_claim(shorts, &claim);

		if (find_claim(hosts, &claim))
			s->short_hosts[i] = NULL;
		else if (other)
			other->owners++;
		else
			add_claim(c, shorts, &claim);
	}
}

static void drop_shared_short_hosts(struct service *s, void *const *shorts)
{
	for (size_t i = 0; i < SHORT_HOSTS; i++) {
		struct claim claim = { .host = s->short_hosts[i] };

		if (claim.host && find_claim(shorts, &claim)->owners)
			s->short_hosts[i] = NULL;
	}
}

static int compare_prefixes(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

/* Another's claim on the address at one of the service's ports; else NULL, and all are claimed. */
static const struct claim *claim_address(struct converter *c, struct service *s,
					 const struct prefix *p, void **tree)
{
	size_t count = s->ports.count ? s->ports.count : 1;
	struct claim claim = { .prefix = *p, .owner = &s->object };

	for (size_t i = 0; i < count; i++) {
		const struct claim *other;

		claim.port = s->ports.count ? s->ports.numbers[i] : 0;
		other = find_claim(tree, &claim);
		if (other)
			return other;
	}
	for (size_t i = 0; i < count && !c->failed; i++) {
		claim.port = s->ports.count ? s->ports.numbers[i] : 0;
		add_claim(c, tree, &claim);
	}
	return NULL;
}

static void resolve_addresses(struct converter *c, struct service *s, void **tree)
{
	struct prefix *items = s->addresses.items, last;
	size_t kept = 0;

	if (!s->addresses.count)
		return;
	qsort(items, s->addresses.count, sizeof(*items), compare_prefixes);
	for (size_t i = 0; i < s->addresses.count && !c->failed; i++) {
		struct prefix p = items[i];
		const struct claim *other;

		if (i && !prefix_compare(&p, &last))
			continue;
		last = p;
		other = claim_address(c, s, &p, tree);
		if (other)
			warn_of_address(c, &s->object, other);
		else
			items[kept++] = p;
	}
	s->addresses.count = kept;
}

static void resolve_services(struct converter *c)
{
	void *hosts = NULL, *shorts = NULL, *addresses = NULL;

	for (size_t i = 0; i < c->services_count && !c->failed; i++)
		resolve_hosts(c, c->services[i], &hosts);
	for (size_t i = 0; i < c->services_count && !c->failed; i++) {
		if (!c->services[i]->is_dropped) {
			make_short_hosts(c, c->services[i], &hosts, &shorts);
			resolve_addresses(c, c->services[i], &addresses);
		}
	}
	for (size_t i = 0; i < c->services_count && !c->failed; i++)
		drop_shared_short_hosts(c->services[i], &shorts);
	tdestroy(hosts, keep);
	tdestroy(shorts, keep);
	tdestroy(addresses, keep);
}

void convert_resolve(struct converter *c)
{
	if (c->failed)
		return;
	resolve_workloads(c);
	resolve_services(c);
}
