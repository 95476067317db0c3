// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "workloads_keys.h"

#include <errno.h>
#include <string.h>

#include "workloads_map.h"
#include "workloads_value.h"

static int add_unit(struct entry *e, const char *word, __u64 *ret)
{
	if (value_unit(word))
		return -EINVAL;
	*ret = hash_bytes(HASH_BEGIN, word, strlen(word));
	return text_list_add(&e->units, word, strlen(word));
}

static int add_host(struct entry *e, const char *word, __u64 *ret)
{
	char host[HOST_MAX + 1];

	if (value_authority(host, word))
		return -EINVAL;
	*ret = hash_bytes(HASH_BEGIN, host, strlen(host));
	return text_list_add(&e->hosts, host, strlen(host));
}

static int add_prefix(struct entry *e, const char *word, __u64 *ret)
{
	struct workloads_prefix prefix, *prefixes;

	if (value_prefix(&prefix, word))
		return -EINVAL;
	prefixes = list_room(e->prefixes, e->n_prefixes, sizeof(*prefixes));
	if (!prefixes)
		return -ENOMEM;
	e->prefixes = prefixes;
	prefixes[e->n_prefixes++] = prefix;
	*ret = hash_bytes(HASH_BEGIN, prefix.address, sizeof(prefix.address));
	*ret = hash_bytes(*ret, &prefix.length, sizeof(prefix.length));
	return 0;
}

static int add_port(struct entry *e, const char *word, __u64 *ret)
{
	__u16 port, *ports;

	if (value_port(&port, word))
		return -EINVAL;
	ports = list_room(e->ports, e->n_ports, sizeof(*ports));
	if (!ports)
		return -ENOMEM;
	e->ports = ports;
	ports[e->n_ports++] = port;
	*ret = hash_bytes(HASH_BEGIN, &port, sizeof(port));
	return 0;
}

#define LABEL_EXPECTED "1 to 253 bytes of UTF-8 without control characters"
#define LABEL(field, where, is)                                                                    \
	{                                                                                          \
		.name = #field, .kinds = where, .text = is, .expected = LABEL_EXPECTED             \
	}
#define LIST(field, where, function, what)                                                         \
	{                                                                                          \
		.name = #field, .kinds = where, .add = function, .expected = what                  \
	}

const struct entry_key entry_keys[] = {
	LIST(unit, ENTRY_WORKLOAD, add_unit,
	     "names of units, up to 255 bytes, in which * and ? are wildcards"),
	LIST(address, ENTRY_WORKLOAD | ENTRY_SERVICE, add_prefix,
	     "addresses, or networks without bits behind their length"),
	LIST(port, ENTRY_WORKLOAD | ENTRY_SERVICE, add_port, "ports, 1 to 65535"),
	LIST(hosts, ENTRY_SERVICE, add_host, "values of the Host header, without wildcards"),
	LABEL(workload, ENTRY_WORKLOAD, TEXT_WORKLOAD),
	LABEL(namespace, ENTRY_LOCAL | ENTRY_WORKLOAD | ENTRY_SERVICE, TEXT_NAMESPACE),
	LABEL(app, ENTRY_WORKLOAD, TEXT_APP),
	LABEL(version, ENTRY_WORKLOAD, TEXT_VERSION),
	LABEL(cluster, ENTRY_LOCAL | ENTRY_WORKLOAD, TEXT_CLUSTER),
	LABEL(canonical_service, ENTRY_WORKLOAD, TEXT_CANONICAL_SERVICE),
	LABEL(canonical_revision, ENTRY_WORKLOAD, TEXT_CANONICAL_REVISION),
	LABEL(principal, ENTRY_WORKLOAD, TEXT_PRINCIPAL),
	LABEL(name, ENTRY_SERVICE, TEXT_NAME),
	LABEL(upstream_cluster, ENTRY_SERVICE, TEXT_UPSTREAM_CLUSTER),
};

#define N_KEYS (sizeof(entry_keys) / sizeof(entry_keys[0]))
_Static_assert(N_KEYS <= 32, "struct entry has a bit per key");
const unsigned int entry_keys_count = N_KEYS;

const struct entry_key *entry_key_find(enum entry_kind kind, const char *name, size_t length)
{
	for (unsigned int i = 0; i < N_KEYS; i++)
		if (entry_keys[i].kinds & kind && strlen(entry_keys[i].name) == length &&
		    !memcmp(entry_keys[i].name, name, length))
			return &entry_keys[i];
	return NULL;
}

size_t entry_key_items(const struct entry *e, const struct entry_key *key)
{
	if (key->add == add_unit)
		return e->units.n;
	if (key->add == add_prefix)
		return e->n_prefixes;
	return key->add == add_port ? e->n_ports : e->hosts.n;
}
