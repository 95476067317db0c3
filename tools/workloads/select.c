/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The workloads that a service's selector means: of its namespace, with all of its labels. */
#include <stdlib.h>
#include <string.h>

#include "tree.h"

static int compare_names(const void *a, const void *b)
{
	const struct object *x = &(*(struct workload *const *)a)->object;
	const struct object *y = &(*(struct workload *const *)b)->object;
	int order = strcmp(x->namespace, y->namespace);

	return order ? order : strcmp(x->name, y->name);
}

static int compare_ages(const void *a, const void *b)
{
	const struct object *x = &(*(struct service *const *)a)->object;
	const struct object *y = &(*(struct service *const *)b)->object;

	return object_compare_age(x, y);
}

static void sort_objects(struct converter *c)
{
	struct workload *w = c->first_workload;
	struct service *s = c->first_service;

	c->workloads = converter_take(c, c->workloads_count, sizeof(*c->workloads));
	c->services = converter_take(c, c->services_count, sizeof(*c->services));
	for (size_t i = 0; i < c->workloads_count; i++, w = w->next)
		c->workloads[i] = w;
	for (size_t i = 0; i < c->services_count; i++, s = s->next)
		c->services[i] = s;
	qsort(c->workloads, c->workloads_count, sizeof(*c->workloads), compare_names);
	qsort(c->services, c->services_count, sizeof(*c->services), compare_ages);
}

static bool is_selected(struct converter *c, const struct workload *w, const struct node *selector)
{
	const struct node *label;

	node_for_each(label, selector)
	{
		const char *wanted = node_name(c, label);
		const char *is = workload_label(c, w, label->key);

		if (strcmp(wanted ? wanted : "", is ? is : ""))
			return false;
	}
	return true;
}

/* Index of the first workload of the namespace, or of what would follow it. */
static size_t find_namespace(const struct converter *c, const char *namespace)
{
	size_t from = 0, to = c->workloads_count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (strcmp(c->workloads[middle]->object.namespace, namespace) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static void select_workloads(struct converter *c, struct service *s)
{
	const char *namespace = s->object.namespace;
	size_t before = s->addresses.count;

	for (size_t i = find_namespace(c, namespace); i < c->workloads_count && !c->failed; i++) {
		const struct workload *w = c->workloads[i];

		if (strcmp(w->object.namespace, namespace))
			break;
		if (is_selected(c, w, s->selector))
			service_add_endpoint(c, s, &w->address, w->port_map);
	}
	c->claims += s->addresses.count - before;
	if (c->claims > CLAIMS_MAX)
		fail(c, s->object.node, "more than %lu addresses in all services", CLAIMS_MAX);
}

static void fail_twice(struct converter *c, const struct object *o)
{
	fail(c, o->node, "%s %s/%s is given twice", o->kind, o->namespace, o->name);
}

static void check_once(struct converter *c)
{
	for (size_t i = 1; i < c->workloads_count; i++) {
		if (!compare_names(&c->workloads[i - 1], &c->workloads[i]))
			fail_twice(c, &c->workloads[i]->object);
	}
	for (size_t i = 1; i < c->services_count; i++) {
		if (!compare_ages(&c->services[i - 1], &c->services[i]))
			fail_twice(c, &c->services[i]->object);
	}
}

void convert_select(struct converter *c)
{
	if (c->failed)
		return;
	sort_objects(c);
	check_once(c);
	for (size_t i = 0; i < c->services_count && !c->failed; i++) {
		if (c->services[i]->selector)
			select_workloads(c, c->services[i]);
	}
	c->claims = 0;
}
