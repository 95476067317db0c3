// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "http_service.h"

#include "endpoint_maps.h"
#include "exchange.h"
#include "iterator.h"
#include "privileges.h"
#include "series_overflow.h"
#include "sockets.h"
#include "stash_layout.h"
#include "tuple.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define EARLY_SECONDS 60

static const char *const programs[] = { "http_ingress",	     "http_egress",  "http_socket_state",
					"http_missed_state", /* after the first */
					"http_sockets",	     "tcp_intervals" };

enum { INGRESS, EGRESS, STATE, MISSED, SOCKETS, INTERVALS, PROGRAMS };

static struct bpf_link *attach_to_connections(struct bpf_object *obj, struct bpf_program *program)
{
	int fd = bpf_object__find_map_fd_by_name(obj, "connections");

	return fd < 0 ? NULL : iterator_attach_to_map(program, fd);
}

static struct bpf_link *attach_one(struct bpf_object *obj, int which, struct bpf_program *program,
				   int cgroup)
{
	switch (which) {
	case INTERVALS:
		return attach_to_connections(obj, program);
	case SOCKETS:
		return bpf_program__attach_iter(program, NULL);
	case STATE:
	case MISSED:
		return bpf_program__attach(program);
	}
	return bpf_program__attach_cgroup(program, cgroup);
}

/* Returns how many there are: the last one is not always wanted. Or -errno. */
static int attach_all(struct bpf_object *obj, int cgroup, struct bpf_link **ret)
{
	for (int i = 0; i < PROGRAMS; i++) {
		struct bpf_program *program = bpf_object__find_program_by_name(obj, programs[i]);

		if (i == INTERVALS && (!program || !bpf_program__autoload(program)))
			return INTERVALS;
		if (!program)
			return -ENOENT;
		ret[i] = attach_one(obj, i, program, cgroup);
		if (!ret[i])
			return -errno;
	}
	return PROGRAMS;
}

static int attach(const struct pins *pins, struct bpf_object *obj)
{
	struct bpf_link *links[PROGRAMS] = {};
	char mount_point[PATH_MAX];
	int cgroup, r = cgroup2_mount_point(mount_point, sizeof(mount_point));

	if (r)
		return r;
	cgroup = open(mount_point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup < 0)
		return -errno;
	r = attach_all(obj, cgroup, links);
	if (r > 0)
		r = pins_commit(pins, obj, links, programs, r);
	for (int i = 0; i < PROGRAMS; i++)
		bpf_link__destroy(links[i]); /* the pins keep them attached */
	close(cgroup);
	return r;
}

static int walk_sockets(const struct pins *pins)
{
	int link = pins_get(pins, "link_http_sockets"), r;

	if (link < 0)
		return link;
	r = sockets_walk(link);
	close(link);
	return r < 0 ? r : 0;
}

/* Once all connections are known: who is at their other ends. */
static int walk_peers(struct bpf_object *obj)
{
	struct bpf_program *program = bpf_object__find_program_by_name(obj, "http_peers");
	struct bpf_link *link = program ? bpf_program__attach_iter(program, NULL) : NULL;
	int r;

	if (!link)
		return program ? -errno : -ENOENT;
	r = sockets_walk(bpf_link__fd(link));
	bpf_link__destroy(link);
	return r < 0 ? r : 0;
}

int http_service_load(struct pins *pins, struct bpf_object *obj, const void *elf, size_t size,
		      const struct workloads *w, __u64 *generation, const char *name)
{
	enum pins_state state;
	int r = pins_compare(pins, obj, elf, size, generation, &state);

	if (r)
		return r;
	if (state == PINS_CURRENT)
		return endpoint_maps_load_pinned(pins, w);
	r = pins_reuse_maps(pins, obj);
	if (!r)
		r = bpf_object__load(obj);
	if (!r)
		r = endpoint_maps_load_object(obj, w);
	if (!r)
		r = series_overflow_make(obj);
	if (!r)
		r = attach(pins, obj);
	if (!r && state == PINS_OLD_LAYOUT)
		fprintf(stderr, "%s: map layout changed: counters start anew\n", name);
	if (!r && state != PINS_OLD_PROGRAMS)
		r = walk_sockets(pins);
	if (!r && state != PINS_OLD_PROGRAMS)
		r = walk_peers(obj);
	return r;
}

int http_maps_open(struct http_maps *ret, const struct pins *pins)
{
	static const char *const names[] = { "health", "connections", "early_connections",
					     "stashes", "stash_pieces" };
	int fds[5], r = pins_get_all(pins, names, fds, 5);
	void *counters;

	if (r)
		return r;
	counters = mmap(NULL, sizeof(struct http_health), PROT_READ | PROT_WRITE, MAP_SHARED,
			fds[0], 0);
	if (counters == MAP_FAILED)
		return -errno;
	*ret = (struct http_maps){ fds[0], counters, fds[1], fds[2], fds[3], fds[4] };
	return 0;
}

