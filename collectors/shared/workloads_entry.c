// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "workloads_entry.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *list_room(void *items, size_t n, size_t size)
{
	if (n & (n - 1))
		return items;
	return reallocarray(items, n ? n * 2 : 1, size);
}

int text_list_add(struct text_list *list, const char *text, size_t length)
{
	char **items = list_room(list->items, list->n, sizeof(*items));

	if (!items)
		return -ENOMEM;
	list->items = items;
	items[list->n] = strndup(text, length);
	if (!items[list->n])
		return -ENOMEM;
	list->n++;
	return 0;
}

void text_list_free(struct text_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->items[i]);
	free(list->items);
}

struct entry *entries_add(struct entries *es, enum entry_kind kind, const char *name, size_t length)
{
	struct entry *items = list_room(es->items, es->n, sizeof(*items));
	struct entry *e;

	if (!items)
		return NULL;
	es->items = items;
	e = &items[es->n];
	*e = (struct entry){ .kind = kind, .name = strndup(name, length) };
	if (!e->name)
		return NULL;
	es->n++;
	return e;
}

static void services_free(struct entry *e)
{
	for (size_t i = 0; e->services && i < e->n_ports; i++)
		if (!e->texts[TEXT_UPSTREAM_CLUSTER])
			free((char *)e->services[1 + i].upstream_cluster);
	free(e->services);
}

static void entry_free(struct entry *e)
{
	services_free(e);
	for (unsigned int i = 0; i < N_TEXTS; i++)
		free(e->texts[i]);
	text_list_free(&e->units);
	text_list_free(&e->hosts);
	free(e->prefixes);
	free(e->ports);
	free(e->name);
}

void entries_free(struct entries *es)
{
	for (size_t i = 0; i < es->n; i++)
		entry_free(&es->items[i]);
	free(es->items);
}

static const char *first_of(const char *a, const char *b, const char *c)
{
	return a ? a : b ? b : c;
}

static void complete_workload(struct entry *e)
{
	char **t = e->texts;
	const char *workload = first_of(t[TEXT_WORKLOAD], e->name, NULL);

	e->workload = (struct workload_names){
		.workload = workload,
		.namespace = t[TEXT_NAMESPACE],
		.app = t[TEXT_APP],
		.version = t[TEXT_VERSION],
		.cluster = t[TEXT_CLUSTER],
		.canonical_service = first_of(t[TEXT_CANONICAL_SERVICE], t[TEXT_APP], workload),
		.canonical_revision = first_of(t[TEXT_CANONICAL_REVISION], t[TEXT_VERSION], NULL),
		.principal = t[TEXT_PRINCIPAL],
	};
}

/* Envoy's cluster as Istio names it; the subset is empty. */
static int complete_port(struct entry *e, size_t i)
{
	char *cluster = e->texts[TEXT_UPSTREAM_CLUSTER];

	e->services[1 + i] = e->services[0];
	if (!cluster && asprintf(&cluster, "outbound|%u||%s", e->ports[i], e->name) < 0)
		return -ENOMEM;
	e->services[1 + i].upstream_cluster = cluster;
	return 0;
}

static int complete_service(struct entry *e)
{
	e->services = calloc(1 + e->n_ports, sizeof(*e->services));
	if (!e->services)
		return -ENOMEM;
	if (!e->texts[TEXT_NAME])
		e->texts[TEXT_NAME] = strndup(e->name, strcspn(e->name, "."));
	if (!e->texts[TEXT_NAME])
		return -ENOMEM;
	e->services[0] = (struct service_names){
		.host = e->name,
		.name = e->texts[TEXT_NAME],
		.namespace = e->texts[TEXT_NAMESPACE],
		.upstream_cluster = e->texts[TEXT_UPSTREAM_CLUSTER],
	};
	for (size_t i = 0; i < e->n_ports; i++)
		if (complete_port(e, i))
			return -ENOMEM;
	if (e->n_ports == 1)
		e->services[0].upstream_cluster = e->services[1].upstream_cluster;
	return 0;
}

int entries_complete(struct entries *es)
{
	for (size_t i = 0; i < es->n; i++) {
		if (es->items[i].kind == ENTRY_SERVICE && complete_service(&es->items[i]))
			return -ENOMEM;
		if (es->items[i].kind == ENTRY_WORKLOAD)
			complete_workload(&es->items[i]);
	}
	return 0;
}

int entries_refuse(struct entries_error *ret, const struct entry *at, const char *format, ...)
{
	va_list args;

	ret->at = at;
	va_start(args, format);
	if (vasprintf(&ret->text, format, args) < 0)
		ret->text = NULL;
	va_end(args);
	return -EINVAL;
}

const char *entry_kind_name(enum entry_kind kind)
{
	switch (kind) {
	case ENTRY_LOCAL:
		return "local";
	case ENTRY_WORKLOAD:
		return "workload";
	case ENTRY_SERVICE:
		break;
	}
	return "service";
}
