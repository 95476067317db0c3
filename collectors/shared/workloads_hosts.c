// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "workloads_hosts.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "workloads_value.h"

/* Takes text over. */
static int append(struct host_table *t, char *text, __u32 id, struct host_owner owner)
{
	struct workloads_host *hosts = list_room(t->hosts, t->n, sizeof(*hosts));
	struct host_owner *owners;

	if (hosts)
		t->hosts = hosts;
	owners = list_room(t->owners, t->n, sizeof(*owners));
	if (owners)
		t->owners = owners;
	if (!hosts || !owners) {
		free(text);
		return -ENOMEM;
	}
	hosts[t->n] = (struct workloads_host){ text, id };
	owners[t->n++] = owner;
	return 0;
}

/* The same host is in the table, at index. */
static int refuse_again(const struct host_table *t, __u32 index, const char *text,
			const struct entry *e, struct entries_error *error)
{
	const struct entry *other = t->owners[index].entry;

	if (other == e)
		return 0;
	return entries_refuse(error, e,
			      "[service %s]: host '%s' is one of [service %s] at %s:%u too",
			      e->name, text, other->name, other->path, other->line);
}

/* port: 0, or what is added to the host. */
static int add_host(struct host_table *t, struct host_owner owner, __u16 port,
		    struct entries_error *error)
{
	char added[sizeof(":65535")] = "", *text;
	__u32 id, index;
	int r;

	if (port)
		snprintf(added, sizeof(added), ":%u", port);
	if (asprintf(&text, "%s%s", owner.configured, added) < 0)
		return -ENOMEM;
	id = host_id(host_hash(text));
	r = number_map_add(&t->indexes, id, t->n, &index);
	while (r == -EEXIST && strcmp(t->hosts[index].text, text)) {
		id = id == UINT32_MAX ? 1
				      : id + 1; /* another host's: of 20,000 it happens to some */
		r = number_map_add(&t->indexes, id, t->n, &index);
	}
	if (!r)
		return append(t, text, id, owner);
	if (r == -EEXIST)
		r = refuse_again(t, index, text, owner.entry, error);
	free(text);
	return r;
}

/* Which of the service's ports an authority ends with, from 1; 0: none of them. */
static size_t port_index(const struct entry *e, const char *authority)
{
	__u16 port;

	if (!authority_has_port(authority) || value_port(&port, strrchr(authority, ':') + 1))
		return 0;
	for (size_t i = 0; i < e->n_ports; i++)
		if (e->ports[i] == port)
			return i + 1;
	return 0;
}

static int add_configured(struct host_table *t, const struct entry *e, const char *host,
			  struct entries_error *error)
{
	struct host_owner owner = { e, host, port_index(e, host) };
	int r = add_host(t, owner, 0, error);

	if (authority_has_port(host))
		return r;
	for (size_t i = 0; i < e->n_ports && !r; i++) {
		owner.service = i + 1;
		r = add_host(t, owner, e->ports[i], error);
	}
	return r;
}

int host_table_build(struct host_table *ret, const struct entries *es, struct entries_error *error)
{
	int r = 0;

	for (size_t i = 0; i < es->n && !r; i++) {
		const struct entry *e = &es->items[i];

		if (e->kind != ENTRY_SERVICE)
			continue;
		r = add_configured(ret, e, e->name, error);
		for (size_t j = 0; j < e->hosts.n && !r; j++)
			r = add_configured(ret, e, e->hosts.items[j], error);
	}
	return r;
}

void host_table_free(struct host_table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free((char *)t->hosts[i].text);
	free(t->hosts);
	free(t->owners);
	number_map_free(&t->indexes);
}

const struct host_owner *host_table_find(const struct host_table *t, __u32 id)
{
	__u32 index;

	return number_map_find(&t->indexes, id, &index) ? &t->owners[index] : NULL;
}