static void remove_range(const struct http_maps *maps, struct stash_key key, __u32 length)
{
	struct stash_piece piece;

	while (length && !bpf_map_lookup_elem(maps->stash_pieces, &key, &piece)) {
		bpf_map_delete_elem(maps->stash_pieces, &key);
		key.seq += piece.length;
		length -= piece.length;
	}
}

static void remove_stash(const struct http_maps *maps, __u64 connection)
{
	struct stash stash;

	if (bpf_map_lookup_elem(maps->stashes, &connection, &stash))
		return;
	for (int i = 0; i < STASH_RANGES; i++) {
		struct stash_range r = stash_unpack(stash.range[i]);
		struct stash_key key = { .connection = connection, .seq = r.seq };

		if (r.has_copy)
			remove_range(maps, key, r.length);
	}
	bpf_map_delete_elem(maps->stashes, &connection);
}

/* The kernel takes it off the early ones first when it is established: who does so owns it. */
static void remove_early(const struct http_maps *maps, const struct tuple *t, __u64 id)
{
	if (bpf_map_delete_elem(maps->early_connections, t))
		return;
	if (!bpf_map_delete_elem(maps->connections, t))
		__sync_fetch_and_add(&maps->counters->connections, -1);
	remove_stash(maps, id);
}

void http_maps_sweep(const struct http_maps *maps)
{
	struct tuple key, next;
	struct timespec now;
	int more = !bpf_map_get_next_key(maps->early_connections, NULL, &key);

	clock_gettime(CLOCK_MONOTONIC, &now);
	while (more) {
		__u64 id;

		more = !bpf_map_get_next_key(maps->early_connections, &key, &next);
		if (!bpf_map_lookup_elem(maps->early_connections, &key, &id) &&
		    (__u64)now.tv_sec > (id >> 8) / 1000000000 + EARLY_SECONDS)
			remove_early(maps, &key, id);
		key = next;
	}
}

static void write_value(struct prom_text *t, const char *prefix, const char *what, const char *type,
			const char *help, const char *labels, double value)
{
	char name[128];

	snprintf(name, sizeof(name), "%s_%s", prefix, what);
	prom_family(t, name, type, help);
	prom_sample_double(t, name, labels, value);
}

static void write_inexact(struct prom_text *t, const char *prefix, const struct http_health *h)
{
	static const char *const reasons[] = INEXACT_REASON_NAMES;
	char name[128], label[64];

	snprintf(name, sizeof(name), "%s_inexact_messages_total", prefix);
	prom_family(t, name, "counter",
		    "Messages that could not be followed; not in the other metrics.");
	for (int i = 0; i < INEXACT_REASONS; i++) {
		snprintf(label, sizeof(label), "reason=\"%s\"", reasons[i]);
		prom_sample(t, name, label, h->inexact[i]);
	}
}

static double seconds_since(const struct timespec *started)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - started->tv_sec) +
	       (double)(now.tv_nsec - started->tv_nsec) / 1e9;
}

void http_health_write(struct prom_text *t, const char *prefix, const struct http_maps *maps,
		       const struct timespec *started)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	struct http_health h = *maps->counters;

	bpf_obj_get_info_by_fd(maps->connections, &info, &size);
	write_value(t, prefix, "build_info", "gauge", "The collector's version.",
		    "version=\"" MESHTAP_VERSION "\"", 1);
	write_value(t, prefix, "last_success_timestamp_seconds", "gauge",
		    "When this file was written.", NULL, (double)time(NULL));
	write_value(t, prefix, "sample_seconds", "gauge", "Time taken to make this file.", NULL,
		    seconds_since(started));
	write_value(t, prefix, "map_entries", "gauge", "Entries in a BPF map.",
		    "map=\"connections\"", (double)h.connections);
	write_value(t, prefix, "map_capacity", "gauge", "Room in a BPF map.", "map=\"connections\"",
		    info.max_entries);
	write_value(t, prefix, "untracked_connections_total", "counter",
		    "Connections for which the map had no room.", NULL, (double)h.untracked);
	write_value(t, prefix, "series_overflow_total", "counter",
		    "Requests counted in the series of unknown parties, as there was no room for "
		    "another.",
		    NULL, (double)h.series_overflow);
	write_inexact(t, prefix, &h);
	write_value(
		t, prefix, "h2_unresolved_fields_total", "counter",
		"Header fields of HTTP/2 that are not known: older than the collector, or lost.",
		NULL, (double)h.unresolved);
}
