/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's tables after a change of the configuration, and all the time before: what both the
 * old and the new one have is never missing. */
#include "check.h"

#include "workloads.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

/* From here on the maps and the configuration are the test's own. */
#define bpf_map_update_elem  fake_update
#define bpf_map_delete_elem  fake_delete
#define bpf_map_lookup_batch fake_lookup_batch
#define bpf_map_get_next_key fake_next
#define workloads_prefixes   fake_prefixes
#define workloads_ports	     fake_ports
#define workloads_hosts	     fake_hosts

#define ENTRIES 16
#define KEY	24

enum { ENDPOINTS, PREFIXES, PORTS, HOSTS, MAPS };

struct entry {
	unsigned char key[KEY];
	__u64 value;
	int used;
};

static struct {
	struct entry entries[1024];
	size_t key_size, value_size, room;
} fakes[MAPS] = { { .key_size = 4, .value_size = 8, .room = 1 },
		  { .key_size = 20, .value_size = 4, .room = ENTRIES },
		  { .key_size = 4, .value_size = 8, .room = 1024 },
		  { .key_size = 8, .value_size = 4, .room = ENTRIES } };

static struct workloads_prefix said_prefixes[ENTRIES];
static struct workloads_host said_hosts[ENTRIES];
static __u16 said_ports[ENTRIES];
static size_t prefix_count, host_count, port_count;
static void (*watch)(void); /* after every change */

static struct entry *find(int fd, const void *key)
{
	for (size_t i = 0; i < fakes[fd].room; i++) {
		struct entry *e = &fakes[fd].entries[i];

		if (e->used && !memcmp(e->key, key, fakes[fd].key_size))
			return e;
	}
	return NULL;
}

static int fake_update(int fd, const void *key, const void *value, __u64 flags)
{
	struct entry *e = find(fd, key);

	for (size_t i = 0; !e && i < fakes[fd].room; i++)
		if (!fakes[fd].entries[i].used)
			e = &fakes[fd].entries[i];
	if (!e || flags != BPF_ANY) {
		errno = ENOSPC;
		return -errno;
	}
	e->used = 1;
	memcpy(e->key, key, fakes[fd].key_size);
	memcpy(&e->value, value, fakes[fd].value_size);
	if (watch)
		watch();
	return 0;
}

static int fake_delete(int fd, const void *key)
{
	struct entry *e = find(fd, key);

	if (!e) {
		errno = ENOENT;
		return -errno;
	}
	e->used = 0;
	if (watch)
		watch();
	return 0;
}

/* Of the array: all of it at once. */
static int fake_lookup_batch(int fd, void *in, void *out, void *keys, void *values, __u32 *count,
			     const struct bpf_map_batch_opts *options)
{
	if (in || !out || options || *count < fakes[fd].room)
		return -EINVAL;
	*count = fakes[fd].room;
	for (__u32 i = 0; i < *count; i++) {
		struct entry *e = find(fd, &i);

		((__u32 *)keys)[i] = i;
		((__u64 *)values)[i] = e ? e->value : 0;
	}
	return 0;
}

/* As the kernel does: from the beginning when the key is not there. */
static int fake_next(int fd, const void *key, void *ret)
{
	const struct entry *at = key ? find(fd, key) : NULL;
	size_t i = at ? (size_t)(at - fakes[fd].entries) + 1 : 0;

	for (; i < fakes[fd].room; i++)
		if (fakes[fd].entries[i].used) {
			memcpy(ret, fakes[fd].entries[i].key, fakes[fd].key_size);
			return 0;
		}
	errno = ENOENT;
	return -errno;
}

static const struct workloads_prefix *fake_prefixes(const struct workloads *w, size_t *ret_count)
{
	(void)w;
	*ret_count = prefix_count;
	return said_prefixes;
}

static const __u16 *fake_ports(const struct workloads *w, size_t *ret_count)
{
	(void)w;
	*ret_count = port_count;
	return said_ports;
}

static const struct workloads_host *fake_hosts(const struct workloads *w, size_t *ret_count)
{
	(void)w;
	*ret_count = host_count;
	return said_hosts;
}

