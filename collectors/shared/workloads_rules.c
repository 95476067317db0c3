// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "workloads_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "glob_match.h"
#include "workloads_check.h"

#define NUMBERS_MAX ((1U << 24) - 1) /* of patterns and prefixes, in a rule's key */
#define CHAIN_MAX   1024

static __u64 rule_key(__u32 pattern, __u32 prefix, __u16 port)
{
	return (__u64)pattern << 40 | (__u64)prefix << 16 | port;
}

/* Chains a pattern with those that begin with the same bytes: a lookup tries all of them. */
static int chain_pattern(struct rules *r, __u32 number, const struct entry *e,
			 struct entries_error *error)
{
	struct unit_pattern *pattern = &r->patterns[number];
	size_t length = glob_literal_prefix(pattern->text);
	__u64 hash = hash_bytes(HASH_BEGIN, pattern->text, length);
	__u32 first;
	int err = number_map_add(&r->by_prefix, hash, number, &first);

	if (err == -EEXIST) {
		pattern->next = r->patterns[first].next;
		r->patterns[first].next = number;
		if (++r->patterns[first].chained < CHAIN_MAX)
			return 0;
		return entries_refuse(error, e,
				      "[workload %s]: unit: more than %u patterns have the same "
				      "bytes before the wildcard as '%s'",
				      e->name, CHAIN_MAX, pattern->text);
	}
	if (length > r->longest_literal_prefix)
		r->longest_literal_prefix = length;
	return err;
}

static int add_pattern(struct rules *r, const char *text)
{
	struct unit_pattern *patterns = list_room(r->patterns, r->n_patterns, sizeof(*patterns));

	if (!patterns)
		return -ENOMEM;
	r->patterns = patterns;
	patterns[r->n_patterns++] = (struct unit_pattern){
		.text = text,
		.literals = glob_literals(text),
		.has_wildcards = glob_has_wildcards(text),
	};
	return 0;
}

/* The number of the pattern, a new one if there is none yet. */
static int pattern_of(struct rules *r, __u32 *ret, const struct entry *e, const char *text,
		      struct entries_error *error)
{
	__u64 hash = hash_bytes(HASH_BEGIN, text, strlen(text));
	int err = number_map_add(&r->by_text, hash, r->n_patterns, ret);

	if (err == -EEXIST && strcmp(r->patterns[*ret].text, text))
		return entries_refuse(error, e, "[workload %s]: unit: '%s' has the hash of '%s'",
				      e->name, text, r->patterns[*ret].text);
	if (err)
		return err == -EEXIST ? 0 : err;
	*ret = r->n_patterns;
	if (add_pattern(r, text))
		return -ENOMEM;
	return r->patterns[*ret].has_wildcards ? chain_pattern(r, *ret, e, error) : 0;
}

static int add_rule(struct rules *r, const struct rule *rule, const struct check *c)
{
	struct rule *items;
	__u32 other;
	int err = number_map_add(&r->by_key, rule_key(rule->pattern, rule->prefix, rule->port),
				 r->n, &other);

	if (err == -EEXIST)
		return check_refuse_pair(c, &r->items[other], rule);
	items = err ? NULL : list_room(r->items, r->n, sizeof(*items));
	if (!items)
		return -ENOMEM;
	r->items = items;
	items[r->n++] = *rule;
	return 0;
}

static int add_ports(struct rules *r, const struct entry *e, struct rule rule,
		     const struct check *c)
{
	int err = 0;

	if (!e->n_ports)
		return add_rule(r, &rule, c);
	for (size_t i = 0; i < e->n_ports && !err; i++) {
		rule.port = e->ports[i];
		rule.service = i + 1;
		err = add_rule(r, &rule, c);
	}
	return err;
}

static int add_prefixes(struct rules *r, const struct entry *e, struct rule rule,
			const struct check *c)
{
	int err = 0;

	if (!e->n_prefixes)
		return add_ports(r, e, rule, c);
	for (size_t i = 0; i < e->n_prefixes && !err; i++) {
		rule.prefix = endpoint_table_number(c->endpoints, e->prefixes[i].id);
		err = add_ports(r, e, rule, c);
	}
	return err;
}

static int add_entry(struct rules *r, const struct entry *e, const struct check *c)
{
	struct rule rule = { .entry = e - c->entries->items };
	int err = 0;

	if (e->kind == ENTRY_SERVICE) {
		rule.pattern = PATTERN_SERVICE;
		return e->n_prefixes ? add_prefixes(r, e, rule, c) : 0;
	}
	if (!e->units.n)
		return add_prefixes(r, e, rule, c);
	for (size_t i = 0; i < e->units.n && !err; i++) {
		err = pattern_of(r, &rule.pattern, e, e->units.items[i], c->error);
		if (!err)
			err = add_prefixes(r, e, rule, c);
	}
	return err;
}

int rules_build(struct rules *ret, const struct entries *es, const struct endpoint_table *t,
		struct entries_error *error)
{
	struct check c = { .entries = es, .endpoints = t, .rules = ret, .error = error };
	int err = 0;

