// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "workloads_check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "glob_match.h"
#include "workloads_keys.h"
#include "workloads_value.h"

#define COMBINATIONS_MAX 65536

static int check_empty_lists(const struct entry *e, struct entries_error *error)
{
	for (unsigned int i = 0; i < entry_keys_count; i++) {
		const struct entry_key *key = &entry_keys[i];

		if (key->add && e->keys & entry_key_bit(key) && !entry_key_items(e, key))
			return entries_refuse(error, e, "[%s %s]: %s is empty: expected %s",
					      entry_kind_name(e->kind), e->name, key->name,
					      key->expected);
	}
	return 0;
}

static size_t at_least_one(size_t n)
{
	return n ? n : 1;
}

/* Each combination is kept. The products cannot overflow: the list of a key has a file's size. */
static int check_combinations(const struct entry *e, struct entries_error *error)
{
	size_t places = at_least_one(e->n_prefixes) * at_least_one(e->n_ports);

	if (places <= COMBINATIONS_MAX && places * at_least_one(e->units.n) <= COMBINATIONS_MAX &&
	    at_least_one(e->n_ports) * e->hosts.n <= COMBINATIONS_MAX)
		return 0;
	return entries_refuse(error, e,
			      "[%s %s]: more than %u combinations of unit, address, port or hosts",
			      entry_kind_name(e->kind), e->name, COMBINATIONS_MAX);
}

static int check_entry(const struct entry *e, struct entries_error *error)
{
	int err = check_empty_lists(e, error);

	if (err)
		return err;
	if (e->kind == ENTRY_WORKLOAD && !e->units.n && !e->n_prefixes && !e->n_ports)
		return entries_refuse(error, e,
				      "[workload %s]: at least one of unit, address and port is "
				      "expected",
				      e->name);
	if (e->kind == ENTRY_SERVICE && e->n_ports && !e->n_prefixes)
		return entries_refuse(error, e, "[service %s]: port is given without address",
				      e->name);
	return check_combinations(e, error);
}

int check_entries(const struct entries *es, struct entries_error *error)
{
	int err = 0;

	for (size_t i = 0; i < es->n && !err; i++)
		err = check_entry(&es->items[i], error);
	return err;
}

#define PLACE_MAX 128

/* ", address = 10.0.0.0/8, port = 80", as far as the rule says it. */
static void describe_place(char ret[PLACE_MAX], const struct check *c, const struct rule *r)
{
	char address[INET6_ADDRSTRLEN], prefix[64] = "", port[16] = "";

	if (r->prefix) {
		const struct workloads_prefix *p = &c->endpoints->prefixes[r->prefix - 1];
		bool is_ipv4 = prefix_is_ipv4(p);

		inet_ntop(is_ipv4 ? AF_INET : AF_INET6, is_ipv4 ? &p->address[3] : p->address,
			  address, sizeof(address));
		snprintf(prefix, sizeof(prefix), ", address = %s/%u", address,
			 p->length - (is_ipv4 ? 96 : 0));
	}
	if (r->port)
		snprintf(port, sizeof(port), ", port = %u", r->port);
	snprintf(ret, PLACE_MAX, "%s%s", prefix, port);
}

int check_refuse_pair(const struct check *c, const struct rule *first, const struct rule *second)
{
	const struct entry *e = &c->entries->items[second->entry];
	const struct entry *other = &c->entries->items[first->entry];
	const char *a = c->rules->patterns[first->pattern].text;
	const char *b = c->rules->patterns[second->pattern].text;
	char place[PLACE_MAX];

	describe_place(place, c, second);
	return entries_refuse(c->error, e,
			      "[%s %s] is as specific as [%s %s] at %s:%u and can match "
			      "the same%s%s%s%s%s",
			      entry_kind_name(e->kind), e->name, entry_kind_name(other->kind),
			      other->name, other->path, other->line, *b ? ", unit = " : "", b,
			      a != b ? " and " : "", a != b ? a : "", place);
}

/* A rule whose pattern has wildcards, in the order in which those that may meet are close. */
struct wild_rule {
	const struct rule *rule;
	const char *text;
	size_t literals, literal_prefix;
};

static int compare_numbers(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_ranks(const struct wild_rule *x, const struct wild_rule *y)
{
	int order = compare_numbers(x->literals, y->literals);

	if (!order)
		order = compare_numbers(x->rule->prefix, y->rule->prefix);
	return order ? order : compare_numbers(x->rule->port, y->rule->port);
}

/* Whether x begins with the literal prefix of y, before a wildcard of its own. */
static bool begins_with(const struct wild_rule *x, const struct wild_rule *y)
{
	return x->literal_prefix >= y->literal_prefix &&
	       !memcmp(x->text, y->text, y->literal_prefix);
}

static int compare_wild_rules(const void *a, const void *b)
{
	const struct wild_rule *x = a, *y = b;
	int order = compare_ranks(x, y);
	size_t common =
		x->literal_prefix < y->literal_prefix ? x->literal_prefix : y->literal_prefix;

	if (!order)
		order = memcmp(x->text, y->text, common);
	return order ? order : compare_numbers(x->literal_prefix, y->literal_prefix);
}

static size_t collect_wild_rules(struct wild_rule *ret, const struct rules *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct unit_pattern *p = &r->patterns[r->items[i].pattern];

		if (p->has_wildcards)
			ret[n++] = (struct wild_rule){ &r->items[i], p->text, p->literals,
						       glob_literal_prefix(p->text) };
	}
	return n;
}

/* Sorted like this, all that begin with the literal prefix of one follow it. */
static int check_followers(const struct check *c, const struct wild_rule *x,
			   const struct wild_rule *end)
{
	for (const struct wild_rule *y = x + 1; y < end; y++) {
		const struct rule *a = x->rule, *b = y->rule;

		if (compare_ranks(x, y) || !begins_with(y, x))
			break;
		if (a->entry == b->entry || !glob_overlaps(x->text, y->text))
			continue;
		return a->entry < b->entry ? check_refuse_pair(c, a, b)
					   : check_refuse_pair(c, b, a);
	}
	return 0;
}

int check_patterns(const struct check *c)
{
	struct wild_rule *wild = calloc(c->rules->n + 1, sizeof(*wild));
	size_t n;
	int err = 0;

	if (!wild)
		return -ENOMEM;
	n = collect_wild_rules(wild, c->rules);
	qsort(wild, n, sizeof(*wild), compare_wild_rules);
	for (size_t i = 0; i < n && !err; i++)
		err = check_followers(c, &wild[i], wild + n);
	free(wild);
	return err;
}