#include "../../collectors/shared/endpoint_maps.c"

static size_t used(int fd)
{
	size_t n = 0;

	for (size_t i = 0; i < fakes[fd].room; i++)
		n += fakes[fd].entries[i].used;
	return n;
}

static struct prefix key_of(__u32 n)
{
	return (struct prefix){ .length = 96 + n, .address = { 0, 0, 0, n } };
}

static int has_prefix(__u32 n)
{
	struct prefix key = key_of(n);
	const struct entry *e = find(PREFIXES, &key);

	return e && e->value == 100 + n;
}

static int has_host(const char *text)
{
	__u64 hash = host_hash(text);
	const struct entry *e = find(HOSTS, &hash);

	return e && e->value == host_id(hash);
}

static int has_port(__u16 port)
{
	__u32 word = port / 64;
	const struct entry *e = find(PORTS, &word);

	return e && e->value >> port % 64 & 1;
}

static void say(__u32 first, __u32 count)
{
	prefix_count = count;
	for (__u32 i = 0; i < count; i++) {
		struct prefix key = key_of(first + i);

		said_prefixes[i] =
			(struct workloads_prefix){ .length = key.length, .id = 100 + first + i };
		memcpy(said_prefixes[i].address, key.address, sizeof(key.address));
	}
}

static void say_host(const char *text)
{
	said_hosts[host_count++] =
		(struct workloads_host){ .text = text, .id = host_id(host_hash(text)) };
}

static int load(int hosts_fd)
{
	struct endpoint_maps fds = { ENDPOINTS, PREFIXES, PORTS, hosts_fd };

	return endpoint_maps_load(&fds, NULL);
}

static struct endpoint_config config(void)
{
	struct endpoint_config ret = {};
	__u32 zero = 0;
	const struct entry *e = find(ENDPOINTS, &zero);

	if (e)
		memcpy(&ret, &e->value, sizeof(ret));
	return ret;
}

static int missed;

static void watch_common(void)
{
	for (__u32 i = 4; i < 12; i++)
		missed += !has_prefix(i);
	missed += !has_host("b.example") + !has_port(443) + !config().prefixes;
}

static void test_change(void)
{
	say(0, 12);
	said_ports[0] = 80;
	said_ports[1] = 443;
	said_ports[2] = 65535;
	port_count = 3;
	say_host("a.example");
	say_host("b.example");
	CHECK(!load(HOSTS));
	CHECK(used(PREFIXES) == 12 && has_prefix(0) && has_prefix(11));
	CHECK(used(HOSTS) == 2 && has_host("a.example") && has_host("b.example"));
	CHECK(has_port(80) && has_port(443) && has_port(65535) && !has_port(81) && !has_port(0));
	CHECK(config().prefixes == 12 && config().ports == 3);

	watch = watch_common;
	say(4, 12); /* both together find no room */
	said_ports[0] = 443;
	port_count = 1;
	host_count = 0;
	say_host("b.example");
	say_host("c.example");
	CHECK(!load(HOSTS));
	watch = NULL;
	CHECK(!missed);
	CHECK(used(PREFIXES) == 12 && !has_prefix(3) && has_prefix(4) && has_prefix(15));
	CHECK(used(HOSTS) == 2 && !has_host("a.example") && has_host("c.example"));
	CHECK(has_port(443) && !has_port(80) && !has_port(65535));
}

static void test_nothing(void)
{
	prefix_count = port_count = host_count = 0;
	CHECK(!load(-1));
	CHECK(used(PREFIXES) == 0 && used(HOSTS) == 2 && !has_port(443));
	CHECK(!config().prefixes && !config().ports);
	CHECK(!load(HOSTS) && used(HOSTS) == 0);
}

static void test_too_many(void)
{
	fakes[PREFIXES].room = 8;
	say(0, 12);
	CHECK(load(HOSTS) == -E2BIG);
	CHECK(!config().prefixes);
}

int main(void)
{
	test_change();
	test_nothing();
	test_too_many();
	return check_end();
}
