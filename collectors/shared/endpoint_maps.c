// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "endpoint_maps.h"

#include "host.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY_MAX sizeof(struct prefix)

/* What a map is to have. */
struct table {
	size_t key_size;
	size_t count;
	unsigned char *keys; /* owned */
	__u32 *values;	     /* owned */
};

static int table_init(struct table *ret, size_t key_size, size_t count)
{
	*ret = (struct table){ .key_size = key_size, .count = count };
	ret->keys = calloc(count + 1, key_size);
	ret->values = calloc(count + 1, sizeof(*ret->values));
	return ret->keys && ret->values ? 0 : -ENOMEM;
}

static void table_free(struct table *t)
{
	free(t->keys);
	free(t->values);
}

static int by_prefix(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct prefix));
}

static int by_hash(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(__u64));
}

static int store(int fd, const struct table *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (bpf_map_update_elem(fd, t->keys + i * t->key_size, &t->values[i], BPF_ANY))
			return errno == ENOSPC ? -E2BIG : -errno;
	return 0;
}

/* The keys that are in the map and not in the table, which is sorted now. */
static int remove_others(int fd, const struct table *t, int (*compare)(const void *, const void *))
{
	unsigned char *gone = NULL, *more, key[KEY_MAX];
	size_t count = 0, size = t->key_size;
	int r = 0;

	/* An iteration begins anew when the key that it stands at is gone: so all are found first.
	 */
	for (void *at = NULL; !r && !bpf_map_get_next_key(fd, at, key); at = key) {
		if (bsearch(key, t->keys, t->count, size, compare))
			continue;
		more = reallocarray(gone, count + 1, size);
		if (!more) {
			r = -ENOMEM;
			break;
		}
		gone = more;
		memcpy(gone + count++ * size, key, size);
	}
	for (size_t i = 0; !r && i < count; i++)
		if (bpf_map_delete_elem(fd, gone + i * size) && errno != ENOENT)
			r = -errno;
	free(gone);
	return r;
}

/* What is gone makes room first. */
static int load_table(int fd, const struct table *t, int (*compare)(const void *, const void *))
{
	struct table sorted;
	int r = table_init(&sorted, t->key_size, t->count);

	if (!r) {
		memcpy(sorted.keys, t->keys, t->count * t->key_size);
		qsort(sorted.keys, t->count, t->key_size, compare);
		r = remove_others(fd, &sorted, compare);
	}
	table_free(&sorted);
	return r ? r : store(fd, t);
}

static int load_prefixes(int fd, const struct workloads *w, size_t *ret_count)
{
	const struct workloads_prefix *prefixes = workloads_prefixes(w, ret_count);
	struct table t;
	int r = table_init(&t, sizeof(struct prefix), *ret_count);

	for (size_t i = 0; !r && i < t.count; i++) {
		struct prefix *key = (struct prefix *)t.keys + i;

		key->length = prefixes[i].length;
		memcpy(key->address, prefixes[i].address, sizeof(key->address));
		t.values[i] = prefixes[i].id;
	}
	if (!r)
		r = load_table(fd, &t, by_prefix);
	table_free(&t);
	return r;
}

static int load_hosts(int fd, const struct workloads *w)
{
	size_t count;
	const struct workloads_host *hosts = workloads_hosts(w, &count);
	struct table t;
	int r = table_init(&t, sizeof(__u64), count);

	for (size_t i = 0; !r && i < count; i++) {
		((__u64 *)t.keys)[i] = host_hash(hosts[i].text);
		t.values[i] = hosts[i].id;
	}
	if (!r)
		r = load_table(fd, &t, by_hash);
	table_free(&t);
	return r;
}

static int load_ports(int fd, const struct workloads *w, size_t *ret_count)
{
	const __u16 *ports = workloads_ports(w, ret_count);
	__u32 position, keys[PORT_WORDS], n = PORT_WORDS;
	__u64 words[PORT_WORDS] = {}, is[PORT_WORDS];

	for (size_t i = 0; i < *ret_count; i++)
		words[ports[i] / 64] |= 1ULL << ports[i] % 64;
	if (bpf_map_lookup_batch(fd, NULL, &position, keys, is, &n, NULL) && errno != ENOENT)
		return -errno;
	for (__u32 i = 0; i < n; i++)
		if (is[i] != words[keys[i]] &&
		    bpf_map_update_elem(fd, &keys[i], &words[keys[i]], BPF_ANY))
			return -errno;
	return n == PORT_WORDS ? 0 : -EIO;
}

int endpoint_maps_load(const struct endpoint_maps *maps, const struct workloads *w)
{
	struct endpoint_config config;
	size_t prefixes, ports;
	__u32 zero = 0;
	int r = load_prefixes(maps->prefixes, w, &prefixes);

	if (!r)
		r = load_ports(maps->ports, w, &ports);
	if (!r && maps->hosts >= 0)
		r = load_hosts(maps->hosts, w);
	if (r)
		return r;
	config = (struct endpoint_config){ prefixes, ports };
	return bpf_map_update_elem(maps->endpoints, &zero, &config, BPF_ANY) ? -errno : 0;
}

int endpoint_maps_open(struct endpoint_maps *ret, const struct pins *pins)
{
	static const char *const names[] = { "endpoints", "prefixes", "ports" };
	int fds[3], r = pins_get_all(pins, names, fds, 3);

	if (r)
		return r;
	*ret = (struct endpoint_maps){ fds[0], fds[1], fds[2], pins_get(pins, "hosts") };
	if (ret->hosts >= 0 || ret->hosts == -ENOENT)
		return 0;
	r = ret->hosts;
	endpoint_maps_close(ret);
	return r;
}

void endpoint_maps_close(struct endpoint_maps *maps)
{
	close(maps->endpoints);
	close(maps->prefixes);
	close(maps->ports);
	if (maps->hosts >= 0)
		close(maps->hosts);
}

int endpoint_maps_load_object(const struct bpf_object *obj, const struct workloads *w)
{
	struct endpoint_maps maps = {
		.endpoints = bpf_object__find_map_fd_by_name(obj, "endpoints"),
		.prefixes = bpf_object__find_map_fd_by_name(obj, "prefixes"),
		.ports = bpf_object__find_map_fd_by_name(obj, "ports"),
		.hosts = bpf_object__find_map_fd_by_name(obj, "hosts"),
	};

	if (maps.endpoints < 0 || maps.prefixes < 0 || maps.ports < 0)
		return -ENOENT;
	return endpoint_maps_load(&maps, w);
}

int endpoint_maps_load_pinned(const struct pins *pins, const struct workloads *w)
{
	struct endpoint_maps maps;
	int r = endpoint_maps_open(&maps, pins);

	if (r)
		return r;
	r = endpoint_maps_load(&maps, w);
	endpoint_maps_close(&maps);
	return r;
}
