/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "identity.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workload.h"

#define UNKNOWN "unknown"

/* What Istio says of one end; destination_service* depend on both ends. */
struct end {
	const char *workload;
	const char *canonical_service;
	const char *canonical_revision;
	const char *namespace;
	const char *principal;
	const char *app;
	const char *version;
	const char *cluster;
};

struct service {
	const char *host;
	const char *name;
	const char *namespace;
};

static struct end local_end(const char *name)
{
	return (struct end){
		.workload = name,
		.canonical_service = name,
		.canonical_revision = "",
		.namespace = "",
		.principal = UNKNOWN,
		.app = "",
		.version = "",
		.cluster = "",
	};
}

static struct end peer_end(const char *name)
{
	const char *known = name && *name ? name : UNKNOWN;

	return (struct end){
		.workload = known,
		.canonical_service = known,
		.canonical_revision = "latest",
		.namespace = UNKNOWN,
		.principal = UNKNOWN,
		.app = UNKNOWN,
		.version = UNKNOWN,
		.cluster = UNKNOWN,
	};
}

static struct service service_of(const struct label_parties *parties)
{
	const char *own = *parties->local ? parties->local : UNKNOWN;

	if (parties->reporter == REPORTER_SOURCE)
		return (struct service){ UNKNOWN, "PassthroughCluster", UNKNOWN };
	return (struct service){ own, own, "" };
}

static void label(struct prom_text *t, const char *name, const char *value)
{
	prom_printf(t, ",%s=\"", name);
	prom_escape(t, value);
	prom_printf(t, "\"");
}

static void source_labels(struct prom_text *t, const struct end *e)
{
	label(t, "source_workload", e->workload);
	label(t, "source_canonical_service", e->canonical_service);
	label(t, "source_canonical_revision", e->canonical_revision);
	label(t, "source_workload_namespace", e->namespace);
	label(t, "source_principal", e->principal);
	label(t, "source_app", e->app);
	label(t, "source_version", e->version);
	label(t, "source_cluster", e->cluster);
}

static void destination_labels(struct prom_text *t, const struct end *e, const struct service *s)
{
	label(t, "destination_workload", e->workload);
	label(t, "destination_workload_namespace", e->namespace);
	label(t, "destination_principal", e->principal);
	label(t, "destination_app", e->app);
	label(t, "destination_version", e->version);
	label(t, "destination_service", s->host);
	label(t, "destination_canonical_service", e->canonical_service);
	label(t, "destination_canonical_revision", e->canonical_revision);
	label(t, "destination_service_name", s->name);
	label(t, "destination_service_namespace", s->namespace);
	label(t, "destination_cluster", e->cluster);
}

int labels_base(struct prom_text *ret, const struct label_parties *parties)
{
	struct end local = local_end(parties->local), peer = peer_end(parties->peer);
	struct service service = service_of(parties);

	switch (parties->reporter) {
	case REPORTER_SOURCE:
		prom_printf(ret, "reporter=\"source\"");
		source_labels(ret, &local);
		destination_labels(ret, &peer, &service);
		return ret->error;
	case REPORTER_DESTINATION:
		prom_printf(ret, "reporter=\"destination\"");
		source_labels(ret, &peer);
		destination_labels(ret, &local, &service);
		return ret->error;
	case REPORTER_NONE:
		break;
	}
	return -EINVAL;
}

static int end_labels(struct prom_text *ret, const struct label_parties *parties, const char *flags)
{
	label(ret, "response_flags", flags);
	label(ret, "connection_security_policy",
	      parties->reporter == REPORTER_SOURCE ? UNKNOWN : "none");
	return ret->error;
}

int labels_tcp(struct prom_text *ret, const struct label_parties *parties, const char *flags)
{
	int err = labels_base(ret, parties);

	if (err)
		return err;
	label(ret, "request_protocol", "tcp");
	return end_labels(ret, parties, flags);
}

int labels_http(struct prom_text *ret, const struct label_parties *parties,
		unsigned int response_code, const char *flags)
{
	int err = labels_base(ret, parties);

	if (err)
		return err;
	label(ret, "request_protocol", "http");
	prom_printf(ret, ",response_code=\"%u\"", response_code);
	label(ret, "grpc_response_status", "");
	return end_labels(ret, parties, flags);
}

struct known_name {
	unsigned long long id; /* WORKLOAD_NONE: free */
	char *name;
};

/* Open addressing, at most half full; ids are hashes already. */
static struct known_name *names;
static size_t names_capacity, names_used;

static struct known_name *name_slot(struct known_name *table, size_t capacity,
				    unsigned long long id)
{
	size_t i = id & (capacity - 1);

	while (table[i].id != WORKLOAD_NONE && table[i].id != id)
		i = (i + 1) & (capacity - 1);
	return &table[i];
}

static int names_grow(void)
{
	size_t capacity = names_capacity ? 2 * names_capacity : 64;
	struct known_name *table;

	if (2 * (names_used + 1) <= names_capacity)
		return 0;
	table = calloc(capacity, sizeof(*table));
	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < names_capacity; i++)
		if (names[i].id != WORKLOAD_NONE)
			*name_slot(table, capacity, names[i].id) = names[i];
	free(names);
	names = table;
	names_capacity = capacity;
	return 0;
}

const char *workload_name(int workloads_fd, unsigned long long id)
{
	struct known_name *slot;
	struct workload w;
	char *name;

	if (id == WORKLOAD_NONE)
		return "";
	if (id == WORKLOAD_OVERFLOW)
		return UNKNOWN;
	if (names_grow())
		return NULL;
	slot = name_slot(names, names_capacity, id);
	if (slot->id == id)
		return slot->name;
	/* not cached: a later sample may find it */
	if (bpf_map_lookup_elem(workloads_fd, &id, &w))
		return UNKNOWN;
	name = strndup(w.name, sizeof(w.name));
	if (!name)
		return NULL;
	*slot = (struct known_name){ .id = id, .name = name };
	names_used++;
	return name;
}

void workload_names_free(void)
{
	for (size_t i = 0; i < names_capacity; i++)
		free(names[i].name);
	free(names);
	names = NULL;
	names_capacity = 0;
	names_used = 0;
}