	while (ret->n_patterns < PATTERN_FIRST)
		if (add_pattern(ret, ""))
			return -ENOMEM;
	for (size_t i = 0; i < es->n && !err; i++)
		if (es->items[i].kind != ENTRY_LOCAL)
			err = add_entry(ret, &es->items[i], &c);
	if (!err && (ret->n_patterns > NUMBERS_MAX || t->n_prefixes > NUMBERS_MAX))
		return entries_refuse(error, es->items, "more than %u units or prefixes",
				      NUMBERS_MAX);
	return err ? err : check_patterns(&c);
}

void rules_free(struct rules *r)
{
	free(r->patterns);
	free(r->items);
	number_map_free(&r->by_text);
	number_map_free(&r->by_prefix);
	number_map_free(&r->by_key);
}

static const struct rule *find_rule(const struct rules *r, __u32 pattern, __u32 prefix, __u16 port)
{
	__u32 index;

	return number_map_find(&r->by_key, rule_key(pattern, prefix, port), &index)
		       ? &r->items[index]
		       : NULL;
}

/* The longest prefix that covers the address and has a rule; with its port rather than without. */
static const struct rule *find_place(const struct rules *r, const struct endpoint_table *t,
				     __u32 pattern, __u32 prefix, __u16 port)
{
	const struct rule *found;

	for (;; prefix = t->parents[prefix]) {
		found = port ? find_rule(r, pattern, prefix, port) : NULL;
		if (!found)
			found = find_rule(r, pattern, prefix, 0);
		if (found || !prefix)
			return found;
	}
}

static unsigned int prefix_rank(const struct endpoint_table *t, __u32 prefix)
{
	return prefix ? 1 + t->prefixes[prefix - 1].length : 0;
}

/* Both are of patterns with wildcards. */
static bool is_better(const struct rules *r, const struct endpoint_table *t, const struct rule *a,
		      const struct rule *b)
{
	size_t x = r->patterns[a->pattern].literals, y = r->patterns[b->pattern].literals;

	if (x != y)
		return x > y;
	if (a->prefix != b->prefix)
		return prefix_rank(t, a->prefix) > prefix_rank(t, b->prefix);
	return a->port && !b->port;
}

/* The best rule of a chain's patterns, or best. */
static const struct rule *find_in_chain(const struct rules *r, const struct endpoint_table *t,
					__u32 pattern, const char *unit, __u32 prefix, __u16 port,
					const struct rule *best)
{
	const struct rule *found;

	for (; pattern; pattern = r->patterns[pattern].next) {
		const struct unit_pattern *p = &r->patterns[pattern];

		if (best && p->literals < r->patterns[best->pattern].literals)
			continue;
		if (!glob_matches(p->text, unit))
			continue;
		found = find_place(r, t, pattern, prefix, port);
		if (found && (!best || is_better(r, t, found, best)))
			best = found;
	}
	return best;
}

/* Only patterns are tried whose bytes before the first wildcard the unit begins with. */
static const struct rule *find_wildcards(const struct rules *r, const struct endpoint_table *t,
					 const char *unit, __u32 prefix, __u16 port)
{
	const struct rule *best = NULL;
	__u64 hash = HASH_BEGIN;
	__u32 first;

	if (!r->by_prefix.used)
		return NULL;
	for (size_t length = 0; length <= r->longest_literal_prefix; length++) {
		if (number_map_find(&r->by_prefix, hash, &first))
			best = find_in_chain(r, t, first, unit, prefix, port, best);
		if (!unit[length])
			break;
		hash = hash_bytes(hash, unit + length, 1);
	}
	return best;
}

/* The rule of a unit's whole name. */
static const struct rule *find_name(const struct rules *r, const struct endpoint_table *t,
				    const char *unit, __u32 prefix, __u16 port)
{
	__u32 pattern;

	if (!number_map_find(&r->by_text, hash_bytes(HASH_BEGIN, unit, strlen(unit)), &pattern) ||
	    r->patterns[pattern].has_wildcards || strcmp(r->patterns[pattern].text, unit))
		return NULL;
	return find_place(r, t, pattern, prefix, port);
}

const struct rule *rules_find(const struct rules *r, const struct endpoint_table *t,
			      const char *unit, struct endpoint at)
{
	__u32 prefix = endpoint_table_number(t, at.prefix);
	const struct rule *found = NULL;

	if (unit && *unit) {
		found = find_name(r, t, unit, prefix, at.port);
		if (!found)
			found = find_wildcards(r, t, unit, prefix, at.port);
	}
	return found ? found : find_place(r, t, PATTERN_NONE, prefix, at.port);
}

const struct rule *rules_find_service(const struct rules *r, const struct endpoint_table *t,
				      struct endpoint at)
{
	return find_place(r, t, PATTERN_SERVICE, endpoint_table_number(t, at.prefix), at.port);
}
